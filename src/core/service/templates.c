/* SPDX-License-Identifier: Apache-2.0 */
/* Templates in the record and in the program, as one list. */

#include "service/templates.h"

#include <string.h>

#include "service/keyed.h"

/* Begins with its name, for the list. */
struct held {
	char name[SERVER_NAME_LIMIT + 1];
	struct template *own, *builtin; /* one of them may be NULL */
};

struct templates {
	struct plane *plane;
	struct keyed list;
	size_t own_count;
};

static struct held *
held_of(struct templates *t, const char *name)
{
	struct held *held = keyed_find(&t->list, name);

	if (held != NULL)
		return held;
	held = mem_new(sizeof *held);
	(void)text_put(held->name, sizeof held->name, name);
	keyed_add(&t->list, held);
	return held;
}

struct templates *
templates_new(struct plane *plane)
{
	struct templates *t = mem_new(sizeof *t);

	t->plane = plane;
	for (size_t i = 0; i < template_builtin_count(); i++) {
		struct template *template = template_builtin_at(i);

		held_of(t, template->name)->builtin = template;
	}
	return t;
}

void
templates_free(struct templates *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->list.count; i++) {
		struct held *held = t->list.items[i];

		template_free(held->own);
		template_free(held->builtin);
		mem_free(held);
	}
	keyed_deinit(&t->list);
	mem_free(t);
}

/* What this version cannot read is left as it is, and not held. */
static void
on_loaded(void *argument, const char *key, const json_t *body)
{
	struct templates *t = argument;
	struct template *template = NULL;
	struct spec_error error;

	if (template_parse(body, &error, 1, &template) != 0)
		return;
	if (strcmp(template->name, key) != 0 || held_of(t, key)->own != NULL) {
		template_free(template);
		return;
	}
	held_of(t, key)->own = template;
	t->own_count++;
}

void
templates_load(struct templates *t)
{
	plane_each_loaded(t->plane, DOCUMENT_TEMPLATE, on_loaded, t);
}

size_t
templates_count(const struct templates *t)
{
	return t->list.count;
}

const struct template *
templates_at(const struct templates *t, size_t index)
{
	const struct held *held;

	ASSERT(index < t->list.count);
	held = t->list.items[index];
	return held->own != NULL ? held->own : held->builtin;
}

const struct template *
templates_find(const struct templates *t, const char *name)
{
	const struct held *held = keyed_find(&t->list, name);

	if (held == NULL)
		return NULL;
	return held->own != NULL ? held->own : held->builtin;
}

bool
templates_is_builtin(const struct templates *t, const char *name)
{
	const struct held *held = keyed_find(&t->list, name);

	return held != NULL && held->own == NULL;
}

bool
templates_put(struct templates *t, struct template *template)
{
	const struct held *is = keyed_find(&t->list, template->name);
	struct held *held;

	if ((is == NULL || is->own == NULL) && t->own_count >= TEMPLATES_LIMIT) {
		template_free(template);
		return false;
	}
	held = held_of(t, template->name);
	t->own_count += held->own == NULL ? 1 : 0;
	template_free(held->own);
	held->own = template;
	plane_put(t->plane, DOCUMENT_TEMPLATE, template->name, template_json(template));
	return true;
}

bool
templates_remove(struct templates *t, const char *name)
{
	struct held *held = keyed_find(&t->list, name);

	if (held == NULL || held->own == NULL)
		return false;
	plane_delete(t->plane, DOCUMENT_TEMPLATE, held->name);
	template_free(TAKE(held->own));
	t->own_count--;
	if (held->builtin == NULL)
		mem_free(keyed_remove(&t->list, held->name));
	return true;
}
