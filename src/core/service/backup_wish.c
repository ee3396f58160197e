/* SPDX-License-Identifier: Apache-2.0 */
/* What people and schedules wish of backups: taken, or refused with a reason. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "service/backup_state.h"

static enum backups_result
refuse(struct backups_wish *wish, const char *format, ...) printf_like(2, 3);

static enum backups_result
refuse(struct backups_wish *wish, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(wish->why, sizeof wish->why, format, args);
	va_end(args);
	return BACKUPS_REFUSED;
}

static enum backups_result
begin(struct backups *b, struct backups_wish *wish)
{
	if (wish->request_id[0] == '\0')
		plane_new_id(b->plane, wish->request_id);
	if (b->archive == NULL)
		return refuse(wish, "Backups are not available: this roost has no stores.");
	plane_wake_service(b->plane, &b->service);
	return BACKUPS_DONE;
}

/* The backup that is meant; NULL: `*ret_result` says why not. */
static struct item *
find(struct backups *b, struct backups_wish *wish, enum backups_result *ret_result)
{
	struct item *item = backup_item(b, wish->server, wish->id);

	*ret_result = begin(b, wish);
	if (item == NULL && *ret_result == BACKUPS_DONE) {
		(void)snprintf(wish->why, sizeof wish->why, "%.40s has no backup %.30s.",
			       wish->server, wish->id);
		*ret_result = BACKUPS_NO_SUCH;
	}
	return *ret_result == BACKUPS_DONE ? item : NULL;
}

static struct item *
find_waiting(const struct lane *lane)
{
	for (size_t i = 0; i < lane->items.count; i++) {
		struct item *item = lane->items.items[i];

		if (item->is.state == BACKUP_WAITING && item->is.kind != BACKUP_SLEEP)
			return item;
	}
	return NULL;
}

struct item *
make_new(struct lane *lane, enum backup_kind kind, const char *by)
{
	char id[ID_TEXT_SIZE];
	struct item *item;

	plane_new_id(lane->of->plane, id);
	item = item_new(lane, id);
	item->is.kind = kind;
	item->is.state = BACKUP_WAITING;
	item->is.made = plane_now(lane->of->plane);
	(void)text_put(item->is.by, sizeof item->is.by, by);
	plane_wake_service(lane->of->plane, &lane->of->service);
	return item;
}

enum backups_result
backups_make(struct backups *b, enum backup_kind kind, struct backups_wish *wish,
	     char ret_id[static ID_TEXT_SIZE])
{
	const struct server *server = plane_server(b->plane, wish->server);
	struct lane *lane;
	struct item *item;

	if (server == NULL) {
		(void)snprintf(wish->why, sizeof wish->why, "There is no server %.40s.",
			       wish->server);
		return BACKUPS_NO_SUCH;
	}
	if (begin(b, wish) != BACKUPS_DONE)
		return BACKUPS_REFUSED;
	lane = backup_lane(b, wish->server);
	item = find_waiting(lane);
	if (item == NULL && lane->items.count >= BACKUPS_LIMIT)
		return refuse(wish, "There are %d backups of %.40s already; remove some.",
			      BACKUPS_LIMIT, wish->server);
	if (item == NULL) {
		item = make_new(lane, kind, wish->by);
		(void)text_put(item->is.request_id, sizeof item->is.request_id, wish->request_id);
		(void)text_put(item->is.store, sizeof item->is.store, server->spec->backup.store);
		item_put(lane, item);
	}
	(void)text_put(ret_id, ID_TEXT_SIZE, item->is.id);
	return BACKUPS_DONE;
}

const char *
backups_on_schedule(void *argument, const char *server)
{
	struct backups *b = argument;
	struct backups_wish wish = { .server = server, .by = "schedule" };
	char id[ID_TEXT_SIZE];

	if (backups_make(b, BACKUP_SCHEDULE, &wish, id) == BACKUPS_DONE)
		return NULL;
	(void)text_put(b->why, sizeof b->why, wish.why);
	return b->why;
}

enum backups_result
backups_check(struct backups *b, struct backups_wish *wish)
{
	enum backups_result result;
	struct item *item = find(b, wish, &result);

	if (item == NULL)
		return result;
	if (item->is.state != BACKUP_GOOD)
		return refuse(wish, "It is %s; only a good backup can be checked.",
			      backup_state_word(item->is.state));
	item->is.checking = true;
	(void)text_put(item->check_by, sizeof item->check_by, wish->by);
	item_put(backup_lane(b, wish->server), item);
	return BACKUPS_DONE;
}

enum backups_result
backups_lock(struct backups *b, struct backups_wish *wish, bool locked)
{
	enum backups_result result;
	struct item *item = find(b, wish, &result);

	if (item == NULL)
		return result;
	if (item->is.state == BACKUP_REMOVING)
		return refuse(wish, "It is being removed already.");
	item->is.locked = locked;
	item_put(backup_lane(b, wish->server), item);
	return BACKUPS_DONE;
}

