/* SPDX-License-Identifier: Apache-2.0 */
/* Stores and worlds on a bad day; see the header. */

#include "backup_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define AWAY_MOST 90000

struct sim_event *
backup_order_later(struct world *w, const struct sim_order *order, int64_t in_ms)
{
	struct sim_event *e = world_add(w, SIM_ARCHIVE, in_ms);

	e->order = mem_new(sizeof *order);
	*e->order = *order;
	return e;
}

static void
ask(struct archive_port *port, struct sim_order order)
{
	struct sim_backup *s = CONTAINER_OF(port, struct sim_backup, port);
	struct world *w = s->world;
	int64_t way = dice_between(&s->dice, 1, 40);
	bool was;

	world_crash_point(w);
	was = memory_is_planes(false);
	world_trace(w, "archives are asked: %d %s", (int)order.op, order.name);
	if (!w->calm && dice_hits(&s->dice, s->faults.request_lost))
		world_trace(w, "which is lost");
	else
		(void)backup_order_later(w, &order, way);
	(void)memory_is_planes(was);
	world_crash_point(w);
}

static struct sim_order
order_about(struct ticket ticket, enum archive_op op, const char *name)
{
	struct sim_order order = { .op = op, .ticket = ticket };

	(void)text_put(order.name, sizeof order.name, name);
	return order;
}

/* /srv/s1/.roost/restore-01ABC: of server 1, and the end of it. */
static void
put_tree(struct sim_order *order, const char *directory)
{
	const char *dash = strrchr(directory, '-');

	ASSERT(text_starts_with(directory, "/srv/s") && dash != NULL);
	order->server = directory[6] - '0';
	order->is_aside = strstr(directory, "/before-") != NULL;
	(void)text_put(order->tree, sizeof order->tree, dash + 1);
}

static void
pack(struct archive_port *port, struct ticket ticket, const struct archive_pack *pack)
{
	struct sim_order order = order_about(ticket, ARCHIVE_PACK, pack->name);

	order.server = pack->root[6] - '0';
	ask(port, order);
}

static void
commit(struct archive_port *port, struct ticket ticket, const char *store, const char *name,
       const char *manifest, size_t length)
{
	struct sim_order order = order_about(ticket, ARCHIVE_COMMIT, name);

	(void)store;
	ASSERT(length == 20);
	order.number = strtoull(manifest, NULL, 10);
	ask(port, order);
}

static void
look(struct archive_port *port, struct ticket ticket, const char *store, const char *name)
{
	(void)store;
	ask(port, order_about(ticket, ARCHIVE_LOOK, name));
}

static void
verify(struct archive_port *port, struct ticket ticket, const char *store, const char *name)
{
	(void)store;
	ask(port, order_about(ticket, ARCHIVE_VERIFY, name));
}

static void
unpack(struct archive_port *port, struct ticket ticket, const char *store, const char *name,
       const char *directory)
{
	struct sim_order order = order_about(ticket, ARCHIVE_UNPACK, name);

	(void)store;
	put_tree(&order, directory);
	ask(port, order);
}

static void
swap(struct archive_port *port, struct ticket ticket, const struct archive_swap *swap)
{
	struct sim_order order = order_about(ticket, ARCHIVE_SWAP, "");

	put_tree(&order, swap->fresh);
	ask(port, order);
}

static void
discard(struct archive_port *port, struct ticket ticket, const char *directory)
{
	struct sim_order order = order_about(ticket, ARCHIVE_DISCARD, "");

	put_tree(&order, directory);
	ask(port, order);
}

static void
remove_one(struct archive_port *port, struct ticket ticket, const char *store, const char *name)
{
	(void)store;
	ask(port, order_about(ticket, ARCHIVE_REMOVE, name));
}

static void
list(struct archive_port *port, struct ticket ticket, const char *store, const char *prefix,
     const char *after)
{
	struct sim_order order = order_about(ticket, ARCHIVE_LIST, prefix);

	(void)store;
	(void)text_put(order.after, sizeof order.after, after != NULL ? after : "");
	ask(port, order);
}

static void
sweep(struct archive_port *port, struct ticket ticket, const char *store, struct instant before)
{
	(void)before;
	ask(port, order_about(ticket, ARCHIVE_SWEEP, store));
}

static void
cancel(struct archive_port *port, struct ticket ticket)
{
	struct world *w = CONTAINER_OF(port, struct sim_backup, port)->world;

	world_crash_point(w);
	for (size_t i = 0; i < w->heap_count; i++) {
		struct sim_event *e = &w->heap[i];

		if (e->kind == SIM_ARCHIVE && e->life == w->life && e->order->ticket.v == ticket.v)
			e->order->cancelled = true;
	}
	world_crash_point(w);
}

