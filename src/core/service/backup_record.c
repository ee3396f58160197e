/* SPDX-License-Identifier: Apache-2.0 */
/* Backups and restores as they are stored. A member that is absent has its zero value. */

#include <stdio.h>
#include <string.h>

#include "service/backup_state.h"

static const char *const kind_words[] = { "demand", "sleep", "schedule", "found" };
static const char *const state_words[] = { "waiting",	"holding", "packing", "committing",
					   "verifying", "good",	   "failed",  "removing" };
static const char *const step_words[] = { "", "unpacking", "swapping", "clearing" };

_Static_assert(ELEMENTS(kind_words) == BACKUP_KIND_MAX, "a kind without a word");
_Static_assert(ELEMENTS(state_words) == BACKUP_STATE_MAX, "a state without a word");
_Static_assert(ELEMENTS(step_words) == RESTORE_CLEARING + 1, "a step without a word");

const char *
backup_kind_word(enum backup_kind kind)
{
	ASSERT(kind < BACKUP_KIND_MAX);
	return kind_words[kind];
}

const char *
backup_state_word(enum backup_state state)
{
	ASSERT(state < BACKUP_STATE_MAX);
	return state_words[state];
}

static bool
word_in(const char *const *words, size_t count, const char *word, unsigned *ret_index)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0) {
			*ret_index = (unsigned)i;
			return true;
		}
	}
	return false;
}

static void
put_text(json_t *to, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_set_text(to, key, text);
}

static void
put_number(json_t *to, const char *key, uint64_t number)
{
	if (number != 0)
		json_set_integer(to, key, (int64_t)number);
}

static void
put_instant(json_t *to, const char *key, struct instant t)
{
	put_number(to, key, (uint64_t)t.ms);
}

static void
put_true(json_t *to, const char *key, bool value)
{
	if (value)
		json_set_bool(to, key, true);
}

static void
put_texts(json_t *to, const char *key, char *const *texts)
{
	json_t *list = json_array();

	for (; texts != NULL && *texts != NULL; texts++)
		ASSERT(json_array_append_new(list, json_string(*texts)) == 0);
	ASSERT(json_object_set_new(to, key, list) == 0);
}

static void
put_ids(json_t *to, const char *key, char (*ids)[ID_TEXT_SIZE], size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		ASSERT(json_array_append_new(list, json_string(ids[i])) == 0);
	ASSERT(json_object_set_new(to, key, list) == 0);
}

static void
get_text(const json_t *from, const char *key, char *to, size_t size)
{
	(void)text_put(to, size, json_get_text(from, key, ""));
}

static uint64_t
get_number(const json_t *from, const char *key)
{
	int64_t number = json_get_integer(from, key, 0);

	return number > 0 ? (uint64_t)number : 0;
}

static struct instant
get_instant(const json_t *from, const char *key)
{
	return (struct instant){ json_get_integer(from, key, 0) };
}

/* NULL when there are none. */
static char **
get_texts(const json_t *from, const char *key)
{
	const json_t *list = json_object_get(from, key);
	size_t count = json_array_size(list), read = 0;
	char **texts;

	if (count == 0)
		return NULL;
	texts = mem_new_array(count + 1, sizeof *texts);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text != NULL)
			texts[read++] = text_copy(text);
	}
	return texts;
}

static size_t
get_ids(const json_t *from, const char *key, char (*ids)[ID_TEXT_SIZE], size_t most)
{
	const json_t *list = json_object_get(from, key);
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(list) && count < most; i++) {
		const char *id = json_string_value(json_array_get(list, i));

		if (id != NULL)
			(void)text_put(ids[count++], ID_TEXT_SIZE, id);
	}
	return count;
}

/* Backups */

static void
key_of(const struct item *item, char key[static 128])
{
	(void)snprintf(key, 128, "%s/%s", item->is.server, item->is.id);
}

static void
put_facts(json_t *to, const struct backup *b)
{
	put_number(to, "files", b->files);
	put_number(to, "bytes", b->bytes);
	put_number(to, "size", b->size);
	put_text(to, "sha256", b->sha256);
	put_number(to, "changed", b->changed);
	put_number(to, "missed", b->missed);
	put_text(to, "missed_first", b->missed_first);
	put_instant(to, "packed_at", b->packed_at);
	put_instant(to, "ended_at", b->ended_at);
	put_instant(to, "checked_at", b->checked_at);
}

