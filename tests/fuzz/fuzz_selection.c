/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An expression, a line end, and a message: a key is bounded, and the same message gives
 * the same one; whatever is refused is refused with a reason.
 */

#include <string.h>

#include "fuzz.h"
#include "model/selection.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	CLEANUP(text_freep)
	char *text = text_copy_n((const char *)data, end != NULL ? (size_t)(end - data) : size);
	CLEANUP(json_freep) json_t *message = NULL;
	CLEANUP(text_freep) char *key = NULL;
	CLEANUP(text_freep) char *again = NULL;
	const char *why = NULL;
	struct selection *selection = selection_parse(text, &why);

	if (selection == NULL) {
		ASSERT(why != NULL && *why != '\0');
		return 0;
	}
	if (end != NULL)
		message = json_loadb((const char *)end + 1, size - (size_t)(end + 1 - data),
				     JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	key = selection_key(selection, message);
	again = selection_key(selection, message);
	ASSERT(text_equal(key, again));
	ASSERT(key == NULL || strlen(key) <= SELECTION_KEY_LIMIT);
	selection_free(selection);
	return 0;
}
