/* SPDX-License-Identifier: Apache-2.0 */
/* A template as a whole: its parts are read, then checked against each other. */

#include <string.h>

#include "model/template_inside.h"

#define SETTING_OF struct template
#include "model/setting_row.h"
static const struct setting rows[] = {
#include "model/template_setting.def"
};

static const struct setting_table table = { rows, ELEMENTS(rows) };

static const char *const beside[] = { "variables", "server", "files", "install", NULL };

/* What a declaration has and a template cannot give. */
static const char *const not_of_server[] = { "name", "template", "variables", "origin",
					     "preparation" };

const struct setting_table *
template_settings(void)
{
	return &table;
}

static void
read_server(struct template *template, const json_t *server, struct complaints *complaints)
{
	if (!json_is_object(server)) {
		complain(complaints, "/server",
			 "expected an object: what servers of it are declared with, at least game, "
			 "address and local.command");
		return;
	}
	for (size_t i = 0; i < ELEMENTS(not_of_server); i++) {
		char where[POINTER_SIZE];

		if (json_object_get(server, not_of_server[i]) == NULL)
			continue;
		pointer_join(where, "/server", not_of_server[i]);
		complain(complaints, where, "is a server's own; leave it out");
	}
	template->server = json_deep_copy(server);
}

static json_t *
document_of(const struct template *template)
{
	json_t *to = settings_json(&table, template);
	CLEANUP(json_freep) json_t *preparation = preparation_json(&template->preparation);

	ASSERT(json_object_set_new(to, "variables", variables_json(template)) == 0);
	ASSERT(json_object_set_new(to, "server", json_deep_copy(template->server)) == 0);
	ASSERT(json_object_set(to, "files", json_object_get(preparation, "files")) == 0);
	ASSERT(json_object_set(to, "install", json_object_get(preparation, "install")) == 0);
	return to;
}

static void
read_all(struct template *template, const json_t *document, struct complaints *complaints)
{
	settings_init(&table, template);
	settings_read(&table, document, "", beside, complaints, template);
	variables_read(json_object_get(document, "variables"), "/variables", complaints, template);
	read_server(template, json_object_get(document, "server"), complaints);
	preparation_read(json_object_get(document, "files"), json_object_get(document, "install"),
			 "", complaints, &template->preparation);
	if (complaints->count == 0)
		template_check_holes(template, complaints);
	if (complaints->count == 0)
		template_check_trial(template, complaints);
}

size_t
template_parse(const json_t *document, struct spec_error *errors, size_t max,
	       struct template **ret_template)
{
	CLEANUP(template_freep) struct template *template = mem_new(sizeof *template);
	struct complaints complaints = { .errors = errors, .max = max };
	CLEANUP(text_freep) char *text = NULL;

	if (!json_is_object(document)) {
		complain(&complaints, "", "expected an object: a template");
		return complaints.count;
	}
	read_all(template, document, &complaints);
	if (complaints.count > 0)
		return complaints.count;
	template->document = document_of(template);
	text = json_text(template->document);
	if (strlen(text) > TEMPLATE_TEXT_LIMIT) {
		complain(&complaints, "", "is larger than %d bytes", TEMPLATE_TEXT_LIMIT);
		return complaints.count;
	}
	digest_text(text, strlen(text), template->digest);
	*ret_template = TAKE(template);
	return 0;
}

const json_t *
template_json(const struct template *template)
{
	return template->document;
}

void
template_free(struct template *template)
{
	if (template == NULL)
		return;
	settings_deinit(&table, template);
	variables_deinit(template);
	preparation_deinit(&template->preparation);
	json_decref(template->server);
	json_decref(template->document);
	mem_free(template);
}

void
template_freep(struct template **template)
{
	template_free(*template);
	*template = NULL;
}
