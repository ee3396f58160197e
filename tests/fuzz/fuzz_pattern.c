/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern, a line end, a text: a pattern is refused with a reason, or it is tried, and what
 * it finds stands in the text.
 */

#include "fuzz.h"
#include "model/pattern.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *pattern = text_copy_n((const char *)data, size);
	CLEANUP(text_freep) char *found = NULL;
	char why[REASON_LIMIT + 1] = "";
	char *text = strchr(pattern, '\n');

	if (text == NULL)
		return 0;
	*text++ = '\0';
	if (!pattern_is_valid(pattern, why)) {
		ASSERT(why[0] != '\0');
		return 0;
	}
	found = pattern_find(pattern, text);
	ASSERT(found == NULL || strstr(text, found) != NULL);
	(void)!pattern_matches(pattern, text);
	return 0;
}
