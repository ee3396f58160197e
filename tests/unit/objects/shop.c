/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a store, and what every store must do: see the header. */

#include "shop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/files.h"

static const struct ticket ticket = { 7 };

void
on_shop_fact(void *argument, const struct fact *fact)
{
	struct shop *shop = argument;

	assert_false(shop->inside);
	assert_int_equal(fact->kind, FACT_REPLY);
	assert_true(shop->count < ELEMENTS(shop->replies));
	shop->replies[shop->count++] = fact->as.reply;
}

void
shop_init(struct shop *shop)
{
	*shop = (struct shop){ .port = NULL };
	assert_int_equal(uv_loop_init(&shop->loop), 0);
}

static void
forget(struct shop *shop)
{
	for (size_t i = 0; i < shop->count; i++)
		reply_deinit(&shop->replies[i]);
	shop->count = 0;
}

void
shop_deinit(struct shop *shop)
{
	(void)uv_run(&shop->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&shop->loop), 0);
	forget(shop);
}

const struct reply *
shop_wait(struct shop *shop)
{
	size_t count = shop->count;

	shop->inside = false;
	while (shop->count == count)
		(void)uv_run(&shop->loop, UV_RUN_ONCE);
	return &shop->replies[shop->count - 1];
}

static struct objects_port *
begin(struct shop *shop)
{
	if (shop->count > 40)
		forget(shop);
	shop->inside = true;
	return shop->port;
}

const struct reply *
shop_put_source(struct shop *shop, const struct object_put *put)
{
	begin(shop)->put(shop->port, ticket, put);
	return shop_wait(shop);
}

const struct reply *
shop_put(struct shop *shop, const char *key, const void *bytes, size_t length)
{
	struct object_bytes source;
	const struct object_put put = { .key = key, .source = &source.source };

	object_bytes_init(&source, bytes, length);
	return shop_put_source(shop, &put);
}

const struct reply *
shop_put_new(struct shop *shop, const char *key, const char *text)
{
	struct object_bytes source;
	const struct object_put put = { .key = key, .source = &source.source, .only_new = true };

	object_bytes_init(&source, text, strlen(text));
	return shop_put_source(shop, &put);
}

const struct reply *
shop_get(struct shop *shop, const struct object_get *get)
{
	begin(shop)->get(shop->port, ticket, get);
	return shop_wait(shop);
}

const struct reply *
shop_head(struct shop *shop, const char *key)
{
	begin(shop)->head(shop->port, ticket, key);
	return shop_wait(shop);
}

const struct reply *
shop_list(struct shop *shop, const char *prefix, const char *after, unsigned limit)
{
	const struct object_list list = { .prefix = prefix, .after = after, .limit = limit };

	begin(shop)->list(shop->port, ticket, &list);
	return shop_wait(shop);
}

const struct reply *
shop_remove(struct shop *shop, const char *key)
{
	begin(shop)->remove(shop->port, ticket, key);
	return shop_wait(shop);
}

const struct reply *
shop_sweep(struct shop *shop, int64_t before_ms)
{
	begin(shop)->sweep(shop->port, ticket, (struct instant){ before_ms });
	return shop_wait(shop);
}

void
assert_is(const struct reply *reply, enum object_is is)
{
	if (reply->result != REPLY_DONE)
		fail_msg("%d: %s", (int)reply->result, reply->reason);
	assert_int_equal(reply->holds, REPLY_OBJECT);
	assert_int_equal(reply->ticket.v, ticket.v);
	assert_int_equal(reply->as.object->is, is);
}

void
assert_refused(const struct reply *reply, const char *part)
{
	if (reply->result != REPLY_REFUSED || strstr(reply->reason, part) == NULL)
		fail_msg("%d: %s (wanted refused: %s)", (int)reply->result, reply->reason, part);
}

void
assert_content(struct shop *shop, const char *key, const void *bytes, size_t length)
{
	struct object_memory memory;
	const struct object_get get = { .key = key, .reader = &memory.reader };
	const struct reply *reply;

	object_memory_init(&memory, 1 << 28);
	reply = shop_get(shop, &get);
	assert_is(reply, OBJECT_IS_DONE);
	assert_int_equal(reply->as.object->size, length);
	assert_int_equal(memory.content.length, length);
	if (length > 0)
		assert_memory_equal(memory.content.data, bytes, length);
	object_memory_deinit(&memory);
	reply = shop_head(shop, key);
	assert_is(reply, OBJECT_IS_DONE);
	assert_int_equal(reply->as.object->size, length);
	assert_true(reply->as.object->modified.ms > 1600000000000);
}

