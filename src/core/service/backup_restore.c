/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backup becomes a server's world: unpacked beside it and read whole, then put in its place
 * by renames, which are finished whatever happens once they may have begun. The old world is
 * kept aside until the server has run well.
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "service/backup_state.h"

#define STEP_AGAIN DURATION_S(10)
#define STEP_TRIES 3
#define RAN_WELL   DURATION_S(600) /* ready for so long: the old world is needed no more */

bool
restore_is_busy(const struct lane *lane)
{
	return lane->restore.step == RESTORE_UNPACKING || lane->restore.step == RESTORE_SWAPPING;
}

bool
restore_needs(const struct backups *b, const struct item *item)
{
	for (size_t i = 0; i < b->lanes.count; i++) {
		const struct restoring *r = &((const struct lane *)b->lanes.items[i])->restore;

		if (r->step == RESTORE_UNPACKING && strcmp(r->from, item->is.server) == 0 &&
		    strcmp(r->backup, item->is.id) == 0)
			return true;
	}
	return false;
}

static json_t *
event_of(const struct restoring *r)
{
	json_t *data = json_object();

	json_set_text(data, "backup", r->backup);
	json_set_text(data, "from", r->from);
	json_set_text(data, "by", r->by);
	json_set_text(data, "request_id", r->request_id);
	return data;
}

static char *
place(const struct restoring *r, const char *what, const char *id)
{
	return text_format("%s/.roost/%s-%s", r->root, what, id);
}

static void
send_step(struct lane *lane)
{
	struct restoring *r = &lane->restore;
	struct order *order = &lane->order;

	order_begin(order, r->step == RESTORE_UNPACKING	 ? ORDER_UNPACK
			   : r->step == RESTORE_SWAPPING ? ORDER_SWAP
							 : ORDER_DISCARD);
	(void)text_put(order->store, sizeof order->store, r->store);
	house_put_name(order, r->from, r->archive);
	order->root = text_copy(r->root);
	order->fresh = place(r, "restore", r->id);
	order->aside = place(r, "before", r->id);
	order->paths = r->paths != NULL ? texts_copy(r->paths) : NULL;
}

static void
become(struct lane *lane, enum restore_step step)
{
	struct restoring *r = &lane->restore;

	order_end(&lane->order);
	r->step = step;
	r->unsure = false;
	r->tries = 0;
	r->again_at = NEVER;
	restore_put(lane);
}

static void
fail(struct lane *lane, const char *why)
{
	json_t *data = event_of(&lane->restore);

	json_set_text(data, "reason", why);
	plane_tell(lane->of->plane, EVENT_RESTORE_FAILED, lane->server, data);
	become(lane, RESTORE_CLEARING);
}

/* The last run with the old world. One that was wished for meanwhile has waited for the new one. */
static uint64_t
last_epoch(const struct server *server)
{
	bool has_waited = server != NULL && server->status.state != STATE_ASLEEP &&
			  server->status.state != STATE_FAILED;

	return server == NULL ? 0 : server->status.epoch - (has_waited ? 1 : 0);
}

static void
finish(struct lane *lane, struct instant now)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	struct restoring *r = &lane->restore;
	json_t *data = event_of(r);

	json_set_integer(data, "files", (int64_t)r->files);
	json_set_integer(data, "bytes", (int64_t)r->bytes);
	json_set_integer(data, "took_ms", instant_since(now, r->made).ms);
	plane_tell(lane->of->plane, EVENT_RESTORE_FINISHED, lane->server, data);
	(void)text_put(r->asides[r->aside_count++], ID_TEXT_SIZE, r->id);
	r->epoch = last_epoch(server);
	r->was_ready = false;
	become(lane, RESTORE_CLEARING);
}

/* Renames that may have begun are finished, however long it takes; people are told. */
static void
insist(struct lane *lane)
{
	struct restoring *r = &lane->restore;
	json_t *data;

	if (r->tries != STEP_TRIES)
		return;
	data = event_of(r);
	json_set_text(data, "reason", lane->order.reason);
	json_set_bool(data, "retrying", true);
	plane_tell(lane->of->plane, EVENT_RESTORE_FAILED, lane->server, data);
}