/* While it is on its way, under way, or its answer is. */
static bool
progress(struct archive_port *port, struct ticket ticket, struct archive_progress *ret_progress)
{
	struct sim_backup *s = CONTAINER_OF(port, struct sim_backup, port);
	struct world *w = s->world;

	*ret_progress = (struct archive_progress){ .bytes = (uint64_t)w->now };
	for (size_t i = 0; i < w->heap_count; i++) {
		const struct sim_event *e = &w->heap[i];

		if (e->kind == SIM_ARCHIVE && e->life == w->life && e->order->ticket.v == ticket.v)
			return true;
		if (e->kind == SIM_DELIVER && e->life == w->life && e->fact->kind == FACT_REPLY &&
		    e->fact->as.reply.ticket.v == ticket.v)
			return true;
	}
	return false;
}

/* Answers */

static void
answer(struct world *w, const struct sim_order *order, struct reply *reply)
{
	struct sim_backup *s = w->backup;
	struct fact fact = { .kind = FACT_REPLY };
	int64_t delay = dice_between(&s->dice, 1, 20);

	if (w->plane == NULL || (!w->calm && dice_hits(&s->dice, s->faults.answer_lost))) {
		world_trace(w, "the answer is lost");
		reply_deinit(reply);
		return;
	}
	reply->ticket = order->ticket;
	if (!w->calm && dice_hits(&s->dice, s->faults.answer_late))
		delay = dice_between(&s->dice, 100, 30000);
	if (!w->calm && dice_hits(&s->dice, s->faults.answer_twice)) {
		fact.as.reply = (struct reply){ .ticket = reply->ticket, .result = reply->result };
		world_deliver(w, &fact, delay + dice_between(&s->dice, 1, 5000));
	}
	fact.as.reply = *reply;
	world_deliver(w, &fact, delay);
}

static void
refuse(struct world *w, const struct sim_order *order, const char *why)
{
	struct reply reply = { .result = REPLY_REFUSED };

	(void)text_put(reply.reason, sizeof reply.reason, why);
	world_trace(w, "refused: %s", why);
	answer(w, order, &reply);
}

static struct archive_answer *
facts_of(const struct sim_archive *a, uint64_t number)
{
	struct archive_answer *facts = mem_new(sizeof *facts);

	facts->is_there = a != NULL && a->has_manifest;
	facts->files = 1;
	facts->bytes = facts->size = 100;
	if (number != 0)
		(void)snprintf(facts->sha256, sizeof facts->sha256, "%064llu",
			       (unsigned long long)number);
	if (a != NULL)
		facts->made.ms = a->modified;
	return facts;
}

static void
tell(struct world *w, const struct sim_order *order, struct archive_answer *facts)
{
	struct reply reply = { .holds = REPLY_ARCHIVE, .as.archive = facts };

	answer(w, order, &reply);
}

/* What reaches the world's directory and the store */

static struct tree *
tree_of(struct sim_directory *d, const char *id, bool is_aside)
{
	for (size_t i = 0; i < TREES_MAX; i++) {
		if (strcmp(d->trees[i].id, id) == 0 &&
		    (id[0] == '\0' || d->trees[i].is_aside == is_aside))
			return &d->trees[i];
	}
	return NULL;
}

static void
put_tar(struct world *w, const struct sim_order *order, uint64_t number)
{
	struct sim_backup *s = w->backup;
	struct sim_archive *a = backup_archive(s, order->name);

	if (a == NULL)
		a = backup_archive(s, "");
	if (a == NULL) {
		world_fail(w, "more than %d archives", ARCHIVES_MAX);
		return;
	}
	(void)text_put(a->name, sizeof a->name, order->name);
	a->has_tar = true;
	a->tar = number;
	a->copy = order->copy;
	a->damaged = !w->calm && dice_hits(&s->dice, s->faults.damage);
	a->modified = w->now;
	world_trace(w, "%s holds %llu%s%s", a->name, (unsigned long long)a->copy.version,
		    a->copy.torn ? ", torn" : "", a->damaged ? ", damaged" : "");
}

static void
do_pack(struct world *w, struct sim_order *order)
{
	struct sim_backup *s = w->backup;
	struct sim_directory *d = &s->directories[order->server];
	const struct sim_archive *a = backup_archive(s, order->name);
	struct archive_answer *facts;
	bool slow = !w->calm && dice_hits(&s->dice, s->faults.slow);

	if (!order->begun) {
		if (a != NULL && a->has_manifest) {
			refuse(w, order, "there is an archive of that name");
			return;
		}
		backup_check_reads(w, order);
		order->begun = true;
		order->changes = d->changes;
		order->copy = d->world;
		order->copy.torn = d->world.torn || d->writing > 0 || d->half;
		order->copy.excused = backup_is_excused(w, order->server);
		(void)backup_order_later(w, order,
					 slow ? dice_between(&s->dice, 5000, 90000)
					      : dice_between(&s->dice, 10, 4000));
		return;
	}
	order->copy.torn = order->copy.torn || order->changes != d->changes;
	order->copy.excused = order->copy.excused || backup_is_excused(w, order->server);
	s->packs++;
	put_tar(w, order, s->packs);
	facts = facts_of(NULL, s->packs);
	facts->is_there = true;
	facts->manifest = text_format("%020llu", (unsigned long long)s->packs);
	facts->manifest_length = 20;
	tell(w, order, facts);
}

