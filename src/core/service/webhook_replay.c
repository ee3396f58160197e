/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dead letters: what could not be delivered, for people to look at and send again.
 * The letter holds no event, only where it is in the record. A replay is a range of
 * offsets in the endpoint's document, so that it goes on after a crash; it goes from
 * the oldest on, one at a time, and ends at the first that is not taken.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/webhook_sign.h"
#include "service/webhook_state.h"

void
webhook_dead_key(const char *id, uint64_t offset, char key[static 64])
{
	/* Text of one length sorts as the numbers do. */
	(void)snprintf(key, 64, "%s/%020llu", id, (unsigned long long)offset);
}

void
dead_put(struct hook *hook, const struct store_event *event, int64_t attempts,
	 const struct webhook_tried *tried)
{
	CLEANUP(json_freep) json_t *body = json_object();
	struct plane *plane = hook->of->plane;
	char key[64], all[64];

	webhook_dead_key(hook->is.id, event->offset, key);
	json_set_integer(body, "offset", (int64_t)event->offset);
	json_set_text(body, "type", event->type);
	json_set_text(body, "subject", event->subject);
	json_set_instant(body, "time", event->time);
	json_set_integer(body, "attempts", attempts);
	json_set_integer(body, "status", tried->status);
	json_set_text(body, "reason", tried->reason);
	json_set_instant(body, "at", plane_now(plane));
	plane_put(plane, DOCUMENT_DEAD, key, body);
	(void)snprintf(all, sizeof all, "%s/", hook->is.id);
	plane_prune(plane, DOCUMENT_DEAD, all, WEBHOOK_DEAD_LIMIT);
}

static void
end(struct hook *hook)
{
	hook->is.replay_next = hook->is.replay_to = 0;
	hook->changed = true;
	page_clear(&hook->replay.event);
}

void
replay_settle(struct hook *hook, const struct delivery *delivery)
{
	struct replay *r = &hook->replay;
	char key[64];

	r->flies = false;
	if (r->event.count == 0 || r->event.events[0].offset != delivery->offset)
		return;
	if (!delivery->tried.taken) {
		dead_put(hook, &r->event.events[0], r->attempts + 1, &delivery->tried);
		end(hook);
		return;
	}
	webhook_dead_key(hook->is.id, delivery->offset, key);
	plane_delete(hook->of->plane, DOCUMENT_DEAD, key);
	hook->is.replay_next = delivery->offset + 1;
	hook->changed = true;
	page_clear(&r->event);
}

void
replay_decide(struct hook *hook)
{
	struct webhook *w = &hook->is;

	char key[64];

	/* The record does not keep it any more: it can never be sent. */
	if (hook->replay.forgotten) {
		hook->replay.forgotten = false;
		webhook_dead_key(w->id, w->replay_next++, key);
		plane_delete(hook->of->plane, DOCUMENT_DEAD, key);
		hook->changed = true;
	}
	if (w->replay_to != 0 && (hook->replay.over || w->replay_next > w->replay_to))
		end(hook);
	hook->replay.over = false;
}

static bool
failed(struct hook *hook, const struct reply *reply)
{
	hook->replay.read = (struct ticket){ 0 };
	hook_wake(hook);
	if (reply->result == REPLY_DONE && reply->holds == REPLY_ROWS)
		return false;
	hook->again_at = instant_add(plane_now(hook->of->plane), DURATION_S(1));
	return true;
}

static void
on_event(void *argument, const struct reply *reply)
{
	struct hook *hook = argument;
	const struct store_rows *rows = reply->as.rows;

	if (failed(hook, reply))
		return;
	hook->replay.found = false;
	if (rows->event_count > 0 && rows->events[0].offset == hook->is.replay_next)
		page_add(&hook->replay.event, &rows->events[0]);
	else
		hook->replay.forgotten = true;
}