static json_t *
item_json(const struct item *item)
{
	const struct backup *b = &item->is;
	struct item *mine = (struct item *)(uintptr_t)item; /* lists of texts are not changed */
	json_t *to = json_object();

	json_set_text(to, "kind", backup_kind_word(b->kind));
	json_set_text(to, "state", backup_state_word(b->state));
	put_text(to, "store", b->store);
	put_text(to, "archive", b->archive);
	put_text(to, "run", b->run);
	put_true(to, "at_rest", b->at_rest);
	put_instant(to, "made", b->made);
	put_facts(to, b);
	put_text(to, "by", b->by);
	put_text(to, "request_id", b->request_id);
	put_text(to, "reason", b->reason);
	put_true(to, "locked", b->locked);
	put_true(to, "released", b->released);
	put_true(to, "checking", b->checking);
	put_true(to, "gone", b->gone);
	put_number(to, "attempts", b->attempts);
	put_texts(to, "paths", b->paths);
	put_text(to, "hold", item->hold);
	if (item->hold[0] != '\0' && item->resume != NULL)
		json_set_text(to, "resume", item->resume);
	put_instant(to, "since", item->since);
	put_instant(to, "again_at", item->again_at);
	put_true(to, "told", item->told);
	put_true(to, "alerted", item->alerted);
	put_ids(to, "leftovers", mine->leftovers, item->leftover_count);
	return to;
}

void
item_put(struct lane *lane, const struct item *item)
{
	CLEANUP(json_freep) json_t *body = item_json(item);
	char key[128];

	key_of(item, key);
	plane_put(lane->of->plane, DOCUMENT_BACKUP, key, body);
	plane_wake_service(lane->of->plane, &lane->of->service);
}

void
item_delete(struct lane *lane, struct item *item)
{
	char key[128];

	ASSERT(lane->at_work != item);
	key_of(item, key);
	plane_delete(lane->of->plane, DOCUMENT_BACKUP, key);
	(void)keyed_remove(&lane->items, item->is.id);
	item_free(item);
	plane_wake_service(lane->of->plane, &lane->of->service);
}

static void
read_facts(const json_t *from, struct backup *b)
{
	b->files = get_number(from, "files");
	b->bytes = get_number(from, "bytes");
	b->size = get_number(from, "size");
	get_text(from, "sha256", b->sha256, sizeof b->sha256);
	b->changed = (unsigned)get_number(from, "changed");
	b->missed = (unsigned)get_number(from, "missed");
	get_text(from, "missed_first", b->missed_first, sizeof b->missed_first);
	b->packed_at = get_instant(from, "packed_at");
	b->ended_at = get_instant(from, "ended_at");
	b->checked_at = get_instant(from, "checked_at");
}

static void
read_item(const json_t *from, struct item *item)
{
	struct backup *b = &item->is;

	get_text(from, "store", b->store, sizeof b->store);
	get_text(from, "archive", b->archive, sizeof b->archive);
	get_text(from, "run", b->run, sizeof b->run);
	b->at_rest = json_get_bool(from, "at_rest", false);
	b->made = get_instant(from, "made");
	read_facts(from, b);
	get_text(from, "by", b->by, sizeof b->by);
	get_text(from, "request_id", b->request_id, sizeof b->request_id);
	get_text(from, "reason", b->reason, sizeof b->reason);
	b->locked = json_get_bool(from, "locked", false);
	b->released = json_get_bool(from, "released", false);
	b->checking = json_get_bool(from, "checking", false);
	b->gone = json_get_bool(from, "gone", false);
	b->attempts = (unsigned)get_number(from, "attempts");
	b->paths = get_texts(from, "paths");
	get_text(from, "hold", item->hold, sizeof item->hold);
	item->resume = text_copy(json_get_text(from, "resume", NULL));
	item->since = get_instant(from, "since");
	item->again_at = get_instant(from, "again_at");
	item->told = json_get_bool(from, "told", false);
	item->alerted = json_get_bool(from, "alerted", false);
	item->leftover_count =
		get_ids(from, "leftovers", item->leftovers, ELEMENTS(item->leftovers));
}