static void
do_commit(struct world *w, const struct sim_order *order)
{
	struct sim_archive *a = backup_archive(w->backup, order->name);

	if (a != NULL && a->has_manifest) {
		refuse(w, order, "there is another archive of that name");
		return;
	}
	if ((a == NULL || !a->has_tar || a->tar != order->number) && order->ticket.v != 0)
		world_fail(w, "%s: a manifest is put without its archive", order->name);
	if (a == NULL)
		a = backup_archive(w->backup, "");
	if (a == NULL)
		return;
	(void)text_put(a->name, sizeof a->name, order->name);
	a->has_manifest = true;
	a->manifest = order->number;
	tell(w, order, facts_of(a, a->manifest));
}

static bool
is_whole(const struct sim_archive *a)
{
	return a->has_tar && a->tar == a->manifest && !a->damaged;
}

static void
do_verify(struct world *w, struct sim_order *order)
{
	struct sim_archive *a = backup_archive_shown(w->backup, order->name);

	if (a == NULL || !a->has_manifest) {
		tell(w, order, facts_of(NULL, 0));
	} else if (!is_whole(a)) {
		refuse(w, order, "it is damaged");
	} else {
		a->verified = true;
		tell(w, order, facts_of(a, a->manifest));
	}
}

static void
do_unpack(struct world *w, struct sim_order *order)
{
	struct sim_backup *s = w->backup;
	struct sim_directory *d = &s->directories[order->server];
	const struct sim_archive *a = backup_archive_shown(s, order->name);
	struct tree *tree = tree_of(d, order->tree, false);

	if (a == NULL || !a->has_manifest) {
		tell(w, order, facts_of(NULL, 0));
		return;
	}
	if (tree == NULL)
		tree = tree_of(d, "", false);
	ASSERT(tree != NULL);
	*tree = (struct tree){ .copy = a->copy };
	(void)text_put(tree->id, sizeof tree->id, order->tree);
	(void)text_put(tree->origin, sizeof tree->origin, a->name);
	tree->copy.torn = true; /* until it is whole */
	if (!order->begun) {
		order->begun = true;
		(void)backup_order_later(w, order, dice_between(&s->dice, 10, 6000));
		return;
	}
	if (!is_whole(a)) {
		refuse(w, order, "it is damaged");
		return;
	}
	tree->copy.torn = a->copy.torn;
	tell(w, order, facts_of(a, a->manifest));
}

static void
do_swap(struct world *w, struct sim_order *order)
{
	struct sim_backup *s = w->backup;
	struct sim_directory *d = &s->directories[order->server];
	struct tree *fresh = tree_of(d, order->tree, false), *aside;

	if (strcmp(d->swapped, order->tree) == 0) {
		tell(w, order, facts_of(NULL, 0));
		return;
	}
	if (fresh == NULL) {
		world_fail(w, "s%d: nothing is there to become its world", order->server);
		return;
	}
	backup_check_exchanged(w, order->server);
	d->changes++;
	if (!order->begun) {
		order->begun = d->half = true;
		(void)backup_order_later(w, order, dice_between(&s->dice, 1, 2000));
		return;
	}
	aside = tree_of(d, "", true);
	ASSERT(aside != NULL);
	*aside = (struct tree){ .is_aside = true, .copy = d->world };
	(void)text_put(aside->id, sizeof aside->id, order->tree);
	d->world = fresh->copy;
	d->memory = ++s->packs << 20; /* a line of its own: what grows from here is new */
	d->brought = d->world.version;
	(void)text_put(d->origin, sizeof d->origin, fresh->origin);
	(void)text_put(d->swapped, sizeof d->swapped, order->tree);
	*fresh = (struct tree){ .id = "" };
	d->half = false;
	world_trace(w, "s%d has the world of %s, %llu", order->server, d->origin,
		    (unsigned long long)d->world.version);
	tell(w, order, facts_of(NULL, 0));
}

static void
do_discard(struct world *w, const struct sim_order *order)
{
	struct sim_directory *d = &w->backup->directories[order->server];
	struct tree *tree = tree_of(d, order->tree, order->is_aside);

	if (tree != NULL && d->half && !tree->is_aside)
		world_fail(w, "s%d: half of its world is thrown away", order->server);
	if (tree != NULL)
		*tree = (struct tree){ .id = "" };
	tell(w, order, facts_of(NULL, 0));
}

