/* SPDX-License-Identifier: Apache-2.0 */
/* Names of objects: see the header. */

#include "port/objects.h"

#include <string.h>

static bool
is_key_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* As much of a key as there is. */
bool
object_prefix_is_valid(const char *prefix)
{
	unsigned segments = 1;

	if (strlen(prefix) > OBJECT_KEY_LIMIT)
		return false;
	for (const char *c = prefix; *c != '\0'; c++) {
		bool begins = c == prefix || c[-1] == '/';

		if (*c == '/') {
			if (begins || ++segments > OBJECT_SEGMENTS_LIMIT)
				return false;
		} else if (!is_key_character(*c) || (begins && *c == '.')) {
			return false;
		}
	}
	return true;
}

bool
object_key_is_valid(const char *key)
{
	return key[0] != '\0' && object_prefix_is_valid(key) && !text_ends_with(key, "/");
}

void
object_answer_free(struct object_answer *answer)
{
	if (answer == NULL)
		return;
	mem_free(answer->entries);
	mem_free(answer);
}
