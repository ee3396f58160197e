/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated store: one batch at a time, all or nothing, in the order asked.
 * It may refuse, be slow, or keep its answer to itself; when roost is killed
 * over a commit, that commit is durable or it is not.
 */

#include <string.h>

#include "backup_sim.h"
#include "memory.h"
#include "push_sim.h"
#include "schedule_sim.h"
#include "session_sim.h"
#include "roster_sim.h"
#include "webhook_sim.h"
#include "world.h"

static void
commit(struct store_port *port, struct ticket ticket, const struct store_batch *batch)
{
	struct world *w = CONTAINER_OF(port, struct world, store);
	bool was;

	world_crash_point(w);
	was = memory_is_planes(false);
	if (w->commit_pending)
		world_fail(w, "two commits at once");
	w->commits++;
	w->commit_pending = true;
	w->commit_life = w->life;
	w->commit_ticket = ticket;
	batch_deinit(&w->commit_batch);
	for (size_t i = 0; i < batch->document_count; i++)
		batch_put(&w->commit_batch, batch->documents[i].kind, batch->documents[i].key,
			  batch->documents[i].body);
	w->commit_batch.oldest_kept = batch->oldest_kept;
	for (size_t i = 0; i < batch->prune_count; i++)
		batch_prune(&w->commit_batch, batch->prunes[i].kind, batch->prunes[i].prefix,
			    batch->prunes[i].keep);
	for (size_t i = 0; i < batch->event_count; i++) {
		const struct store_event *e = &batch->events[i];

		batch_add_event(&w->commit_batch, e->offset, e->time, e->type, e->subject,
				e->audience, text_copy(e->data));
	}
	world_add(w, SIM_COMMIT,
		  dice_hits(&w->store_dice, w->calm ? 0 : w->faults.store_slow)
			  ? dice_between(&w->store_dice, 100, 20000)
			  : dice_between(&w->store_dice, 1, 15));
	(void)memory_is_planes(was);
	world_crash_point(w);
}

static void
read_later(struct store_port *port, struct ticket ticket, const struct store_query *query)
{
	struct world *w = CONTAINER_OF(port, struct world, store);
	struct sim_event *e;
	bool was;

	world_crash_point(w);
	was = memory_is_planes(false);
	e = world_add(w, SIM_READ, dice_between(&w->store_dice, 1, 10));
	e->ticket = ticket;
	e->query = mem_new(sizeof *query);
	*e->query = *query;
	(void)memory_is_planes(was);
}

static struct store_document *
place_of(struct world *w, enum document_kind kind, const char *key)
{
	struct store_document *d;

	for (size_t i = 0; i < w->document_count; i++) {
		d = &w->documents[i];
		if (d->kind == kind && strcmp(d->key, key) == 0)
			return d;
	}
	if (w->document_count == w->document_room) {
		w->document_room = w->document_room > 0 ? 2 * w->document_room : 32;
		w->documents = mem_resize(w->documents, w->document_room * sizeof *d);
	}
	d = &w->documents[w->document_count++];
	*d = (struct store_document){ kind, text_copy(key), NULL };
	return d;
}

const char *
store_sim_body(const struct world *w, enum document_kind kind, const char *key)
{
	for (size_t i = 0; i < w->document_count; i++) {
		if (w->documents[i].kind == kind && strcmp(w->documents[i].key, key) == 0)
			return w->documents[i].body;
	}
	return NULL;
}

static bool
fits(const struct world *w)
{
	const struct store_batch *b = &w->commit_batch;

	return b->event_count == 0 || b->events[0].offset == w->last_offset + 1;
}

static void
prune(struct world *w, const struct store_prune *p)
{
	for (size_t i = 0; i < w->document_count; i++) {
		struct store_document *d = &w->documents[i];
		unsigned newer = 0;

		for (size_t j = 0; j < w->document_count; j++) {
			const struct store_document *other = &w->documents[j];

			newer += other->body != NULL && other->kind == p->kind &&
				 text_starts_with(other->key, p->prefix) &&
				 strcmp(other->key, d->key) > 0;
		}
		if (d->kind != p->kind || !text_starts_with(d->key, p->prefix) || newer < p->keep)
			continue;
		if (d->body != NULL)
			invariants_pruned(w, d->key, newer);
		mem_free(d->body);
		d->body = NULL;
	}
}

/* Of events only when they were told is kept; and that, until they are forgotten. */
static void
remember_events(struct world *w, const struct store_batch *b)
{
	if (w->last_offset + b->event_count > w->event_room) {
		w->event_room = 2 * (w->last_offset + b->event_count);
		w->event_times = mem_resize(w->event_times, w->event_room * sizeof *w->event_times);
	}
	for (size_t i = 0; i < b->event_count; i++)
		w->event_times[w->last_offset++] = b->events[i].time.ms;
	if (w->first_offset == 0 && w->last_offset > 0)
		w->first_offset = 1;
	if (b->oldest_kept == 0)
		return;
	invariants_forgotten(w, b->oldest_kept);
	if (b->oldest_kept > w->first_offset) {
		w->first_offset = b->oldest_kept < w->last_offset ? b->oldest_kept : w->last_offset;
		w->forgot_at = w->now;
	}
	world_trace(w, "events before %llu are forgotten", (unsigned long long)w->first_offset);
}