static ptrdiff_t
failing_read(struct object_source *source, void *bytes, size_t size)
{
	struct failing_source *me = CONTAINER_OF(source, struct failing_source, source);
	size_t length = me->left < size ? me->left : size;

	if (length == 0) {
		(void)text_put(source->why, sizeof source->why, "the world went away");
		return -EIO;
	}
	memset(bytes, 'x', length);
	me->left -= length;
	return (ptrdiff_t)length;
}

void
failing_source_init(struct failing_source *source, size_t length)
{
	*source = (struct failing_source){ .source = { .read = failing_read }, .left = length };
}

/* ---- what every store must do ---- */

static void
an_object_comes_back_as_it_was_put(struct shop *shop)
{
	static const size_t sizes[] = { 0, 1, 65536, 262145, 40000000 };

	for (size_t i = 0; i < ELEMENTS(sizes); i++) {
		unsigned char *bytes = mem_new(sizes[i] + 1);
		const struct reply *reply;

		for (size_t k = 0; k < sizes[i]; k++)
			bytes[k] = (unsigned char)(k * 131 + k / 65536);
		reply = shop_put(shop, "a/b-1/c.tar.zst", bytes, sizes[i]);
		assert_is(reply, OBJECT_IS_DONE);
		assert_int_equal(reply->as.object->size, sizes[i]);
		assert_content(shop, "a/b-1/c.tar.zst", bytes, sizes[i]);
		mem_free(bytes);
	}
	assert_is(shop_remove(shop, "a/b-1/c.tar.zst"), OBJECT_IS_DONE);
	assert_is(shop_head(shop, "a/b-1/c.tar.zst"), OBJECT_IS_NONE);
}

static void
an_object_is_replaced_whole_or_kept(struct shop *shop)
{
	struct failing_source failing;
	const struct object_put put = { .key = "world", .source = &failing.source };

	assert_is(shop_put(shop, "world", "old", 3), OBJECT_IS_DONE);
	failing_source_init(&failing, 40000000);
	assert_refused(shop_put_source(shop, &put), "the world went away");
	assert_content(shop, "world", "old", 3);
	assert_is(shop_put(shop, "world", "newer", 5), OBJECT_IS_DONE);
	assert_content(shop, "world", "newer", 5);
}

static void
a_name_is_given_once_when_it_must_be_new(struct shop *shop)
{
	assert_is(shop_put_new(shop, "m/manifest", "first"), OBJECT_IS_DONE);
	assert_is(shop_put_new(shop, "m/manifest", "second"), OBJECT_IS_TAKEN);
	assert_content(shop, "m/manifest", "first", 5);
	assert_is(shop_remove(shop, "m/manifest"), OBJECT_IS_DONE);
	assert_is(shop_put_new(shop, "m/manifest", "third"), OBJECT_IS_DONE);
	assert_content(shop, "m/manifest", "third", 5);
}

static void
a_listing_goes_on_where_it_was_cut(struct shop *shop)
{
	static const char *const keys[] = { "l/a-b", "l/a.b", "l/a/b", "l/a/c", "l/aa", "l/b" };
	const struct reply *reply;
	char after[OBJECT_KEY_LIMIT + 1] = "";

	for (size_t i = 0; i < ELEMENTS(keys); i++)
		assert_is(shop_put(shop, keys[i], "xxxxxx", i), OBJECT_IS_DONE);
	for (size_t at = 0; at < ELEMENTS(keys); at += 2) {
		reply = shop_list(shop, "l/", after[0] != '\0' ? after : NULL, 2);
		assert_is(reply, OBJECT_IS_DONE);
		assert_int_equal(reply->as.object->entry_count, 2);
		for (size_t i = 0; i < 2; i++) {
			assert_string_equal(reply->as.object->entries[i].key, keys[at + i]);
			assert_int_equal(reply->as.object->entries[i].size, at + i);
		}
		assert_int_equal(reply->as.object->more, at + 2 < ELEMENTS(keys));
		assert_true(text_put(after, sizeof after, keys[at + 1]));
	}
	assert_int_equal(shop_list(shop, "l/a/", NULL, 1000)->as.object->entry_count, 2);
	assert_int_equal(shop_list(shop, "l/a", "l/a/b", 1000)->as.object->entry_count, 2);
	reply = shop_list(shop, "nothing", NULL, 1000);
	assert_is(reply, OBJECT_IS_DONE);
	assert_int_equal(reply->as.object->entry_count, 0);
	assert_false(reply->as.object->more);
}

