/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be so about backups: a released machine's world has a verified copy, there is
 * always a good backup once there was one, saving is not left held, a restore yields what was
 * archived or leaves what was there, and in the calm nothing is left over.
 */

#include <stdio.h>
#include <string.h>

#include "backup_sim.h"

#define HELD_WITHIN   180000
#define LEFTOVER_MOST (INT64_C(50) * 3600000)

struct sim_archive *
backup_archive(struct sim_backup *s, const char *name)
{
	for (size_t i = 0; i < ARCHIVES_MAX; i++)
		if (strcmp(s->archives[i].name, name) == 0)
			return &s->archives[i];
	return NULL;
}

/* A disk that is not mounted has nothing on it. */
struct sim_archive *
backup_archive_shown(struct sim_backup *s, const char *name)
{
	if (!s->world->calm && s->world->now < s->blank_until)
		return NULL;
	return backup_archive(s, name);
}

static void
member(const char *body, const char *key, char *value, size_t size)
{
	char pattern[40];
	const char *at;
	size_t length;

	(void)snprintf(pattern, sizeof pattern, "\"%s\":\"", key);
	at = body != NULL ? strstr(body, pattern) : NULL;
	value[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(pattern);
	length = strcspn(at, "\"");
	if (length < size) {
		memcpy(value, at, length);
		value[length] = '\0';
	}
}

bool
backup_is_excused(const struct world *w, int server)
{
	for (int i = 0; i < PROCESSES_MAX; i++) {
		const struct sim_process *p = &w->processes[i];

		if (p->exists && p->alive && p->server == server && p->excused)
			return true;
	}
	return false;
}

static bool
is_good_copy(const struct copy *copy)
{
	return !copy->torn || copy->excused;
}

/* What is on record as good was read back, and is one world at one moment. */
static void
check_good(struct world *w, const char *key, const char *body)
{
	char id[ID_TEXT_SIZE], name[SERVER_NAME_LIMIT + 1 + ID_TEXT_SIZE];
	struct sim_archive *a;

	member(body, "archive", id, sizeof id);
	(void)snprintf(name, sizeof name, "%.*s/%s", (int)strcspn(key, "/"), key, id);
	a = backup_archive(w->backup, name);
	if (a == NULL || !a->has_manifest || !a->has_tar) {
		world_fail(w, "%s is good and its archive is not there", key);
		return;
	}
	if (!a->verified)
		world_fail(w, "%s is good and was never read back", key);
	if (!is_good_copy(&a->copy))
		world_fail(w, "%s is good and torn", key);
	a->counted = true;
}

static void
note_status(struct world *w, int server, const char *body)
{
	struct sim_directory *d = &w->backup->directories[server];
	const char *run = strstr(body, "\"run\":{");
	char id[ID_TEXT_SIZE];

	member(run, "id", id, sizeof id);
	if (strstr(body, "\"phase\":\"backing_up\"") != NULL && strcmp(d->backing_run, id) != 0) {
		(void)text_put(d->backing_run, sizeof d->backing_run, id);
		d->rewoken = d->let_go = false;
	}
	if (strcmp(d->backing_run, id) == 0 && strstr(body, "\"up\":true") != NULL)
		d->rewoken = true;
}

static bool
has_copy(struct sim_backup *s, int server)
{
	const struct sim_directory *d = &s->directories[server];
	char prefix[16];

	(void)snprintf(prefix, sizeof prefix, "s%d/", server);
	for (size_t i = 0; i < ARCHIVES_MAX; i++) {
		const struct sim_archive *a = &s->archives[i];

		if (a->counted && text_starts_with(a->name, prefix) &&
		    a->copy.version == d->world.version)
			return true;
	}
	return false;
}

static void
check_asleep(struct world *w, int server, const struct store_event *e)
{
	const struct sim_directory *d = &w->backup->directories[server];
	char run[ID_TEXT_SIZE];

	member(e->data, "run", run, sizeof run);
	if (!d->gated || strcmp(d->backing_run, run) != 0 || d->rewoken || d->let_go ||
	    d->world.excused)
		return;
	if (!has_copy(w->backup, server))
		world_fail(w, "s%d is released and its world (%llu) has no verified copy", server,
			   (unsigned long long)d->world.version);
}

static void
check_restored(struct world *w, int server, const struct store_event *e, bool finished)
{
	const struct sim_directory *d = &w->backup->directories[server];
	const char *body = store_sim_body(w, DOCUMENT_RESTORE, e->subject);
	char id[ID_TEXT_SIZE], archive[ID_TEXT_SIZE], from[16], name[64];

	member(body, "id", id, sizeof id);
	member(body, "archive", archive, sizeof archive);
	member(e->data, "from", from, sizeof from);
	(void)snprintf(name, sizeof name, "%s/%s", from, archive);
	if (finished && (d->half || strcmp(d->swapped, id) != 0 || strcmp(d->origin, name) != 0))
		world_fail(w, "s%d is told to have the world of %s, and has not", server, name);
	if (!finished && (d->half || strcmp(d->swapped, id) == 0))
		world_fail(w, "s%d is told to be as it was, and is not", server);
}

static void
check_event(struct world *w, const struct store_event *e)
{
	const struct sim_server *named = world_server(w, e->subject);
	int server = named != NULL ? (int)(named - w->servers) : -1;

	if (server < 0)
		return;
	if (strcmp(e->type, "backup.failed") == 0 && strstr(e->data, "\"released\":true") != NULL)
		w->backup->directories[server].let_go = true;
	if (strcmp(e->type, "server.asleep") == 0)
		check_asleep(w, server, e);
	if (strcmp(e->type, "restore.finished") == 0)
		check_restored(w, server, e, true);
	if (strcmp(e->type, "restore.failed") == 0 && strstr(e->data, "\"retrying\":true") == NULL)
		check_restored(w, server, e, false);
}

void
backup_check_committed(struct world *w, const struct store_batch *batch)
{
	for (size_t i = 0; i < batch->document_count; i++) {
		const struct store_document *d = &batch->documents[i];
		const char *body = store_sim_body(w, d->kind, d->key);

		if (body == NULL)
			continue;
		if (d->kind == DOCUMENT_BACKUP && strstr(body, "\"state\":\"good\"") != NULL)
			check_good(w, d->key, body);
		if (d->kind == DOCUMENT_STATUS)
			note_status(w, d->key[1] - '0', body);
	}
	for (size_t i = 0; i < batch->event_count; i++)
		check_event(w, &batch->events[i]);
}

/* Of those that counted as good one is always left. */
void
backup_check_removing(struct world *w, const struct sim_archive *archive)
{
	struct sim_backup *s = w->backup;
	size_t server = strcspn(archive->name, "/") + 1;

	if (!archive->counted)
		return;
	for (size_t i = 0; i < ARCHIVES_MAX; i++) {
		const struct sim_archive *a = &s->archives[i];

		if (a != archive && a->counted && strncmp(a->name, archive->name, server) == 0)
			return;
	}
	world_fail(w, "%s is removed, and was the last good backup", archive->name);
}

/* One at a time reads or exchanges a world. */
void
backup_check_reads(struct world *w, const struct sim_order *order)
{
	for (size_t i = 0; i < w->heap_count; i++) {
		const struct sim_event *e = &w->heap[i];

		if (e->kind == SIM_ARCHIVE && e->life == w->life && e->order->begun &&
		    e->order->server == order->server &&
		    (e->order->op == ARCHIVE_PACK || e->order->op == ARCHIVE_SWAP))
			world_fail(w, "two orders are at the world of s%d", order->server);
	}
}

void
backup_check_exchanged(struct world *w, int server)
{
	for (int i = 0; i < PROCESSES_MAX; i++) {
		const struct sim_process *p = &w->processes[i];

		if (p->exists && p->alive && p->server == server && !p->excused)
			world_fail(w, "the world of s%d is exchanged while its game runs", server);
	}
}

/* In a calm nobody's saving stays held. */
void
backup_check_always(struct world *w)
{
	for (int i = 0; w->calm && i < PROCESSES_MAX; i++) {
		const struct sim_process *p = &w->processes[i];
		int64_t since = p->held_since > w->calm_at ? p->held_since : w->calm_at;

		if (p->exists && p->alive && p->held && w->now - since > HELD_WITHIN)
			world_fail(w, "the saving of %s is held and nobody is at it", p->token);
	}
}

void
backup_check_after_quiet(struct world *w)
{
	for (size_t i = 0; i < w->document_count; i++) {
		const struct store_document *d = &w->documents[i];
		char word[16];

		if (d->body == NULL)
			continue;
		if (d->kind == DOCUMENT_BACKUP) {
			member(d->body, "state", word, sizeof word);
			if (strcmp(word, "good") != 0 && strcmp(word, "failed") != 0)
				world_fail(w, "%s is still %s", d->key, word);
		}
		if (d->kind == DOCUMENT_RESTORE) {
			member(d->body, "step", word, sizeof word);
			if (word[0] != '\0')
				world_fail(w, "%s is still %s", d->key, word);
		}
	}
	for (int i = 0; i < w->server_count; i++)
		if (w->backup->directories[i].half)
			world_fail(w, "s%d has half a world", i);
}

/* What was seen to be good and is in its store still counts, whatever the store had seemed to hold. */
static void
check_given_up(struct world *w, const struct store_document *d)
{
	struct sim_archive *a;
	char id[ID_TEXT_SIZE], state[16], name[SERVER_NAME_LIMIT + 1 + ID_TEXT_SIZE];

	member(d->body, "state", state, sizeof state);
	member(d->body, "archive", id, sizeof id);
	(void)snprintf(name, sizeof name, "%.*s/%s", (int)strcspn(d->key, "/"), d->key, id);
	a = id[0] != '\0' ? backup_archive(w->backup, name) : NULL;
	if (a == NULL || !a->counted || a->damaged)
		return;
	if (strcmp(state, "good") != 0 || strstr(d->body, "\"gone\":true") != NULL)
		world_fail(w, "%s is whole in its store, and is given up", d->key);
}

static bool
is_on_record(const struct world *w, const struct sim_archive *a)
{
	size_t server = strcspn(a->name, "/") + 1;

	for (size_t i = 0; i < w->document_count; i++) {
		const struct store_document *d = &w->documents[i];
		char id[ID_TEXT_SIZE];

		if (d->kind != DOCUMENT_BACKUP || d->body == NULL ||
		    strncmp(d->key, a->name, server) != 0)
			continue;
		member(d->body, "archive", id, sizeof id);
		if (strcmp(id, a->name + server) == 0)
			return true;
	}
	return false;
}

void
backup_check_after_days(struct world *w)
{
	for (size_t i = 0; i < ARCHIVES_MAX; i++) {
		const struct sim_archive *a = &w->backup->archives[i];

		if (a->name[0] == '\0' || is_on_record(w, a))
			continue;
		if (a->has_manifest)
			world_fail(w, "%s is an archive that nobody knows", a->name);
		else if (w->now - a->modified > LEFTOVER_MOST)
			world_fail(w, "%s is left over", a->name);
	}
	for (size_t i = 0; i < w->document_count; i++)
		if (w->documents[i].kind == DOCUMENT_BACKUP && w->documents[i].body != NULL)
			check_given_up(w, &w->documents[i]);
}
