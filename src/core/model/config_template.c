/* SPDX-License-Identifier: Apache-2.0 */
/* Templates in the configuration file: see the header. */

#include "model/config_template.h"

#include <stdio.h>
#include <string.h>

#include "model/template.h"

static const struct template *
find_own(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->template_count; i++)
		if (strcmp(config->templates[i]->name, name) == 0)
			return config->templates[i];
	return NULL;
}

static void
read_one(const json_t *document, const char *pointer, struct complaints *complaints,
	 struct config *config)
{
	struct spec_error errors[CONFIG_ERRORS_LIMIT];
	struct template *template = NULL;
	size_t count = template_parse(document, errors, ELEMENTS(errors), &template);

	for (size_t i = 0; i < count && i < ELEMENTS(errors); i++) {
		CLEANUP(text_freep) char *where = text_format("%s%s", pointer, errors[i].pointer);

		complain(complaints, where, "%s", errors[i].detail);
	}
	if (template == NULL)
		return;
	if (find_own(config, template->name) != NULL) {
		complain(complaints, pointer, "%s stands here twice", template->name);
		template_free(template);
		return;
	}
	config->templates[config->template_count++] = template;
}

void
config_templates_read(const json_t *list, struct complaints *complaints, struct config *config)
{
	size_t count = json_array_size(list);

	if (list == NULL || json_is_null(list))
		return;
	if (!json_is_array(list) || count > TEMPLATES_LIMIT) {
		complain(complaints, "/templates", "expected a list of at most %d templates",
			 TEMPLATES_LIMIT);
		return;
	}
	config->templates = mem_new_array(count + 1, sizeof *config->templates);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(text_freep) char *pointer = text_format("/templates/%zu", i);

		read_one(json_array_get(list, i), pointer, complaints, config);
	}
}

void
config_templates_free(struct config *config)
{
	for (size_t i = 0; i < config->template_count; i++)
		template_free(config->templates[i]);
	mem_free(config->templates);
}

static size_t
parse_from(const struct template *template, const json_t *document, const char *base,
	   struct complaints *complaints, struct server_spec **ret_spec)
{
	CLEANUP(json_freep)
	json_t *expanded = template_expand(template, document, base, complaints);

	if (expanded == NULL)
		return complaints->count;
	complaints->count =
		spec_parse(expanded, base, complaints->errors, complaints->max, ret_spec);
	for (size_t i = 0; i < complaints->count && i < complaints->max; i++)
		template_blame(template, document, &complaints->errors[i]);
	return complaints->count;
}

size_t
config_server_parse(const struct config *config, const json_t *document, const char *base,
		    struct spec_error *errors, size_t max, struct server_spec **ret_spec)
{
	struct complaints complaints = { .errors = errors, .max = max };
	CLEANUP(template_freep) struct template *builtin = NULL;
	const struct template *template;
	const char *name = document_template(document);

	if (json_object_get(document, "template") == NULL)
		return spec_parse(document, base, errors, max, ret_spec);
	template = name != NULL ? find_own(config, name) : NULL;
	if (template == NULL && name != NULL)
		template = builtin = template_builtin(name);
	if (template != NULL)
		return parse_from(template, document, base, &complaints, ret_spec);
	complain(&complaints, "/template",
		 "is neither one of the templates of this file nor one that comes with roost");
	return complaints.count;
}
