/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBHOOK_STATE_H
#define ROOST_WEBHOOK_STATE_H

/*
 * What the files behind webhook.h share.
 *
 * Each endpoint has a scanner: it reads the record from its cursor on, a page at a
 * time, and sends what passes, one event of a subject at a time. An entry of the page is
 * settled when it was taken, or was left to the lane of its subject. The cursor stands
 * before the first entry that is not settled.
 *
 * A lane owes everything of its subject behind `offset` up to `owes_to`, the last event
 * the scanner left to it. When nothing is owed any more it goes, and the scanner sends
 * the subject's events itself again.
 */

#include "service/keyed.h"
#include "service/webhook.h"

enum entry_is {
	ENTRY_WAITS,
	ENTRY_FLIES,
	ENTRY_SETTLED
};

/* The scanner's events in memory, or a lane's: those that pass the filter. */
struct page {
	struct store_event *events;
	enum entry_is *entries;
	size_t count, room;
};

struct lane {
	char subject[USER_NAME_LIMIT + 1];	/* the key */
	struct hook *hook;
	uint64_t offset, owes_to;
	uint64_t saved;			/* `offset` as it is stored */
	unsigned attempt;		/* tries of the first event behind `offset` */
	struct instant next_at;
	struct page ahead;
	struct ticket read;		/* 0 = none out */
	bool flies;
	bool changed;			/* store it now */
	struct instant save_at;		/* it only moved: store it by then; NEVER = it did not */
};

enum delivery_of {
	DELIVERY_PAGE,
	DELIVERY_LANE,
	DELIVERY_REPLAY,
	DELIVERY_TEST
};

struct delivery {
	struct delivery *next;
	struct hook *hook;
	enum delivery_of of;
	struct ticket ticket;
	struct instant deadline;
	uint64_t offset;
	char subject[USER_NAME_LIMIT + 1];
	bool answered, gone;
	struct duration retry_after;
	struct webhook_tried tried;
	webhook_tested *tested;		/* TEST */
	void *argument;
};

/* Dead letters that are being sent again. */
struct replay {
	struct ticket read;
	struct page event;		/* the one whose turn it is; empty = not read */
	int64_t attempts;
	bool found, flies, over;
	bool forgotten;			/* the event is not in the record any more */
};

struct hook {
	struct webhook is;		/* first: its id is the key */
	struct webhooks *of;
	struct page page;
	uint64_t looked_to;		/* what is not in the page up to here was looked at */
	struct ticket read;
	struct instant again_at;	/* the store did not answer: not before */
	struct keyed lanes;
	struct delivery *deliveries;
	struct replay replay;
	uint64_t missed_from, missed_to;	/* forgotten, and not told of: to be said; 0 = none */
	bool changed;			/* store it now */
	uint64_t saved_cursor;
	struct instant save_at;		/* something was taken that is not stored: by then */
};

struct webhooks {
	struct plane_service service;
	struct plane *plane;
	struct keyed hooks;
	struct webhook_settings settings;	/* its texts and lists are ours */
	struct webhook_figures figures;
};

/* webhook_page.c */
void page_clear(struct page *page);
void page_deinit(struct page *page);
void page_add(struct page *page, const struct store_event *event);

/* webhook_document.c */
void hook_save(struct hook *hook);
void hook_loaded(void *webhooks, const char *key, const json_t *body);
void lane_loaded(void *webhooks, const char *key, const json_t *body);
void lane_save(struct lane *lane);
void lane_key(const struct lane *lane, char key[static 128]);
void hook_free(struct hook *hook);		/* and what is out for it is forgotten */

/* webhook.c */
void hook_wake(struct hook *hook);
void hook_tell(struct hook *hook, enum event_type type, const char *key, const char *text);
void hook_disable(struct hook *hook, const char *reason);

/* webhook_turn.c: what is asked for behind `offset` is looked for in a record that begins at `first`. */
void hook_note_missed(struct hook *hook, uint64_t offset, uint64_t first);

/* webhook_lane.c */
struct lane *lane_new(struct hook *hook, const char *subject, uint64_t offset);
void lane_free(struct lane *lane);
void lane_remove(struct lane *lane);		/* its document too */
void lane_taken(struct lane *lane, uint64_t offset);
void lane_failed(struct lane *lane, const struct delivery *delivery);
void lanes_decide(struct hook *hook);		/* those that owe nothing go */
void lanes_act(struct hook *hook, unsigned most);
void lanes_save(struct hook *hook);
void lanes_forget_ahead(struct hook *hook);	/* the filter changed: read it again */
uint64_t lanes_need(struct hook *hook);
struct instant lanes_due(const struct hook *hook);
struct instant lane_next_try(struct lane *lane, struct duration retry_after);

/* webhook_send.c */
unsigned hook_may_send(const struct hook *hook);
unsigned hook_flying(const struct hook *hook, enum delivery_of of);
struct delivery *delivery_new(struct hook *hook, enum delivery_of of,
			      const struct store_event *event);
void delivery_send_event(struct delivery *delivery, const struct store_event *event);
void delivery_send(struct delivery *delivery, const char *id, struct buf *body);
void delivery_free(struct delivery *delivery);	/* also out of its list; forgets its ticket */
void deliveries_expire(struct hook *hook);
/* Everything under way but tests is given up; it is sent again from where the cursor is. */
void hook_halt(struct hook *hook);
struct instant delivery_deadline(const struct hook *hook, struct instant sent_at);
struct instant deliveries_due(const struct hook *hook);

/* webhook_replay.c */
void replay_settle(struct hook *hook, const struct delivery *delivery);
void replay_decide(struct hook *hook);
void replay_act(struct hook *hook);
void replay_halt(struct hook *hook);
void dead_put(struct hook *hook, const struct store_event *event, int64_t attempts,
	      const struct webhook_tried *tried);

/* webhook_turn.c */
struct instant webhooks_decide(struct plane_service *service, struct instant now);
void webhooks_act(struct plane_service *service, struct instant now);
uint64_t webhooks_needs(const struct plane_service *service);
void webhooks_told(struct plane_service *service, const struct store_event *events, size_t count);

#endif