static void
make_durable(struct world *w)
{
	struct store_batch *b = &w->commit_batch;

	invariants_commit(w, b);
	if (w->push != NULL)
		push_sim_committing(w, b);
	for (size_t i = 0; i < b->document_count; i++) {
		struct store_document *d = place_of(w, b->documents[i].kind, b->documents[i].key);

		mem_free(d->body);
		d->body = TAKE(b->documents[i].body);
	}
	for (size_t i = 0; i < b->prune_count; i++)
		prune(w, &b->prunes[i]);
	remember_events(w, b);
	if (w->webhooks != NULL)
		webhook_sim_committed(w, b);
	if (w->backup != NULL)
		backup_check_committed(w, b);
	session_sim_committed(w, b);
	if (w->rosters != NULL)
		roster_sim_committed(w, b);
	schedule_sim_committed(w, b);
	world_trace(w, "durable: %zu documents, events to %llu", b->document_count,
		    (unsigned long long)w->last_offset);
}

void
store_sim_commit(struct world *w, const struct sim_event *e)
{
	struct fact fact = { .kind = FACT_REPLY };
	struct reply *reply = &fact.as.reply;
	struct dice *d = &w->store_dice;
	bool unknown;

	if (!w->commit_pending || w->commit_life != e->life || w->life != e->life)
		return;
	w->commit_pending = false;
	reply->ticket = w->commit_ticket;
	unknown = !w->calm && dice_hits(d, w->faults.store_unknown);
	if (!fits(w)) {
		reply->result = REPLY_REFUSED;
		(void)text_put(reply->reason, sizeof reply->reason, "these numbers are taken");
	} else if (!w->calm && dice_hits(d, w->faults.store_refuse)) {
		reply->result = REPLY_REFUSED;
		(void)text_put(reply->reason, sizeof reply->reason, "the disk is full");
		world_trace(w, "the store refuses");
	} else if (!unknown || dice_below(d, 2) == 0) {
		make_durable(w);
		if (!unknown)
			w->commits_settled_at = w->now;
	}
	if (unknown) {
		reply->result = REPLY_UNKNOWN;
		world_trace(w, "the store says nothing certain");
	}
	world_deliver(w, &fact, 1);
}

/* Killed over a commit: the disk has it, or not. */
void
store_sim_roost_died(struct world *w)
{
	if (w->commit_pending && fits(w) && dice_below(&w->store_dice, 2) == 0)
		make_durable(w);
	w->commit_pending = false;
}

static bool
matches(const struct store_document *d, const struct store_query *q)
{
	return d->body != NULL && d->kind == q->kind && text_starts_with(d->key, q->prefix) &&
	       strcmp(d->key, q->after_key) > 0;
}

/* Keys in ascending order, two a page, so that paging is walked. */
static void
fill_rows(struct world *w, const struct store_query *q, struct store_rows *rows)
{
	char after[128];
	struct store_query next = *q;

	(void)text_put(after, sizeof after, q->after_key);
	rows->documents = mem_new_array(2, sizeof *rows->documents);
	for (;;) {
		const struct store_document *least = NULL;

		for (size_t i = 0; i < w->document_count; i++) {
			const struct store_document *d = &w->documents[i];

			if (matches(d, &next) && (least == NULL || strcmp(d->key, least->key) < 0))
				least = d;
		}
		if (least == NULL)
			return;
		if (rows->document_count == 2) {
			rows->more = true;
			return;
		}
		rows->documents[rows->document_count++] =
			(struct store_document){ least->kind, text_copy(least->key),
						 text_copy(least->body) };
		(void)text_put(next.after_key, sizeof next.after_key, least->key);
	}
}

/* A few a page, so that paging is walked; without what they say. */
static void
fill_events(struct world *w, const struct store_query *q, struct store_rows *rows)
{
	uint64_t at = q->after + 1 > w->first_offset ? q->after + 1 : w->first_offset;

	rows->events = mem_new_array(7, sizeof *rows->events);
	for (; at > 0 && at <= w->last_offset; at++) {
		if (rows->event_count == 7) {
			rows->more = true;
			return;
		}
		rows->events[rows->event_count++] = (struct store_event){
			.offset = at, .time = { w->event_times[at - 1] }, .data = text_copy("{}")
		};
	}
}

void
store_sim_read(struct world *w, const struct sim_event *e)
{
	struct fact *fact = mem_new(sizeof *fact);
	struct reply *reply = &fact->as.reply;
	struct store_rows *rows;

	fact->kind = FACT_REPLY;
	reply->ticket = e->ticket;
	if (!w->calm && dice_hits(&w->store_dice, w->faults.store_refuse)) {
		reply->result = REPLY_REFUSED;
		roost_note(w, fact);
		return;
	}
	(void)memory_is_planes(true);
	rows = mem_new(sizeof *rows);
	rows->first = w->first_offset;
	rows->last = w->last_offset;
	(void)text_put(rows->epoch, sizeof rows->epoch, "01SIM");
	if (e->query->what == STORE_DOCUMENTS)
		fill_rows(w, e->query, rows);
	else if (e->query->what == STORE_EVENTS && w->webhooks != NULL)
		webhook_sim_read(w, e->query, rows);
	else if (e->query->what == STORE_EVENTS && w->push != NULL)
		push_sim_read(w, e->query, rows);
	else if (e->query->what == STORE_EVENTS)
		fill_events(w, e->query, rows);
	(void)memory_is_planes(false);
	reply->holds = REPLY_ROWS;
	reply->as.rows = rows;
	roost_note(w, fact);
}

void
store_sim_init(struct world *w)
{
	w->store = (struct store_port){ commit, read_later };
}
