/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests as values and as lines of JSON. Whoever can write into the store can write a
 * manifest, so nothing in one is believed before it was checked here.
 */

#include "wire/manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"

#define LINE_LIMIT 16384 /* bytes: two names in base64 and a sentence */

static const char *const kind_words[] = { "file", "directory", "link", "missed" };
_Static_assert(ELEMENTS(kind_words) == MANIFEST_KIND_MAX, "a word for every kind");

/* ---- what may stand in one ---- */

bool
manifest_path_is_valid(const char *path)
{
	const char *part = path;

	if (strlen(path) > ARCHIVE_PATH_LIMIT)
		return false;
	for (;;) {
		size_t length = strcspn(part, "/");

		if (length == 0 || (length == 1 && part[0] == '.') ||
		    (length == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		if (part[length] == '\0')
			return true;
		part += length + 1;
	}
}

bool
manifest_link_stays_inside(const char *path, const char *target)
{
	size_t depth = 0, ups = 0;
	bool named = false;

	if (target[0] == '\0' || target[0] == '/' || strlen(target) > ARCHIVE_PATH_LIMIT)
		return false;
	for (const char *c = path; *c != '\0'; c++)
		depth += *c == '/';
	for (const char *part = target; *part != '\0';) {
		size_t length = strcspn(part, "/");
		bool is_up = length == 2 && part[0] == '.' && part[1] == '.';

		if (is_up && (named || ++ups > depth))
			return false;
		named = named || (!is_up && length > 0 && !(length == 1 && part[0] == '.'));
		part += length;
		part += strspn(part, "/");
	}
	return true;
}

bool
manifest_digest_is_valid(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* ---- the value ---- */

struct manifest *
manifest_new(void)
{
	return mem_new(sizeof(struct manifest));
}

void
manifest_free(struct manifest *manifest)
{
	if (manifest == NULL)
		return;
	for (size_t i = 0; i < manifest->count; i++) {
		mem_free(manifest->entries[i].path);
		mem_free(manifest->entries[i].text);
	}
	mem_free(manifest->entries);
	mem_free(manifest);
}

void
manifest_freep(struct manifest **manifest)
{
	manifest_free(*manifest);
	*manifest = NULL;
}

bool
manifest_add(struct manifest *manifest, const struct manifest_entry *entry)
{
	struct manifest_entry *added;

	ASSERT(manifest_path_is_valid(entry->path) && entry->mode <= 0777);
	ASSERT(entry->kind != MANIFEST_LINK ||
	       manifest_link_stays_inside(entry->path, entry->text));
	if (manifest->count >= ARCHIVE_ENTRIES_LIMIT)
		return false;
	if (manifest->count == manifest->room) {
		manifest->room = manifest->room > 0 ? manifest->room * 2 : 64;
		manifest->entries =
			mem_resize(manifest->entries, manifest->room * sizeof *manifest->entries);
	}
	added = &manifest->entries[manifest->count++];
	*added = *entry;
	added->path = text_copy(entry->path);
	added->text = text_copy(entry->text);
	manifest->bytes += entry->kind == MANIFEST_FILE ? entry->size : 0;
	manifest->changed_count += entry->changed;
	manifest->missed_count += entry->kind == MANIFEST_MISSED;
	return true;
}

/* ---- printing ---- */

static void
set_name(json_t *line, const char *key, const char *name)
{
	CLEANUP(buf_deinit) struct buf encoded = BUF_NULL;
	char long_key[32];

	if (text_is_printable(name, strlen(name))) {
		json_set_text(line, key, name);
		return;
	}
	(void)snprintf(long_key, sizeof long_key, "%s_base64", key);
	base64_put(&encoded, name, strlen(name));
	json_set_text(line, long_key, buf_text(&encoded));
}

static void
put_line(struct buf *to, const json_t *line)
{
	CLEANUP(text_freep) char *text = json_text(line);

	buf_put_text(to, text);
	buf_put_byte(to, '\n');
}

static void
print_head(const struct manifest *manifest, struct buf *to)
{
	CLEANUP(json_freep) json_t *line = json_object();

	json_set_integer(line, "roost_archive", 1);
	json_set_instant(line, "made", manifest->made);
	json_set_text(line, "by", manifest->by);
	json_set_text(line, "server", manifest->server);
	json_set_text(line, "game", manifest->game);
	put_line(to, line);
}

static void
print_entry(const struct manifest_entry *entry, struct buf *to)
{
	CLEANUP(json_freep) json_t *line = json_object();
	char mode[8];

	set_name(line, "path", entry->path);
	json_set_text(line, "kind", kind_words[entry->kind]);
	if (entry->kind == MANIFEST_MISSED) {
		json_set_text(line, "why", entry->text);
		put_line(to, line);
		return;
	}
	(void)snprintf(mode, sizeof mode, "%04o", entry->mode);
	json_set_text(line, "mode", mode);
	json_set_integer(line, "mtime", entry->modified.ms);
	if (entry->kind == MANIFEST_LINK)
		set_name(line, "target", entry->text);
	if (entry->kind == MANIFEST_FILE) {
		json_set_integer(line, "size", (int64_t)entry->size);
		json_set_text(line, "sha256", entry->sha256);
		if (entry->changed)
			json_set_bool(line, "changed", true);
	}
	put_line(to, line);
}

static void
print_end(const struct manifest *manifest, struct buf *to)
{
	CLEANUP(json_freep) json_t *line = json_object();
	json_t *archive = json_object();

	json_set_integer(line, "entries", (int64_t)manifest->count);
	json_set_integer(line, "bytes", (int64_t)manifest->bytes);
	json_set_integer(archive, "size", (int64_t)manifest->archive_size);
	json_set_text(archive, "sha256", manifest->archive_sha256);
	ASSERT(json_object_set_new(line, "archive", archive) == 0);
	put_line(to, line);
}

void
manifest_print(const struct manifest *manifest, struct buf *to)
{
	print_head(manifest, to);
	for (size_t i = 0; i < manifest->count; i++)
		print_entry(&manifest->entries[i], to);
	print_end(manifest, to);
}

/* ---- reading ---- */

static bool
get_size(const json_t *line, const char *key, uint64_t *ret_size)
{
	int64_t size = json_get_integer(line, key, -1);

	if (size < 0)
		return false;
	*ret_size = (uint64_t)size;
	return true;
}

static bool
get_digest(const json_t *line, char ret_digest[static DIGEST_TEXT_SIZE])
{
	const char *text = json_get_text(line, "sha256", "");

	return manifest_digest_is_valid(text) && text_put(ret_digest, DIGEST_TEXT_SIZE, text);
}

/* A name, in either form; the caller frees it. NULL when there is none or it cannot be one. */
static char *
get_name(const json_t *line, const char *key)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	char long_key[32];
	const char *text = json_get_text(line, key, NULL);

	if (text != NULL)
		return text_is_printable(text, strlen(text)) ? text_copy(text) : NULL;
	(void)snprintf(long_key, sizeof long_key, "%s_base64", key);
	text = json_get_text(line, long_key, NULL);
	if (text == NULL || !base64_take(&bytes, text, strlen(text)) || bytes.length == 0 ||
	    memchr(bytes.data, '\0', bytes.length) != NULL)
		return NULL;
	return buf_take_text(&bytes);
}

static bool
read_head(const json_t *line, struct manifest *manifest)
{
	manifest->made = json_get_instant(line, "made");
	return json_get_integer(line, "roost_archive", 0) == 1 &&
	       text_put(manifest->by, sizeof manifest->by, json_get_text(line, "by", "")) &&
	       text_put(manifest->server, sizeof manifest->server,
			json_get_text(line, "server", "")) &&
	       text_put(manifest->game, sizeof manifest->game, json_get_text(line, "game", ""));
}

static bool
read_mode(const json_t *line, unsigned *ret_mode)
{
	const char *text = json_get_text(line, "mode", "");

	if (strlen(text) != 4 || text[0] != '0' || strspn(text, "01234567") != 4)
		return false;
	*ret_mode = (unsigned)(text[1] - '0') << 6 | (unsigned)(text[2] - '0') << 3 |
		    (unsigned)(text[3] - '0');
	return true;
}

static bool
read_kind(const json_t *line, enum manifest_kind *ret_kind)
{
	const char *word = json_get_text(line, "kind", "");

	for (unsigned kind = 0; kind < MANIFEST_KIND_MAX; kind++)
		if (strcmp(word, kind_words[kind]) == 0) {
			*ret_kind = (enum manifest_kind)kind;
			return true;
		}
	return false;
}

/* NULL, or what is wrong with it. The entry's texts are the caller's to free. */
static const char *
read_entry(const json_t *line, struct manifest_entry *entry)
{
	const char *why = json_get_text(line, "why", "");

	entry->path = get_name(line, "path");
	if (entry->path == NULL || !manifest_path_is_valid(entry->path))
		return "its path is missing, or is not one that stays inside";
	if (!read_kind(line, &entry->kind))
		return "its kind is not one of file, directory, link, missed";
	if (entry->kind == MANIFEST_MISSED) {
		if (strlen(why) > REASON_LIMIT || !text_is_printable(why, strlen(why)))
			return "why it was missed is not one sentence";
		entry->text = text_copy(why);
		return NULL;
	}
	entry->modified.ms = json_get_integer(line, "mtime", INT64_MAX);
	if (entry->modified.ms > MANIFEST_TIME_BOUND || entry->modified.ms < -MANIFEST_TIME_BOUND)
		return "its mtime is missing or out of bounds";
	if (!read_mode(line, &entry->mode))
		return "its mode is not four octal digits from 0000 to 0777";
	if (entry->kind == MANIFEST_LINK) {
		entry->text = get_name(line, "target");
		if (entry->text == NULL || !manifest_link_stays_inside(entry->path, entry->text))
			return "the link's target is missing, or leads out";
	}
	if (entry->kind == MANIFEST_FILE) {
		if (!get_size(line, "size", &entry->size) || !get_digest(line, entry->sha256))
			return "the file's size or sha256 is missing or wrong";
		entry->changed = json_get_bool(line, "changed", false);
	}
	return NULL;
}

/* Read an entry and take it. NULL, or what is wrong. */
static const char *
take_entry(const json_t *line, struct manifest *manifest)
{
	struct manifest_entry entry = { .path = NULL };
	const char *wrong = read_entry(line, &entry);

	if (wrong == NULL && entry.size > (uint64_t)INT64_MAX - manifest->bytes)
		wrong = "the files are larger together than can be";
	if (wrong == NULL && !manifest_add(manifest, &entry))
		wrong = "there are too many entries";
	mem_free(entry.path);
	mem_free(entry.text);
	return wrong;
}

static const char *
read_end(const json_t *line, struct manifest *manifest)
{
	const json_t *archive = json_object_get(line, "archive");
	uint64_t entries, bytes;

	if (!get_size(line, "entries", &entries) || !get_size(line, "bytes", &bytes) ||
	    !get_size(archive, "size", &manifest->archive_size) ||
	    !get_digest(archive, manifest->archive_sha256))
		return "the end is not whole";
	if (entries != manifest->count || bytes != manifest->bytes)
		return "the end does not count what stands before it";
	return NULL;
}

struct reading {
	struct manifest *manifest;
	size_t number; /* of the line */
	bool at_end;
};

/* One line. NULL, or what is wrong. */
static const char *
read_line(struct reading *reading, const char *text, size_t length)
{
	struct manifest *manifest = reading->manifest;
	CLEANUP(json_freep)
	json_t *line = length <= LINE_LIMIT ? json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL)
					    : NULL;

	if (!json_is_object(line))
		return "not a JSON object";
	if (reading->number == 1)
		return read_head(line, manifest) ? NULL
						 : "not the head of a roost archive's manifest";
	if (reading->at_end)
		return "something stands behind the end";
	if (json_object_get(line, "entries") == NULL)
		return take_entry(line, manifest);
	reading->at_end = true;
	return read_end(line, manifest);
}

struct manifest *
manifest_parse(const void *bytes, size_t length, char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(manifest_freep) struct manifest *manifest = manifest_new();
	struct reading reading = { .manifest = manifest };
	const char *at = bytes, *end, *wrong = NULL;
	size_t left = length;

	if (length > MANIFEST_LIMIT)
		wrong = "longer than a manifest may be";
	while (wrong == NULL && left > 0) {
		reading.number++;
		end = memchr(at, '\n', left);
		if (end == NULL) {
			wrong = "cut off";
			break;
		}
		wrong = read_line(&reading, at, (size_t)(end - at));
		left -= (size_t)(end - at) + 1;
		at = end + 1;
	}
	if (wrong == NULL && !reading.at_end)
		wrong = "cut off: the end is missing";
	if (wrong == NULL)
		return TAKE(manifest);
	(void)snprintf(ret_why, REASON_LIMIT + 1, "the manifest's line %zu: %s", reading.number,
		       wrong);
	return NULL;
}
