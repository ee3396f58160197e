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

static void
check_zones(const struct call *call, const struct server_spec *spec, struct field_errors *errors)
{
	struct zones_port *zones = plane_ports(call->api->plane)->zones;
	size_t unknown = schedules_unknown_zone(spec, zones);
	char pointer[64], detail[256];

	if (unknown == spec->schedule_count)
		return;
	(void)snprintf(pointer, sizeof pointer, "/schedules/%zu/zone", unknown);
	(void)snprintf(detail, sizeof detail,
		       "%s is not a time zone that roost's machine knows; expected one such as "
		       "Europe/Paris or UTC (package tzdata)",
		       spec->schedules[unknown].zone);
	field_error_add(errors, pointer, detail);
}

static struct server_spec *
parse(const struct call *call, struct field_errors *errors)
{
	CLEANUP(json_freep) json_t *document = named_document(call, errors);
	struct server_spec *spec = NULL;
	size_t count;

	if (errors->count > 0)
		return NULL;
	count = spec_parse(document, call->api->settings.base_directory, errors->list,
			   FIELD_ERRORS_LIMIT, &spec);
	if (count > 0) {
		errors->count = count < FIELD_ERRORS_LIMIT ? count : FIELD_ERRORS_LIMIT;
		return NULL;
	}
	check_neighbours(call, spec, errors);
	check_zones(call, spec, errors);
	return spec;
}

static void
compare(const json_t *before, const json_t *after, const char *pointer, json_t *changes);

static void
compare_member(const json_t *a, const json_t *b, const char *pointer, json_t *changes)
{
	if (a != NULL && b != NULL && json_equal((json_t *)a, (json_t *)b))
		return;
	if (json_is_object(a) && json_is_object(b))
		compare(a, b, pointer, changes);
	else
		ASSERT(json_array_append_new(changes, json_string(pointer)) == 0);
}

/* Pointers of the members that differ. Declarations are three levels deep. */
static void
compare(const json_t *before, const json_t *after, const char *pointer, json_t *changes)
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

static json_t *
outcome_json(const struct call *call, const struct server_spec *spec, bool *ret_made)
{
	const struct server *server = plane_server(call->api->plane, spec->name);
	CLEANUP(json_freep) json_t *before = server != NULL ? spec_json(server->spec) : NULL;
	CLEANUP(json_freep) json_t *after = spec_json(spec);
	json_t *body = json_object(), *changes = json_array();

	*ret_made = server == NULL;
	if (server != NULL)
		compare(before, after, "", changes);
	json_set_text(body, "name", spec->name);
	json_set_bool(body, "made", server == NULL);
	json_set_bool(body, "changed", server == NULL || json_array_size(changes) > 0);
	ASSERT(json_object_set_new(body, "changes", changes) == 0);
	ASSERT(json_object_set(body, "declaration", after) == 0);
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