void
backup_document_loaded(void *argument, const char *key, const json_t *body)
{
	struct backups *b = argument;
	char server[SERVER_NAME_LIMIT + 1];
	size_t length = strcspn(key, "/");
	const char *id = key + length + (key[length] != '\0');
	unsigned kind, state;
	struct item *item;

	if (length == 0 || length >= sizeof server || *id == '\0' || strlen(id) >= ID_TEXT_SIZE ||
	    !word_in(kind_words, ELEMENTS(kind_words), json_get_text(body, "kind", ""), &kind) ||
	    !word_in(state_words, ELEMENTS(state_words), json_get_text(body, "state", ""), &state))
		return;
	(void)text_put(server, length + 1, key);
	if (backup_item(b, server, id) != NULL)
		return;
	item = item_new(backup_lane(b, server), id);
	item->is.kind = (enum backup_kind)kind;
	item->is.state = (enum backup_state)state;
	read_item(body, item);
}

json_t *
item_event(const struct item *item)
{
	json_t *data = json_object();

	json_set_text(data, "backup", item->is.id);
	json_set_text(data, "kind", backup_kind_word(item->is.kind));
	put_text(data, "store", item->is.store);
	put_text(data, "run", item->is.run);
	put_text(data, "by", item->is.by);
	put_text(data, "request_id", item->is.request_id);
	return data;
}

/* Restores */

void
restore_put(struct lane *lane)
{
	struct restoring *r = &lane->restore;
	CLEANUP(json_freep) json_t *to = json_object();

	plane_wake_service(lane->of->plane, &lane->of->service);
	if (r->step == RESTORE_NONE && r->aside_count == 0) {
		plane_delete(lane->of->plane, DOCUMENT_RESTORE, lane->server);
		return;
	}
	json_set_text(to, "step", step_words[r->step]);
	put_text(to, "id", r->id);
	put_text(to, "from", r->from);
	put_text(to, "backup", r->backup);
	put_text(to, "store", r->store);
	put_text(to, "archive", r->archive);
	put_text(to, "by", r->by);
	put_text(to, "request_id", r->request_id);
	put_text(to, "root", r->root != NULL ? r->root : "");
	put_texts(to, "paths", r->paths);
	put_instant(to, "made", r->made);
	put_number(to, "files", r->files);
	put_number(to, "bytes", r->bytes);
	put_ids(to, "asides", r->asides, r->aside_count);
	put_number(to, "epoch", r->epoch);
	put_true(to, "was_ready", r->was_ready);
	plane_put(lane->of->plane, DOCUMENT_RESTORE, lane->server, to);
}

void
restore_document_loaded(void *argument, const char *key, const json_t *body)
{
	struct backups *b = argument;
	struct restoring *r;
	unsigned step;

	if (!server_name_is_valid(key) ||
	    !word_in(step_words, ELEMENTS(step_words), json_get_text(body, "step", "?"), &step))
		return;
	r = &backup_lane(b, key)->restore;
	r->step = (enum restore_step)step;
	r->unsure = r->step == RESTORE_SWAPPING;
	get_text(body, "id", r->id, sizeof r->id);
	get_text(body, "from", r->from, sizeof r->from);
	get_text(body, "backup", r->backup, sizeof r->backup);
	get_text(body, "store", r->store, sizeof r->store);
	get_text(body, "archive", r->archive, sizeof r->archive);
	get_text(body, "by", r->by, sizeof r->by);
	get_text(body, "request_id", r->request_id, sizeof r->request_id);
	r->root = text_copy(json_get_text(body, "root", ""));
	r->paths = get_texts(body, "paths");
	r->made = get_instant(body, "made");
	r->files = get_number(body, "files");
	r->bytes = get_number(body, "bytes");
	r->aside_count = get_ids(body, "asides", r->asides, ELEMENTS(r->asides));
	r->epoch = get_number(body, "epoch");
	r->was_ready = json_get_bool(body, "was_ready", false);
}