/* The next letter of the range. */
static void
on_letter(void *argument, const struct reply *reply)
{
	struct hook *hook = argument;
	const struct store_rows *rows = reply->as.rows;
	uint64_t offset;

	if (failed(hook, reply))
		return;
	offset = rows->document_count > 0
			 ? strtoull(rows->documents[0].key + ID_TEXT_SIZE, NULL, 10)
			 : 0;
	if (offset == 0 || offset > hook->is.replay_to) {
		hook->replay.over = true;
		return;
	}
	if (rows->documents[0].body != NULL) {
		CLEANUP(json_freep)
		json_t *body = json_loads(rows->documents[0].body, 0, NULL);

		hook->replay.attempts = json_get_integer(body, "attempts", 0);
	}
	hook->is.replay_next = offset;
	hook->replay.found = true;
}

static void
ask(struct hook *hook)
{
	struct plane *plane = hook->of->plane;
	struct store_port *store = plane_ports(plane)->store;
	struct store_query query = { .limit = 1 };
	char before[64];

	if (hook->replay.found) {
		query.what = STORE_EVENTS;
		query.after = hook->is.replay_next - 1;
		query.audience = ROLE_ADMIN;
	} else {
		query.what = STORE_DOCUMENTS;
		query.kind = DOCUMENT_DEAD;
		(void)snprintf(query.prefix, sizeof query.prefix, "%s/", hook->is.id);
		webhook_dead_key(hook->is.id, hook->is.replay_next - 1, before);
		(void)text_put(query.after_key, sizeof query.after_key, before);
	}
	hook->replay.read = plane_expect(plane, hook->replay.found ? on_event : on_letter, hook);
	store->read(store, hook->replay.read, &query);
}

void
replay_act(struct hook *hook)
{
	struct replay *r = &hook->replay;

	if (hook->is.replay_to == 0 || r->flies || r->over || r->forgotten || r->read.v != 0 ||
	    instant_is_set(hook->again_at))
		return;
	if (r->event.count == 0) {
		ask(hook);
		return;
	}
	r->flies = true;
	delivery_send_event(delivery_new(hook, DELIVERY_REPLAY, &r->event.events[0]),
			    &r->event.events[0]);
}

void
replay_halt(struct hook *hook)
{
	struct replay *r = &hook->replay;

	if (r->read.v != 0)
		plane_forget(hook->of->plane, r->read);
	page_clear(&r->event);
	r->read = (struct ticket){ 0 };
	r->found = r->flies = r->over = r->forgotten = false;
}

enum webhook_verdict
webhooks_replay(struct webhooks *webhooks, const char *id, uint64_t from, uint64_t to)
{
	struct hook *hook = keyed_find(&webhooks->hooks, id);

	if (hook == NULL)
		return WEBHOOK_NO_SUCH;
	if (!hook->is.enabled || hook->is.replay_to != 0)
		return WEBHOOK_BUSY;
	hook->is.replay_next = from > 0 ? from : 1;
	hook->is.replay_to = to;
	hook->changed = true;
	hook_wake(hook);
	return WEBHOOK_DONE;
}

enum webhook_verdict
webhooks_test(struct webhooks *webhooks, const char *id, webhook_tested *tested, void *argument)
{
	struct hook *hook = keyed_find(&webhooks->hooks, id);
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;
	char name[ID_TEXT_SIZE], time[INSTANT_TEXT_SIZE], test[ID_TEXT_SIZE + 8];
	struct delivery *d;

	if (hook == NULL)
		return WEBHOOK_NO_SUCH;
	if (hook_flying(hook, DELIVERY_TEST) >= 4)
		return WEBHOOK_BUSY;
	plane_new_id(webhooks->plane, name);
	(void)snprintf(test, sizeof test, "test-%s", name);
	instant_text(plane_now(webhooks->plane), time);
	buf_format(&body,
		   "{\"type\":\"webhook.test\",\"timestamp\":\"%s\",\"data\":{\"webhook\":\"%s\"}}",
		   time, hook->is.id);
	d = delivery_new(hook, DELIVERY_TEST, NULL);
	d->tested = tested;
	d->argument = argument;
	delivery_send(d, test, &body);
	hook_wake(hook);
	return WEBHOOK_DONE;
}