static void
a_part_of_an_object_is_read(struct shop *shop)
{
	static const struct {
		uint64_t offset, length;
		const char *text;
	} parts[] = {
		{ 0, 3, "012" }, { 3, 4, "3456" }, { 8, 0, "89" }, { 8, 100, "89" }, { 10, 0, "" },
	};

	assert_is(shop_put(shop, "digits", "0123456789", 10), OBJECT_IS_DONE);
	for (size_t i = 0; i < ELEMENTS(parts); i++) {
		struct object_memory memory;
		const struct object_get get = { .key = "digits",
						.offset = parts[i].offset,
						.length = parts[i].length,
						.reader = &memory.reader };

		object_memory_init(&memory, 100);
		assert_is(shop_get(shop, &get), OBJECT_IS_DONE);
		assert_string_equal(buf_text(&memory.content), parts[i].text);
		object_memory_deinit(&memory);
	}
}

static void
what_is_not_there_is_said(struct shop *shop)
{
	struct object_memory memory;
	struct object_get get = { .key = "not/there", .reader = &memory.reader };

	object_memory_init(&memory, 3);
	assert_is(shop_get(shop, &get), OBJECT_IS_NONE);
	assert_is(shop_head(shop, "not/there"), OBJECT_IS_NONE);
	assert_is(shop_remove(shop, "not/there"), OBJECT_IS_DONE);
	assert_refused(shop_head(shop, "../etc/passwd"), "not a name");
	assert_refused(shop_put(shop, "/etc/passwd", "", 0), "not a name");
	assert_refused(shop_remove(shop, ".unfinished"), "not a name");
	get.key = "digits";
	assert_refused(shop_get(shop, &get), "larger than 3 bytes");
	object_memory_deinit(&memory);
}

static void
a_source_that_fails_leaves_nothing(struct shop *shop)
{
	static const size_t sizes[] = { 0, 1, 40000000 };

	for (size_t i = 0; i < ELEMENTS(sizes); i++) {
		struct failing_source failing;
		const struct object_put put = { .key = "none/of/it", .source = &failing.source };

		failing_source_init(&failing, sizes[i]);
		assert_refused(shop_put_source(shop, &put), "the world went away");
		assert_is(shop_head(shop, "none/of/it"), OBJECT_IS_NONE);
	}
}

static void
an_object_is_written_to_a_new_file(struct shop *shop, const char *directory)
{
	CLEANUP(text_freep) char *path = text_format("%s/taken", directory);
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	const struct object_get get = { .key = "digits", .path = path };
	struct stat is;

	assert_is(shop_get(shop, &get), OBJECT_IS_DONE);
	assert_int_equal(file_read(AT_FDCWD, path, 100, &content), 0);
	assert_string_equal(buf_text(&content), "0123456789");
	assert_int_equal(stat(path, &is), 0);
	assert_int_equal(is.st_mode & 07777, 0600);
	assert_refused(shop_get(shop, &get), "taken");
}

void
it_does_what_every_store_does(struct shop *shop, const char *scratch_directory)
{
	an_object_comes_back_as_it_was_put(shop);
	an_object_is_replaced_whole_or_kept(shop);
	a_name_is_given_once_when_it_must_be_new(shop);
	a_listing_goes_on_where_it_was_cut(shop);
	a_part_of_an_object_is_read(shop);
	what_is_not_there_is_said(shop);
	a_source_that_fails_leaves_nothing(shop);
	an_object_is_written_to_a_new_file(shop, scratch_directory);
}
