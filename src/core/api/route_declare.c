/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declaring a server: checked whole before anything changes, compared with what
 * was declared before, so that the same again is nothing and a dry run can tell
 * what would be.
 */

#include <stdio.h>
#include <string.h>

#include "api/call.h"

/* The document with its name: the path's, which a body may repeat and not contradict. */
static json_t *
named_document(const struct call *call, struct field_errors *errors)
{
	json_t *document;
	const json_t *name;

	if (!json_is_object(call->body)) {
		field_error_add(errors, "", "is a JSON object: the declaration of a server");
		return NULL;
	}
	document = json_copy(call->body);
	name = json_object_get(document, "name");
	if (name == NULL)
		json_set_text(document, "name", call->parameter);
	else if (!text_equal(json_string_value(name), call->parameter))
		field_error_add(errors, "/name", "is not the name in the path");
	return document;
}

static void
check_neighbours(const struct call *call, const struct server_spec *spec,
		 struct field_errors *errors)
{
	struct plane *plane = call->api->plane;

	for (size_t i = 0; i < plane_server_count(plane); i++) {
		const struct server *other = plane_server_at(plane, i);
		struct spec_error error;

		if (strcmp(other->spec->name, spec->name) != 0 &&
		    spec_conflicts(spec, other->spec, &error))
			field_error_add(errors, error.pointer, error.detail);
	}
	if (plane_server(plane, spec->name) == NULL && plane_server_count(plane) >= SERVERS_LIMIT)
		field_error_add(errors, "", "is one server too many; 1000 is the limit");
}

/* Is some other server's, or the gate's own? */
static bool
port_is_taken(const struct call *call, const char *name, unsigned port)
{
	struct plane *plane = call->api->plane;

	if (port == call->api->settings.gate_port)
		return true;
	for (size_t i = 0; i < plane_server_count(plane); i++) {
		const struct server_spec *spec = plane_server_at(plane, i)->spec;

		if (strcmp(spec->name, name) == 0)
			continue;
		if (spec->address.port == port || spec->rcon.address.port == port ||
		    spec->query.port == port)
			return true;
		for (size_t j = 0; j < spec->listen_count; j++)
			if (spec->listen[j].port == port)
				return true;
	}
	return false;
}

static bool
is_given_already(const json_t *variables, unsigned port)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)variables, name, value)
	{
		if (json_integer_value(value) == (json_int_t)port)
			return true;
	}
	return false;
}

/* What the server was given before, or the first that is free from the default on. */
static json_t *
choose_port(const struct call *call, const struct template_variable *variable, const char *name,
	    const json_t *variables)
{
	const struct server *server = plane_server(call->api->plane, name);
	json_t *before =
		server != NULL ? json_object_get(json_object_get(server->spec->origin, "variables"),
						 variable->name)
			       : NULL;
	unsigned port = (unsigned)json_integer_value(variable->initial);

	if (json_is_integer(before))
		return json_incref(before);
	while ((int64_t)port < variable->most &&
	       (port_is_taken(call, name, port) || is_given_already(variables, port)))
		port++;
	return json_integer(port);
}

/* Ports that nobody chose: they stay with the server from then on. */
static void
choose_ports(const struct call *call, const struct template *template, json_t *document)
{
	json_t *given = json_object_get(document, "variables"), *variables;

	if (given != NULL && !json_is_object(given) && !json_is_null(given))
		return;
	variables = json_is_object(given) ? json_copy(given) : json_object();
	for (size_t i = 0; i < template->variable_count; i++) {
		const struct template_variable *v = &template->variables[i];
		const json_t *value = json_object_get(variables, v->name);

		if (v->type == VARIABLE_PORT && v->initial != NULL &&
		    (value == NULL || json_is_null(value)))
			json_object_set_new(variables, v->name,
					    choose_port(call, v,
							json_get_text(document, "name", ""),
							variables));
	}
	json_object_set_new(document, "variables", variables);
}

