/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stranger's template sets in a file that a game wrote: the first byte says which
 * format, then what is set, as JSON, to a line end, then the file. It is refused with a
 * sentence, or done, and then nothing is left to do.
 */

#include "base/json.h"
#include "fuzz.h"
#include "model/tree.h"
#include "wire/gamefile/gamefile.h"

#define DEPTH 16 /* as model/preparation.c bounds it */

static bool
render(const struct prepared_file *file, const void *old, size_t length, struct buf *made)
{
	CLEANUP(json_freep) json_t *values = json_pack("{s:s, s:i}", "v", "a b", "n", 7);
	char why[REASON_LIMIT + 1] = "";
	bool fine = gamefile_render(file, values, old, length, made, why);

	ASSERT(fine || (why[0] != '\0' && made->length == 0));
	return fine;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;
	CLEANUP(json_freep) json_t *set = NULL;
	CLEANUP(buf_deinit) struct buf made = BUF_NULL, again = BUF_NULL;
	struct prepared_file file = { .format = FILE_JSON };
	unsigned char *old;
	bool fine;

	if (end == NULL)
		return 0;
	set = json_loadb((const char *)data + 1, (size_t)(end - data - 1), 0, NULL);
	if (!json_is_object(set) || json_is_deeper(set, DEPTH))
		return 0;
	file.set = set;
	file.format = (enum file_format)(1 + data[0] % (FILE_FORMAT_MAX - 1));
	old = fuzz_copy(end + 1, size - (size_t)(end + 1 - data));
	fine = render(&file, old, size - (size_t)(end + 1 - data), &made);
	free(old);
	/* A line that became another may begin with the key no more: it is added again. */
	if (!fine || file.format == FILE_LINES)
		return 0;
	ASSERT(render(&file, buf_text(&made), made.length, &again));
	ASSERT(strcmp(buf_text(&made), buf_text(&again)) == 0);
	return 0;
}
