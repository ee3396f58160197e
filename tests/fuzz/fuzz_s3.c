/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an answer of S3: what is found is bounded, and one document is one thing. */

#include "fuzz.h"
#include "wire/s3.h"

static void
on_item(void *argument, const struct s3_item *item)
{
	size_t *count = argument;

	ASSERT(item->key != NULL && strlen(item->key) <= S3_TEXT_LIMIT);
	++*count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = (char *)fuzz_copy(data, size), id[S3_TEXT_LIMIT + 1];
	struct s3_error error;
	size_t count = 0;
	bool more, is_error = s3_error_parse(text, size, &error);
	bool is_upload = s3_upload_id_parse(text, size, id);
	bool is_list = s3_list_parse(text, size, on_item, &count, &more);

	ASSERT(is_error + is_upload + is_list <= 1);
	ASSERT(!is_error || text_is_printable(error.message, strlen(error.message)));
	ASSERT(!is_upload || text_is_printable(id, strlen(id)));
	ASSERT(count <= size / 8);
	free(text);
	return 0;
}
