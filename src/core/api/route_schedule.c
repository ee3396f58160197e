/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server's schedules, changed by themselves: its declaration stays as it is, also where it
 * came from a template. What the configuration file declares, only the file changes: what is
 * said here would be gone with the next start.
 */

#include <stdio.h>
#include <string.h>

#include "api/call.h"

void
declaration_check_zones(const struct call *call, const struct server_spec *spec,
			struct field_errors *errors)
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

bool
server_is_in_file(const struct api *api, const char *name)
{
	for (size_t i = 0; i < json_array_size(api->file_servers); i++)
		if (text_equal(json_string_value(json_array_get(api->file_servers, i)), name))
			return true;
	return false;
}

void
api_tell_file_servers(struct api *api, const json_t *names)
{
	json_decref(api->file_servers);
	api->file_servers = json_deep_copy(names);
}

json_t *
server_schedules_json(const struct api *api, const struct server_spec *spec,
		      const struct caller *caller)
{
	json_t *list = schedules_json(spec->schedules, spec->schedule_count);

	for (size_t i = 0; i < spec->schedule_count; i++) {
		json_t *one = json_array_get(list, i), *last = NULL;
		struct schedule_view view;

		schedules_view(api->schedules, spec->name, &spec->schedules[i], &view);
		if (caller->role < api_route_at(ROUTE_command)->role)
			(void)json_object_del(one, "line");
		json_set_bool(one, "zone_known", view.is_zone_known);
		json_set_instant(one, "next", view.next);
		if (instant_is_set(view.last)) {
			last = json_object();
			json_set_instant(last, "due", view.last);
			json_set_bool(last, "done", view.done);
		}
		ASSERT(json_object_set_new(one, "last", last != NULL ? last : json_null()) == 0);
	}
	return list;
}

/* The server as it is declared, but for its schedules; NULL with errors. */
static struct server_spec *
parse(const struct call *call, const struct server_spec *is, struct field_errors *errors)
{
	CLEANUP(json_freep) json_t *document = spec_json(is);
	json_t *schedules = json_object_get(call->fields, "schedules");
	json_t *origin = json_object_get(document, "origin");
	struct server_spec *spec = NULL;
	size_t count;

	ASSERT(json_object_set(document, "schedules", schedules) == 0);
	if (origin != NULL) {
		if (json_object_get(origin, "own") == NULL)
			ASSERT(json_object_set_new(origin, "own", json_object()) == 0);
		ASSERT(json_object_set(json_object_get(origin, "own"), "schedules", schedules) ==
		       0);
	}
	count = spec_parse(document, call->api->settings.base_directory, errors->list,
			   FIELD_ERRORS_LIMIT, &spec);
	errors->count = count < FIELD_ERRORS_LIMIT ? count : FIELD_ERRORS_LIMIT;
	if (spec != NULL)
		declaration_check_zones(call, spec, errors);
	return spec;
}

static void
on_given(void *argument)
{
	struct call *call = argument;
	const struct server *server = plane_server(call->api->plane, call->parameter);

	if (server != NULL)
		ASSERT(json_object_set_new(
			       call->result, "schedules",
			       server_schedules_json(call->api, server->spec, &call->caller)) == 0);
	call_answer(call, call->status, TAKE(call->result));
}

void
handle_schedules_put(struct call *call)
{
	const struct server *server = call_server(call);
	struct field_errors errors = { .count = 0 };
	CLEANUP(spec_freep) struct server_spec *spec = NULL;
	json_t *changes;

	if (server == NULL)
		return;
	if (server_is_in_file(call->api, call->parameter)) {
		call_refuse(call, PROBLEM_CONFLICT,
			    "%s is declared in roost's configuration file; change its schedules "
			    "there, and let roost read the file again (systemctl reload roost, or "
			    "SIGHUP).",
			    call->parameter);
		return;
	}
	spec = parse(call, server->spec, &errors);
	if (errors.count > 0) {
		call_refuse_fields(call, &errors);
		return;
	}
	changes = declaration_changes(server->spec, spec);
	call->result = json_object();
	call->status = 200;
	json_set_bool(call->result, "changed", json_array_size(changes) > 0);
	json_decref(changes);
	if (json_get_bool(call->fields, "dry_run", false)) {
		json_set_bool(call->result, "dry_run", true);
		ASSERT(json_object_set_new(call->result, "schedules",
					   server_schedules_json(call->api, spec, &call->caller)) ==
		       0);
		call_answer(call, 200, TAKE(call->result));
		return;
	}
	(void)plane_declare(call->api->plane, TAKE(spec), call->caller.user);
	call_after_commit(call, on_given);
}