/* The declaration that the document comes to; NULL with errors. */
static json_t *
expand(const struct call *call, const struct template *template, json_t *document, const char *base,
       struct field_errors *errors)
{
	struct complaints complaints = { .errors = errors->list, .max = FIELD_ERRORS_LIMIT };
	json_t *expanded = template_expand(template, document, base, &complaints);

	(void)call;
	errors->count = complaints.count;
	return expanded;
}

static const struct template *
find_template(const struct call *call, const json_t *document, struct field_errors *errors)
{
	const char *name = document_template(document);
	const struct template *template =
		name != NULL ? templates_find(call->api->templates, name) : NULL;

	if (template == NULL)
		field_error_add(errors, "/template",
				"is no template that roost knows; `roost template ls` lists them");
	return template;
}

struct server_spec *
declaration_parse(const struct call *call, json_t *document, const char *base,
		  struct field_errors *errors)
{
	CLEANUP(json_freep) json_t *expanded = NULL;
	const struct template *template = NULL;
	struct server_spec *spec = NULL;
	size_t count;

	if (json_object_get(document, "template") != NULL) {
		template = find_template(call, document, errors);
		if (template == NULL)
			return NULL;
		choose_ports(call, template, document);
		expanded = expand(call, template, document, base, errors);
		if (expanded == NULL)
			return NULL;
	} else {
		/* Taken as it stands, it is its template's no longer. */
		(void)json_object_del(document, "origin");
	}
	count = spec_parse(expanded != NULL ? expanded : document, base, errors->list,
			   FIELD_ERRORS_LIMIT, &spec);
	errors->count = count < FIELD_ERRORS_LIMIT ? count : FIELD_ERRORS_LIMIT;
	for (size_t i = 0; i < errors->count && template != NULL; i++)
		template_blame(template, document, &errors->list[i]);
	if (spec == NULL)
		return NULL;
	check_neighbours(call, spec, errors);
	declaration_check_zones(call, spec, errors);
	for (size_t i = 0; i < errors->count && template != NULL; i++)
		template_blame(template, document, &errors->list[i]);
	return spec;
}

/* Whoever asks over the socket knows this machine's directories. */
static const char *
base_of(const struct call *call)
{
	const char *given = json_get_text(call->fields, "base", NULL);

	return given != NULL && *given == '/' && call->caller.by == CALLER_LOCAL
		       ? given
		       : call->api->settings.base_directory;
}

static struct server_spec *
parse(const struct call *call, struct field_errors *errors)
{
	CLEANUP(json_freep) json_t *document = named_document(call, errors);

	return errors->count > 0 ? NULL : declaration_parse(call, document, base_of(call), errors);
}

static void
compare_member(const json_t *a, const json_t *b, const char *pointer, json_t *changes)
{
	if (a != NULL && b != NULL && json_equal((json_t *)a, (json_t *)b))
		return;
	if (json_is_object(a) && json_is_object(b))
		json_compare(a, b, pointer, changes);
	else
		ASSERT(json_array_append_new(changes, json_string(pointer)) == 0);
}

/* Pointers of the members that differ. Declarations are three levels deep. */
void
json_compare(const json_t *before, const json_t *after, const char *pointer, json_t *changes)
{
	const char *key;
	char place[256];

	for (void *at = json_object_iter((json_t *)after); at != NULL;
	     at = json_object_iter_next((json_t *)after, at)) {
		key = json_object_iter_key(at);
		(void)snprintf(place, sizeof place, "%s/%s", pointer, key);
		compare_member(json_object_get(before, key), json_object_iter_value(at), place,
			       changes);
	}
	for (void *at = json_object_iter((json_t *)before); at != NULL;
	     at = json_object_iter_next((json_t *)before, at)) {
		key = json_object_iter_key(at);
		(void)snprintf(place, sizeof place, "%s/%s", pointer, key);
		if (json_object_get(after, key) == NULL)
			ASSERT(json_array_append_new(changes, json_string(place)) == 0);
	}
}

