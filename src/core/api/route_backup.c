/* SPDX-License-Identifier: Apache-2.0 */
/* Backups: told to everybody, made, restored and removed by staff. Why one failed is for staff to read. */

#include "api/call.h"

#include <string.h>

static void
put_text(json_t *to, const char *key, const char *text)
{
	json_set_text(to, key, text[0] != '\0' ? text : NULL);
}

static void
put_facts(json_t *to, const struct backup *b)
{
	json_set_integer(to, "files", (int64_t)b->files);
	json_set_integer(to, "bytes", (int64_t)b->bytes);
	json_set_integer(to, "size", (int64_t)b->size);
	put_text(to, "sha256", b->sha256);
	json_set_integer(to, "changed", b->changed);
	json_set_integer(to, "missed", b->missed);
}

static json_t *
progress_json(const struct call *call, const struct backup *b)
{
	struct archive_progress progress;
	json_t *to;

	if (!backups_progress(call->api->backups, b->server, b->id, &progress))
		return json_null();
	to = json_object();
	json_set_integer(to, "files", (int64_t)progress.files);
	json_set_integer(to, "bytes", (int64_t)progress.bytes);
	json_set_integer(to, "expected", (int64_t)progress.bytes_expected);
	return to;
}

static json_t *
backup_json(const struct call *call, const struct backup *b)
{
	json_t *to = json_object();

	json_set_text(to, "id", b->id);
	json_set_text(to, "server", b->server);
	json_set_text(to, "kind", backup_kind_word(b->kind));
	json_set_text(to, "state", backup_state_word(b->state));
	put_text(to, "store", b->store);
	put_text(to, "run", b->run);
	json_set_bool(to, "at_rest", b->at_rest);
	json_set_instant(to, "made", b->made);
	json_set_instant(to, "packed_at", b->packed_at);
	json_set_instant(to, "ended_at", b->ended_at);
	put_facts(to, b);
	put_text(to, "by", b->by);
	put_text(to, "request_id", b->request_id);
	json_set_bool(to, "locked", b->locked);
	json_set_bool(to, "checking", b->checking);
	json_set_instant(to, "checked_at", b->checked_at);
	json_set_bool(to, "doubtful", b->state == BACKUP_GOOD && b->reason[0] != '\0');
	if (call->caller.role >= ROLE_STAFF) {
		put_text(to, "reason", b->reason);
		put_text(to, "missed_first", b->missed_first);
	}
	ASSERT(json_object_set_new(to, "progress", progress_json(call, b)) == 0);
	return to;
}

static json_t *
restore_json(const struct call *call)
{
	struct restore r;
	json_t *to;

	if (!backups_restoring(call->api->backups, call->parameter, &r))
		return json_null();
	to = json_object();
	json_set_text(to, "step", r.step);
	put_text(to, "from", r.from);
	put_text(to, "backup", r.backup);
	json_set_instant(to, "made", r.made);
	json_set_integer(to, "kept", r.kept);
	return to;
}

void
handle_backups(struct call *call)
{
	const struct backups *backups = call->api->backups;
	const struct server *server = call_server(call);
	json_t *body, *list;

	if (server == NULL)
		return;
	body = json_object();
	list = json_array();
	for (size_t i = 0; i < backups_count(backups, call->parameter); i++)
		ASSERT(json_array_append_new(
			       list, backup_json(call, backups_at(backups, call->parameter, i))) ==
		       0);
	ASSERT(json_object_set_new(body, "backups", list) == 0);
	ASSERT(json_object_set_new(body, "restore", restore_json(call)) == 0);
	json_set_text(body, "policy",
		      server->spec->policy.backup == BACKUP_NEVER ? "never" : "before_sleep");
	call_answer(call, 200, body);
}

static struct backups_wish
wish_of(const struct call *call)
{
	return (struct backups_wish){ .server = call->parameter,
				      .id = call->second,
				      .by = call->caller.user };
}

/* Ends the call unless it was taken. */
static bool
taken(struct call *call, enum backups_result result, const struct backups_wish *wish)
{
	switch (result) {
	case BACKUPS_DONE:
		return true;
	case BACKUPS_NO_SUCH:
		call_refuse(call, PROBLEM_NOT_FOUND, "%s", wish->why);
		return false;
	case BACKUPS_REFUSED:
		call_refuse(call, PROBLEM_CONFLICT, "%s", wish->why);
		return false;
	}
	ASSERT(!"a result");
}

static void
answer_backup(struct call *call, int status, const char *id)
{
	const struct backup *b = backups_find(call->api->backups, call->parameter, id);

	if (b == NULL)
		call_refuse(call, PROBLEM_NOT_FOUND, "%s has no backup %s.", call->parameter, id);
	else if (status == 200 && call->route == ROUTE_backup)
		call_answer(call, status, backup_json(call, b));
	else
		call_answer_after_commit(call, status, backup_json(call, b));
}

void
handle_backup(struct call *call)
{
	if (call_server(call) != NULL)
		answer_backup(call, 200, call->second);
}

void
handle_backup_make(struct call *call)
{
	struct backups_wish wish = wish_of(call);
	char id[ID_TEXT_SIZE];

	if (call_server(call) != NULL &&
	    taken(call, backups_make(call->api->backups, BACKUP_DEMAND, &wish, id), &wish))
		answer_backup(call, 202, id);
}

void
handle_backup_put(struct call *call)
{
	struct backups_wish wish = wish_of(call);
	bool locked = json_get_bool(call->fields, "locked", false);

	if (call_server(call) != NULL &&
	    taken(call, backups_lock(call->api->backups, &wish, locked), &wish))
		answer_backup(call, 200, call->second);
}

void
handle_backup_check(struct call *call)
{
	struct backups_wish wish = wish_of(call);

	if (call_server(call) != NULL &&
	    taken(call, backups_check(call->api->backups, &wish), &wish))
		answer_backup(call, 202, call->second);
}

void
handle_backup_delete(struct call *call)
{
	struct backups_wish wish = wish_of(call);

	if (call_server(call) != NULL &&
	    taken(call, backups_remove(call->api->backups, &wish), &wish))
		call_answer_after_commit(call, 204, NULL);
}

void
handle_backup_restore(struct call *call)
{
	struct backups_wish wish = wish_of(call);
	const char *to = json_get_text(call->fields, "to", NULL);
	json_t *body;

	if (call_server(call) == NULL ||
	    !taken(call, backups_restore(call->api->backups, &wish, to), &wish))
		return;
	body = json_object();
	json_set_text(body, "request_id", wish.request_id);
	json_set_text(body, "server", to != NULL ? to : call->parameter);
	json_set_text(body, "backup", call->second);
	call_answer_after_commit(call, 202, body);
}
