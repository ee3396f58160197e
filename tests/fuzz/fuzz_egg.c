/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any JSON as an egg: a template's document or a sentence why it is none; all that is said is
 * printable, and whatever comes out is read as a template, or refused with a reason.
 */

#include "fuzz.h"

#include "model/egg.h"
#include "model/template.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_freep) json_t *egg = NULL;
	CLEANUP(json_freep) json_t *made = NULL;
	CLEANUP(json_freep) json_t *notes = NULL;
	CLEANUP(template_freep) struct template *template = NULL;
	struct spec_error error = { .detail = "" };

	if (size > 65536)
		return 0;
	egg = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
	if (egg == NULL || json_is_deeper(egg, 32))
		return 0;
	made = egg_import(egg, &notes);
	ASSERT(json_is_array(notes) && json_array_size(notes) <= EGG_NOTES_LIMIT);
	ASSERT(made != NULL || json_array_size(notes) == 1);
	for (size_t i = 0; i < json_array_size(notes); i++) {
		const char *note = json_string_value(json_array_get(notes, i));

		ASSERT(note != NULL && text_is_printable(note, strlen(note)));
	}
	if (made != NULL)
		ASSERT((template_parse(made, &error, 1, &template) == 0) == (template != NULL));
	return 0;
}
