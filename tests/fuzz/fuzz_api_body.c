/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a request carries. The first byte chooses the group of
 * fields, a NUL parts the query from the body. Either something is wrong, and
 * each error has a place and a reason; or all is right, and is right again.
 */

#include <string.h>

#include "api/route.h"
#include "fuzz.h"

static void
check_errors(const struct field_errors *errors)
{
	ASSERT(errors->count <= FIELD_ERRORS_LIMIT);
	for (size_t i = 0; i < errors->count; i++) {
		const char *pointer = errors->list[i].pointer;

		ASSERT(pointer[0] == '\0' || pointer[0] == '/' || pointer[0] == '?');
		ASSERT(errors->list[i].detail[0] != '\0');
	}
}

/* Every value that came through is one that the group knows; the body alone is right again. */
static void
check_accepted(enum field_group group, const json_t *accepted)
{
	CLEANUP(json_freep) json_t *body = json_object();
	CLEANUP(json_freep) json_t *again = NULL;
	struct field_errors errors = { .count = 0 };
	size_t known = 0;

	for (size_t i = 0; i < field_count(); i++) {
		const struct field *field = field_at(i);
		json_t *value = json_object_get(accepted, field->name);

		if (field->group != group || value == NULL)
			continue;
		known++;
		if (!field_is_of_query(field))
			ASSERT(json_object_set(body, field->name, value) == 0);
	}
	ASSERT(known == json_object_size(accepted));
	again = fields_check(group, body, NULL, &errors);
	ASSERT(errors.count == 0 && json_equal(again, body));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *query = NULL;
	CLEANUP(json_freep) json_t *body = NULL;
	CLEANUP(json_freep) json_t *accepted = NULL;
	struct field_errors errors = { .count = 0 };
	const uint8_t *nul;
	enum field_group group;

	if (size == 0)
		return 0;
	group = (enum field_group)(data[0] % GROUP_MAX);
	nul = memchr(data + 1, 0, size - 1);
	query = text_copy_n((const char *)data + 1,
			    nul != NULL ? (size_t)(nul - data) - 1 : size - 1);
	if (nul != NULL)
		body = json_loadb((const char *)nul + 1, size - (size_t)(nul - data) - 1,
				  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	accepted = fields_check(group, body, query, &errors);
	check_errors(&errors);
	if (errors.count == 0)
		check_accepted(group, accepted);
	return 0;
}
