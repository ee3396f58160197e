/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: told to staff, changed by admins. A template that changes changes the servers made
 * from it; so they are tried first, all of them, and nothing changes when one would be wrong.
 */

#include <stdio.h>
#include <string.h>

#include "api/call.h"

static bool
is_made_from(const struct server *server, const char *template)
{
	return text_equal(json_get_text(server->spec->origin, "template", NULL), template);
}

static json_t *
servers_json(const struct call *call, const char *template)
{
	struct plane *plane = call->api->plane;
	json_t *list = json_array();

	for (size_t i = 0; i < plane_server_count(plane); i++) {
		const struct server *server = plane_server_at(plane, i);

		if (is_made_from(server, template))
			ASSERT(json_array_append_new(list, json_string(server->spec->name)) == 0);
	}
	return list;
}

static json_t *
template_summary(const struct call *call, const struct template *template)
{
	json_t *to = json_object();

	json_set_text(to, "template", template->name);
	json_set_text(to, "title", template->title);
	json_set_text(to, "description", template->description);
	json_set_integer(to, "version", template->version);
	json_set_bool(to, "builtin", templates_is_builtin(call->api->templates, template->name));
	ASSERT(json_object_set_new(to, "servers", servers_json(call, template->name)) == 0);
	return to;
}

static json_t *
variables_for_form(const struct template *template)
{
	json_t *list = json_deep_copy(json_object_get(template_json(template), "variables"));

	for (size_t i = 0; i < template->variable_count; i++) {
		char allowed[400];

		variable_allowed(&template->variables[i], allowed, sizeof allowed);
		json_set_text(json_array_get(list, i), "allowed", allowed);
	}
	return list;
}

static json_t *
accepts_json(const struct template *template)
{
	json_t *list = json_array();

	for (size_t i = 0; i < template->preparation.step_count; i++) {
		const struct install_step *step = &template->preparation.steps[i];
		json_t *accept;

		if (step->verb != INSTALL_ACCEPT)
			continue;
		accept = json_object();
		json_set_text(accept, "variable", step->variable);
		json_set_text(accept, "title", step->title);
		json_set_text(accept, "url", step->url);
		ASSERT(json_object_set_new(accept, "when",
					   step->when != NULL ? json_deep_copy(step->when)
							      : json_null()) == 0);
		ASSERT(json_array_append_new(list, accept) == 0);
	}
	return list;
}

void
handle_templates(struct call *call)
{
	const struct templates *templates = call->api->templates;
	json_t *body = json_object(), *list = json_array();

	for (size_t i = 0; i < templates_count(templates); i++)
		ASSERT(json_array_append_new(
			       list, template_summary(call, templates_at(templates, i))) == 0);
	ASSERT(json_object_set_new(body, "templates", list) == 0);
	call_answer(call, 200, body);
}

static void
refuse_unknown(struct call *call)
{
	char name[64];

	text_clean(name, sizeof name, call->parameter, strlen(call->parameter));
	call_refuse(call, PROBLEM_NOT_FOUND, "No template is called %s.", name);
}

void
handle_template(struct call *call)
{
	const struct template *template = templates_find(call->api->templates, call->parameter);
	json_t *body;

	if (template == NULL) {
		refuse_unknown(call);
		return;
	}
	body = template_summary(call, template);
	ASSERT(json_object_set_new(body, "variables", variables_for_form(template)) == 0);
	ASSERT(json_object_set_new(body, "accepts", accepts_json(template)) == 0);
	ASSERT(json_object_set_new(body, "document", json_deep_copy(template_json(template))) == 0);
	call_answer(call, 200, body);
}

/* ---- changing one ---- */

/* Servers as they will be. */
struct remade {
	struct server_spec **specs;
	size_t count;
	json_t *told;
};

static void
remade_deinit(struct remade *remade)
{
	for (size_t i = 0; i < remade->count; i++)
		spec_free(remade->specs[i]);
	mem_free(remade->specs);
	json_decref(remade->told);
}

/* By the template, with nothing but the names of what is wrong in the server's own words. */
static struct server_spec *
remake(const struct template *template, const struct server *server, struct field_errors *errors)
{
	const struct server_spec *spec = server->spec;
	CLEANUP(json_freep) json_t *document = origin_document(spec->name, spec->origin);
	const char *base = origin_base(spec->origin);
	struct spec_error error;
	struct complaints complaints = { .errors = &error, .max = 1 };
	CLEANUP(json_freep)
	json_t *expanded = template_expand(template, document, base, &complaints);
	struct server_spec *made = NULL;
	char detail[256];

	if (expanded != NULL && spec_parse(expanded, base, &error, 1, &made) == 0)
		return made;
	if (expanded != NULL)
		template_blame(template, document, &error);
	(void)snprintf(detail, sizeof detail, "does not fit %s any more: %.60s: %.120s", spec->name,
		       error.pointer, error.detail);
	field_error_add(errors, "", detail);
	return NULL;
}

static void
remake_all(const struct api *api, const struct template *template, struct remade *to,
	   struct field_errors *errors)
{
	struct plane *plane = api->plane;

