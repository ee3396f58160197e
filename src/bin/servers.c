/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The servers of the configuration file. The file wins over what was declared
 * otherwise under the same name; what the file declared once and no longer does
 * is removed. Which ones the file declared is itself on record (`meta`,
 * "config_servers").
 */

#include <string.h>

#include "parts.h"

#define NAMES_KEY "config_servers"

static void
on_meta(void *argument, const char *key, const json_t *body)
{
	json_t **names = argument;

	if (strcmp(key, NAMES_KEY) == 0) {
		json_decref(*names);
		*names = json_deep_copy(body);
	}
}

static bool
is_among(const json_t *names, const char *name)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
			return true;
	return false;
}

/* Keeps the names of those that cannot be removed yet, to try again next time. */
static void
remove_gone(struct daemon *d, const json_t *before, json_t *names)
{
	const char *name;

	for (size_t i = 0; i < json_array_size(json_object_get(before, "names")); i++) {
		name = json_string_value(json_array_get(json_object_get(before, "names"), i));
		if (name == NULL || is_among(names, name) || plane_server(d->plane, name) == NULL)
			continue;
		if (!plane_remove(d->plane, name, "config")) {
			say("server '%s' is no longer in the file but runs; it is removed with the "
			    "next reading after it sleeps",
			    name);
			(void)json_array_append_new(names, json_string(name));
		}
	}
}

void
servers_declare(struct daemon *d)
{
	CLEANUP(json_freep) json_t *before = NULL;
	CLEANUP(json_freep) json_t *now = json_object();
	json_t *names = json_array();

	plane_each_loaded(d->plane, DOCUMENT_META, on_meta, &before);
	if (d->declared != NULL) {
		json_decref(before);
		before = json_deep_copy(d->declared);
	}
	for (size_t i = 0; i < d->config->template_count; i++)
		api_declare_template(d->api, TAKE(d->config->templates[i]));
	d->config->template_count = 0;
	for (size_t i = 0; i < d->config->server_count; i++) {
		(void)json_array_append_new(names, json_string(d->config->servers[i]->name));
		(void)plane_declare(d->plane, TAKE(d->config->servers[i]), "config");
	}
	remove_gone(d, before, names);
	(void)json_object_set_new(now, "names", names);
	api_tell_file_servers(d->api, names);
	if (!json_equal(before, now))
		plane_put(d->plane, DOCUMENT_META, NAMES_KEY, now);
	json_decref(d->declared);
	d->declared = json_incref(now);
}