static void
again_or_fail(struct lane *lane, struct instant now)
{
	struct restoring *r = &lane->restore;
	bool refused = lane->order.result == REPLY_REFUSED;

	r->unsure = r->unsure || (r->step == RESTORE_SWAPPING && !refused);
	if (r->unsure) {
		insist(lane);
	} else if (r->tries >= STEP_TRIES || (refused && r->step == RESTORE_UNPACKING)) {
		fail(lane, lane->order.reason);
		return;
	}
	r->tries++;
	r->again_at = instant_add(now, STEP_AGAIN);
	order_end(&lane->order);
}

static void
heard(struct lane *lane, struct instant now)
{
	struct restoring *r = &lane->restore;
	struct order *order = &lane->order;
	bool done = order->result == REPLY_DONE;

	switch (r->step) {
	case RESTORE_UNPACKING:
		if (done && order->answer->is_there) {
			r->files = order->answer->files;
			r->bytes = order->answer->bytes;
			become(lane, RESTORE_SWAPPING);
		} else if (done) {
			fail(lane, "The backup is not in its store any more.");
		} else {
			again_or_fail(lane, now);
		}
		break;
	case RESTORE_SWAPPING:
		if (done || MUTANT(RESTORE_SWAP_BELIEVED))
			finish(lane, now);
		else
			again_or_fail(lane, now);
		break;
	case RESTORE_CLEARING:
		if (done || ++r->tries > STEP_TRIES) {
			r->id[0] = '\0';
			become(lane, RESTORE_NONE);
		} else {
			r->again_at = instant_add(now, STEP_AGAIN);
			order_end(order);
		}
		break;
	case RESTORE_NONE:
		if (done || ++r->tries > STEP_TRIES) {
			memmove(r->asides[0], r->asides[1],
				(ELEMENTS(r->asides) - 1) * sizeof r->asides[0]);
			r->aside_count--;
			become(lane, RESTORE_NONE);
		} else {
			r->again_at = instant_add(now, STEP_AGAIN);
			order_end(order);
		}
		break;
	}
}

/* Has the server run well with the world it was given? */
static bool
is_well(struct lane *lane, const struct server *server, struct instant now)
{
	const struct server_status *s = &server->status;
	struct restoring *r = &lane->restore;

	if (s->epoch <= r->epoch)
		return false;
	if (s->state == STATE_READY && !r->was_ready) {
		r->was_ready = true;
		restore_put(lane);
	}
	if (s->state == STATE_READY)
		return instant_reached(now, instant_add(s->run.ready_at, RAN_WELL));
	return s->state == STATE_ASLEEP && r->was_ready;
}

static void
drop_aside(struct lane *lane, struct instant now)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	struct restoring *r = &lane->restore;

	if (r->aside_count == 0 || server == NULL || lane->at_work != NULL ||
	    !is_well(lane, server, now))
		return;
	order_begin(&lane->order, ORDER_DISCARD);
	lane->order.fresh = place(r, "before", r->asides[0]);
}

/* Its declaration is gone: what is under way is finished or given up, and forgotten. */
static void
see_removed(struct lane *lane)
{
	struct restoring *r = &lane->restore;

	if (r->step == RESTORE_UNPACKING && order_is_free(&lane->order)) {
		fail(lane, "The server was removed.");
	} else if (r->step == RESTORE_UNPACKING) {
		order_cancel(&lane->order);
	} else if (r->step == RESTORE_NONE && r->aside_count > 0) {
		r->aside_count = 0; /* its files stay, as all files of a removed server */
		restore_put(lane);
	}
}

void
restore_decide(struct lane *lane, struct instant now)
{
	struct restoring *r = &lane->restore;

	if (lane->at_work != NULL || lane->of->archive == NULL)
		return;
	if (plane_server(lane->of->plane, lane->server) == NULL)
		see_removed(lane);
	if (lane->order.answered)
		heard(lane, now);
	if (!order_is_free(&lane->order) ||
	    (instant_is_set(r->again_at) && !instant_reached(now, r->again_at)))
		return;
	if (r->step != RESTORE_NONE)
		send_step(lane);
	else
		drop_aside(lane, now);
}

struct instant
restore_due(const struct lane *lane)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	struct instant due = lane->restore.again_at;

	if (lane->restore.aside_count > 0 && server != NULL &&
	    server->status.state == STATE_READY && server->status.epoch > lane->restore.epoch)
		due = instant_earlier(due, instant_add(server->status.run.ready_at, RAN_WELL));
	return due;
}