/* As people know it: what roost keeps of its template is what they wrote there. */
static json_t *
comparable(const struct server_spec *spec)
{
	json_t *json = spec_json(spec), *origin = json_object_get(json, "origin");
	json_t *preparation = json_object_get(json, "preparation");

	if (origin != NULL) {
		json_object_set(json, "template", json_object_get(origin, "template"));
		json_object_set(json, "variables", json_object_get(origin, "variables"));
	}
	if (preparation != NULL) {
		json_object_set(json, "files", json_object_get(preparation, "files"));
		json_object_set(json, "install", json_object_get(preparation, "install"));
	}
	(void)json_object_del(json, "origin");
	(void)json_object_del(json, "preparation");
	return json;
}

json_t *
declaration_changes(const struct server_spec *before, const struct server_spec *after)
{
	json_t *changes = json_array();
	CLEANUP(json_freep) json_t *a = NULL;
	CLEANUP(json_freep) json_t *b = NULL;
	CLEANUP(json_freep) json_t *whole_a = NULL;
	CLEANUP(json_freep) json_t *whole_b = NULL;

	if (before == NULL)
		return changes;
	a = comparable(before);
	b = comparable(after);
	json_compare(a, b, "", changes);
	if (json_array_size(changes) > 0)
		return changes;
	whole_a = spec_json(before);
	whole_b = spec_json(after);
	/* Something in the template that has no place of its own in a declaration. */
	if (!json_equal(whole_a, whole_b))
		ASSERT(json_array_append_new(changes, json_string("/template")) == 0);
	return changes;
}

static json_t *
outcome_json(const struct call *call, const struct server_spec *spec, bool *ret_made)
{
	const struct server *server = plane_server(call->api->plane, spec->name);
	json_t *body = json_object();
	json_t *changes = declaration_changes(server != NULL ? server->spec : NULL, spec);

	*ret_made = server == NULL;
	json_set_text(body, "name", spec->name);
	json_set_bool(body, "made", server == NULL);
	json_set_bool(body, "changed", server == NULL || json_array_size(changes) > 0);
	ASSERT(json_object_set_new(body, "changes", changes) == 0);
	ASSERT(json_object_set_new(body, "declaration", spec_json(spec)) == 0);
	return body;
}

static void
on_declared(void *argument)
{
	struct call *call = argument;
	const struct server *server = plane_server(call->api->plane, call->parameter);

	if (server != NULL)
		ASSERT(json_object_set_new(call->result, "server",
					   server_json(call->api, server, &call->caller, false)) ==
		       0);
	call_answer(call, call->status, TAKE(call->result));
}

void
handle_server_put(struct call *call)
{
	struct field_errors errors = { .count = 0 };
	CLEANUP(spec_freep) struct server_spec *spec = NULL;
	bool made;

	if (!server_name_is_valid(call->parameter)) {
		field_error_add(&errors, "/name", "is 1 to 40 of a-z, 0-9 and -");
		call_refuse_fields(call, &errors);
		return;
	}
	spec = parse(call, &errors);
	if (errors.count > 0) {
		call_refuse_fields(call, &errors);
		return;
	}
	call->result = outcome_json(call, spec, &made);
	call->status = made ? 201 : 200;
	if (json_get_bool(call->fields, "dry_run", false)) {
		json_set_bool(call->result, "dry_run", true);
		call_answer(call, 200, TAKE(call->result));
		return;
	}
	(void)plane_declare(call->api->plane, TAKE(spec), call->caller.user);
	call_after_commit(call, on_declared);
}

void
handle_server_delete(struct call *call)
{
	struct plane *plane = call->api->plane;
	const struct server *server = plane_server(plane, call->parameter);

	if (server == NULL) {
		char name[64];

		text_clean(name, sizeof name, call->parameter, strlen(call->parameter));
		call_refuse(call, PROBLEM_NOT_FOUND, "No server is called %s.", name);
		return;
	}
	if (!plane_remove(plane, call->parameter, call->caller.user)) {
		call_refuse(call, PROBLEM_CONFLICT,
			    "%s is %s; send it to sleep first (roost sleep %s), then remove it.",
			    call->parameter, state_word(server->status.state), call->parameter);
		return;
	}
	consoles_forget(call->api->consoles, call->parameter);
	call_answer_after_commit(call, 204, NULL);
}