	to->specs = mem_new_array(plane_server_count(plane) + 1, sizeof *to->specs);
	to->told = json_array();
	for (size_t i = 0; i < plane_server_count(plane); i++) {
		const struct server *server = plane_server_at(plane, i);
		struct server_spec *made;
		json_t *changes, *told;

		if (!is_made_from(server, template->name))
			continue;
		made = remake(template, server, errors);
		if (made == NULL)
			continue;
		changes = declaration_changes(server->spec, made);
		if (json_array_size(changes) > 0) {
			told = json_object();
			json_set_text(told, "name", made->name);
			ASSERT(json_object_set(told, "changes", changes) == 0);
			ASSERT(json_array_append_new(to->told, told) == 0);
		}
		json_decref(changes);
		to->specs[to->count++] = made;
	}
}

static struct template *
parse(const struct call *call, struct field_errors *errors)
{
	struct template *template = NULL;

	errors->count = template_parse(call->body, errors->list, FIELD_ERRORS_LIMIT, &template);
	if (errors->count > FIELD_ERRORS_LIMIT)
		errors->count = FIELD_ERRORS_LIMIT;
	if (template != NULL && strcmp(template->name, call->parameter) != 0)
		field_error_add(errors, "/template", "is not the name in the path");
	return template;
}

static json_t *
outcome_json(const struct call *call, const struct template *template, const json_t *servers)
{
	const struct template *before = templates_find(call->api->templates, template->name);
	bool made = before == NULL || templates_is_builtin(call->api->templates, template->name);
	json_t *body = json_object(), *changes = json_array();

	if (before != NULL)
		json_compare(template_json(before), template_json(template), "", changes);
	json_set_text(body, "template", template->name);
	json_set_bool(body, "made", made);
	json_set_bool(body, "changed", made || json_array_size(changes) > 0);
	ASSERT(json_object_set_new(body, "changes", changes) == 0);
	ASSERT(json_object_set(body, "servers", (json_t *)servers) == 0);
	return body;
}

/* Everything is right: the template, and all that is made from it. */
static void
take(struct call *call, struct template *template, struct remade *remade)
{
	if (!templates_put(call->api->templates, template)) {
		json_decref(TAKE(call->result));
		call_refuse(call, PROBLEM_CONFLICT,
			    "There are %d templates already, which is the limit; remove one.",
			    TEMPLATES_LIMIT);
		return;
	}
	for (size_t i = 0; i < remade->count; i++)
		(void)plane_declare(call->api->plane, TAKE(remade->specs[i]), call->caller.user);
	call_answer_after_commit(call, call->status, TAKE(call->result));
}

void
handle_template_put(struct call *call)
{
	struct field_errors errors = { .count = 0 };
	CLEANUP(template_freep) struct template *template = parse(call, &errors);
	CLEANUP(remade_deinit) struct remade remade = { .count = 0 };

	if (errors.count == 0)
		remake_all(call->api, template, &remade, &errors);
	if (errors.count > 0) {
		call_refuse_fields(call, &errors);
		return;
	}
	call->result = outcome_json(call, template, remade.told);
	call->status = json_get_bool(call->result, "made", false) ? 201 : 200;
	if (json_get_bool(call->fields, "dry_run", false)) {
		json_set_bool(call->result, "dry_run", true);
		call_answer(call, 200, TAKE(call->result));
		return;
	}
	if (!json_get_bool(call->result, "changed", true)) {
		call_answer(call, 200, TAKE(call->result));
		return;
	}
	take(call, TAKE(template), &remade);
}

void
api_declare_template(struct api *api, struct template *template)
{
	const struct template *before = templates_find(api->templates, template->name);
	CLEANUP(remade_deinit) struct remade remade = { .count = 0 };
	struct field_errors errors = { .count = 0 };

	if (before != NULL && strcmp(before->digest, template->digest) == 0) {
		template_free(template);
		return;
	}
	remake_all(api, template, &remade, &errors);
	if (!templates_put(api->templates, template))
		return;
	for (size_t i = 0; i < remade.count; i++)
		(void)plane_declare(api->plane, TAKE(remade.specs[i]), "config");
}

void
handle_template_delete(struct call *call)
{
	struct templates *templates = call->api->templates;
	CLEANUP(json_freep) json_t *servers = servers_json(call, call->parameter);

	if (templates_find(templates, call->parameter) == NULL) {
		refuse_unknown(call);
		return;
	}
	if (templates_is_builtin(templates, call->parameter)) {
		call_refuse(call, PROBLEM_CONFLICT, "%s comes with roost, and stays.",
			    call->parameter);
		return;
	}
	if (json_array_size(servers) > 0) {
		call_refuse(call, PROBLEM_CONFLICT,
			    "%s is made from it (and %zu others); remove these servers first.",
			    json_string_value(json_array_get(servers, 0)),
			    json_array_size(servers) - 1);
		return;
	}
	ASSERT(templates_remove(templates, call->parameter));
	call_answer_after_commit(call, 204, NULL);
}