static void
do_remove(struct world *w, const struct sim_order *order)
{
	struct sim_archive *a = backup_archive_shown(w->backup, order->name);

	if (a != NULL) {
		backup_check_removing(w, a);
		*a = (struct sim_archive){ .name = "" };
	}
	tell(w, order, facts_of(NULL, 0));
}

/* Two a page, so that paging is walked. */
static void
do_list(struct world *w, const struct sim_order *order)
{
	struct sim_backup *s = w->backup;
	struct archive_answer *facts = facts_of(NULL, 0);
	const char *after = order->after;

	facts->names = mem_new_array(2, sizeof *facts->names);
	for (;;) {
		const struct sim_archive *least = NULL;

		for (size_t i = 0; i < ARCHIVES_MAX; i++) {
			const struct sim_archive *a = &s->archives[i];

			if (text_starts_with(a->name, order->name) && strcmp(a->name, after) > 0 &&
			    backup_archive_shown(s, a->name) == a &&
			    (least == NULL || strcmp(a->name, least->name) < 0))
				least = a;
		}
		if (least == NULL)
			break;
		facts->more = facts->name_count == 2;
		if (facts->more)
			break;
		facts->names[facts->name_count].is_whole = least->has_manifest;
		facts->names[facts->name_count].modified.ms = least->modified;
		(void)text_put(facts->names[facts->name_count++].name, OBJECT_KEY_LIMIT + 1,
			       least->name);
		after = least->name;
	}
	tell(w, order, facts);
}

static bool
needs_store(const struct sim_order *order)
{
	return order->op != ARCHIVE_SWAP && order->op != ARCHIVE_DISCARD;
}

/* An order is refused before it has begun, or a long one in its middle. */
static bool
is_refused(struct world *w, const struct sim_order *order)
{
	struct sim_backup *s = w->backup;

	if (order->op == ARCHIVE_SWAP && order->begun)
		return false;
	if (order->cancelled && (order->op == ARCHIVE_PACK || order->op == ARCHIVE_VERIFY ||
				 order->op == ARCHIVE_UNPACK)) {
		refuse(w, order, "it was cancelled");
		return true;
	}
	if (w->calm)
		return false;
	if (w->now >= s->away_until && dice_hits(&s->dice, s->faults.away))
		s->away_until = w->now + dice_between(&s->dice, 1000, AWAY_MOST);
	if (w->now >= s->blank_until && dice_hits(&s->blanks, s->blank))
		s->blank_until = w->now + dice_between(&s->blanks, 1000, AWAY_MOST);
	if (needs_store(order) && w->now < s->away_until) {
		refuse(w, order, "the store is away");
		return true;
	}
	if (w->now < s->blank_until && (order->op == ARCHIVE_PACK || order->op == ARCHIVE_COMMIT)) {
		refuse(w, order, "nobody may write there");
		return true;
	}
	/* Of an exchange that was begun by a roost that died nobody knows what was done. */
	if (dice_hits(&s->dice, s->faults.refuse) &&
	    !(order->op == ARCHIVE_SWAP && s->directories[order->server].half)) {
		refuse(w, order, "the disk is full");
		return true;
	}
	return false;
}

void
backup_sim_order(struct world *w, struct sim_event *e)
{
	struct sim_order *order = e->order;

	if (is_refused(w, order))
		return;
	switch (order->op) {
	case ARCHIVE_PACK:
		do_pack(w, order);
		break;
	case ARCHIVE_COMMIT:
		do_commit(w, order);
		break;
	case ARCHIVE_LOOK: {
		const struct sim_archive *a = backup_archive_shown(w->backup, order->name);

		tell(w, order, facts_of(a, a != NULL ? a->manifest : 0));
		break;
	}
	case ARCHIVE_VERIFY:
		do_verify(w, order);
		break;
	case ARCHIVE_UNPACK:
		do_unpack(w, order);
		break;
	case ARCHIVE_SWAP:
		do_swap(w, order);
		break;
	case ARCHIVE_DISCARD:
		do_discard(w, order);
		break;
	case ARCHIVE_REMOVE:
		do_remove(w, order);
		break;
	case ARCHIVE_LIST:
		do_list(w, order);
		break;
	case ARCHIVE_SWEEP:
		tell(w, order, facts_of(NULL, 0));
		break;
	}
}

void
backup_sim_make_port(struct sim_backup *s)
{
	s->port = (struct archive_port){ pack,	  commit,     look, verify, unpack, swap,
					 discard, remove_one, list, sweep,  cancel, progress };
}
