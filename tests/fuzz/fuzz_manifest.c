/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a manifest: what is accepted stays inside, and is printed as something that
 * is read back the same.
 */

#include "fuzz.h"
#include "wire/manifest.h"

static void
check_entry(const struct manifest_entry *entry)
{
	ASSERT(manifest_path_is_valid(entry->path) && entry->path[0] != '/');
	ASSERT(entry->kind < MANIFEST_KIND_MAX && entry->mode <= 0777);
	ASSERT(entry->kind != MANIFEST_LINK ||
	       manifest_link_stays_inside(entry->path, entry->text));
	ASSERT(entry->kind != MANIFEST_FILE || manifest_digest_is_valid(entry->sha256));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = fuzz_copy(data, size);
	char why[REASON_LIMIT + 1] = "";
	CLEANUP(manifest_freep) struct manifest *manifest = manifest_parse(copy, size, why);
	CLEANUP(manifest_freep) struct manifest *again = NULL;
	CLEANUP(buf_deinit) struct buf text = BUF_NULL, once_more = BUF_NULL;

	free(copy);
	if (manifest == NULL) {
		ASSERT(why[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < manifest->count; i++)
		check_entry(&manifest->entries[i]);
	manifest_print(manifest, &text);
	again = manifest_parse(text.data, text.length, why);
	ASSERT(again != NULL && again->count == manifest->count);
	manifest_print(again, &once_more);
	ASSERT(strcmp(buf_text(&text), buf_text(&once_more)) == 0);
	return 0;
}