enum backups_result
backups_remove(struct backups *b, struct backups_wish *wish)
{
	enum backups_result result;
	struct item *item = find(b, wish, &result);
	struct lane *lane = item != NULL ? backup_lane(b, wish->server) : NULL;
	json_t *data;

	if (item == NULL)
		return result;
	if (item->is.locked)
		return refuse(wish, "It is locked; unlock it first.");
	if (item->is.kind == BACKUP_SLEEP && item->is.state < BACKUP_GOOD)
		return refuse(wish,
			      "%.40s does not sleep before it is made; wake the server "
			      "instead, or let it finish.",
			      wish->server);
	if (restore_needs(b, item))
		return refuse(wish, "It is being restored; wait until that has ended.");
	if (item == lane->at_work) {
		make_stop(item, true, "Somebody cancelled it.");
		return BACKUPS_DONE;
	}
	if (item->is.state < BACKUP_GOOD) {
		item_drop(lane, item, "Somebody cancelled it.");
		return BACKUPS_DONE;
	}
	if (item->is.state == BACKUP_GOOD) {
		data = json_object();
		json_set_text(data, "backup", item->is.id);
		json_set_text(data, "by", wish->by);
		plane_tell(b->plane, EVENT_BACKUP_REMOVED, wish->server, data);
	}
	item->is.state = BACKUP_REMOVING;
	item_put(lane, item);
	return BACKUPS_DONE;
}

/* Is `path` the directory, or inside it? */
static bool
is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	while (length > 1 && directory[length - 1] == '/')
		length--;
	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '\0' || path[length] == '/' || length == 1);
}

/* Would an exchange of these paths of `root` put the other's files aside? */
static bool
is_in_the_way(const char *root, char *const *paths, const char *other)
{
	bool found = false;

	if (paths == NULL || paths[0] == NULL)
		return is_within(other, root);
	for (size_t i = 0; paths[i] != NULL && !found; i++) {
		CLEANUP(text_freep) char *path = text_format("%s/%s", root, paths[i]);

		found = is_within(other, path);
	}
	return found || (is_within(other, root) && is_within(root, other));
}

/* Another server whose world, or whose running game, a restore would touch; or NULL. */
static const struct server *
find_other_there(const struct backups *b, const struct item *item, const struct server *to)
{
	const char *root = to->spec->local.directory;

	for (size_t i = 0; root != NULL && i < plane_server_count(b->plane); i++) {
		const struct server *other = plane_server_at(b->plane, i);

		if (other != to && other->spec->local.directory != NULL &&
		    is_in_the_way(root, item->is.paths, other->spec->local.directory))
			return other;
	}
	return NULL;
}

static enum backups_result
may_restore(struct backups *b, struct backups_wish *wish, const struct item *item,
	    const struct server *to)
{
	const struct lane *lane = keyed_find(&b->lanes, to->spec->name);
	const struct server *other = find_other_there(b, item, to);
	const struct server_status *s = &to->status;

	if (item->is.state != BACKUP_GOOD)
		return refuse(wish, "It is %s; only a good backup can be restored.",
			      backup_state_word(item->is.state));
	if (other != NULL)
		return refuse(
			wish,
			"The files of %.40s are in the directory of %.40s, and a restore would "
			"put them aside; give each its own (local.directory).",
			other->spec->name, to->spec->name);
	if ((s->state != STATE_ASLEEP && s->state != STATE_FAILED) ||
	    s->flow.direction != FLOW_NONE)
		return refuse(wish, "%.40s is %s; put it to sleep first.", to->spec->name,
			      state_word(s->state));
	if (lane != NULL && lane->may_start > 0)
		return refuse(wish, "%.40s is perhaps waking just now; try again in a moment.",
			      to->spec->name);
	if (lane != NULL && lane->restore.step != RESTORE_NONE)
		return refuse(wish, "A restore of %.40s is under way already.", to->spec->name);
	if (lane != NULL && lane->restore.aside_count == BACKUP_ASIDES)
		return refuse(wish,
			      "%d old worlds of %.40s are kept aside already; wake it once, "
			      "and they go when it has run well.",
			      BACKUP_ASIDES, to->spec->name);
	return BACKUPS_DONE;
}

static void
begin_restore(struct lane *lane, const struct item *item, const struct server *to,
	      const struct backups_wish *wish)
{
	struct restoring *r = &lane->restore;
	json_t *data = json_object();

	r->step = RESTORE_UNPACKING;
	plane_new_id(lane->of->plane, r->id);
	(void)text_put(r->from, sizeof r->from, item->is.server);
	(void)text_put(r->backup, sizeof r->backup, item->is.id);
	(void)text_put(r->store, sizeof r->store, item->is.store);
	(void)text_put(r->archive, sizeof r->archive, item->is.archive);
	(void)text_put(r->by, sizeof r->by, wish->by);
	(void)text_put(r->request_id, sizeof r->request_id, wish->request_id);
	mem_free(r->root);
	r->root = text_copy(to->spec->local.directory);
	texts_free(r->paths);
	r->paths = item->is.paths != NULL ? texts_copy(item->is.paths) : NULL;
	r->made = plane_now(lane->of->plane);
	r->files = r->bytes = 0;
	r->tries = 0;
	r->again_at = NEVER;
	r->unsure = false;
	json_set_text(data, "backup", r->backup);
	json_set_text(data, "from", r->from);
	json_set_text(data, "by", r->by);
	json_set_text(data, "request_id", r->request_id);
	plane_tell(lane->of->plane, EVENT_RESTORE_STARTED, lane->server, data);
	restore_put(lane);
}

enum backups_result
backups_restore(struct backups *b, struct backups_wish *wish, const char *to)
{
	enum backups_result result;
	const struct item *item = find(b, wish, &result);
	const struct server *server = plane_server(b->plane, to != NULL ? to : wish->server);

	if (item == NULL)
		return result;
	if (server == NULL) {
		(void)snprintf(wish->why, sizeof wish->why, "There is no server %.40s.",
			       to != NULL ? to : wish->server);
		return BACKUPS_NO_SUCH;
	}
	result = may_restore(b, wish, item, server);
	if (result == BACKUPS_DONE)
		begin_restore(backup_lane(b, server->spec->name), item, server, wish);
	return result;
}
