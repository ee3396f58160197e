/* SPDX-License-Identifier: Apache-2.0 */
/* An archive port in memory: see the header. */

#include "shelf.h"

#include <stdio.h>
#include <string.h>

static struct shelf *
asked(struct archive_port *port, const char *what, const char *about)
{
	struct shelf *s = CONTAINER_OF(port, struct shelf, port);

	if (strlen(s->asked) + strlen(what) + strlen(about) + 3 < sizeof s->asked) {
		strcat(s->asked, what);
		strcat(s->asked, " ");
		strcat(s->asked, about);
		strcat(s->asked, "\n");
	}
	return s;
}

struct shelf_archive *
shelf_find(struct shelf *s, const char *name)
{
	for (size_t i = 0; i < SHELF_MOST; i++)
		if (strcmp(s->archives[i].name, name) == 0)
			return &s->archives[i];
	return NULL;
}

void
shelf_put(struct shelf *s, const char *name, bool is_whole, struct instant modified)
{
	struct shelf_archive *a = shelf_find(s, name);

	if (a == NULL)
		a = shelf_find(s, "");
	ASSERT(a != NULL);
	*a = (struct shelf_archive){ .is_whole = is_whole,
				     .world = s->now_world,
				     .modified = modified };
	(void)text_put(a->name, sizeof a->name, name);
}

size_t
shelf_count(const struct shelf *s)
{
	size_t count = 0;

	for (size_t i = 0; i < SHELF_MOST; i++)
		count += s->archives[i].is_whole;
	return count;
}

static bool
refused(struct shelf *s, struct ticket ticket)
{
	struct reply reply = { .ticket = ticket, .result = REPLY_REFUSED };

	if (s->refuses == NULL)
		return false;
	(void)text_put(reply.reason, sizeof reply.reason, s->refuses);
	fixture_reply(s->world, reply);
	return true;
}

static void
say_no(struct shelf *s, struct ticket ticket, const char *why)
{
	const char *was = s->refuses;

	s->refuses = why;
	(void)refused(s, ticket);
	s->refuses = was;
}

static struct archive_answer *
answer_of(const struct shelf_archive *a)
{
	struct archive_answer *answer = mem_new(sizeof *answer);

	answer->is_there = a != NULL && a->is_whole;
	if (a == NULL)
		return answer;
	answer->files = 3;
	answer->bytes = 300;
	answer->size = 100;
	answer->made = a->modified;
	(void)snprintf(answer->sha256, sizeof answer->sha256, "%064d", a->world);
	return answer;
}

static void
tell(struct shelf *s, struct ticket ticket, struct archive_answer *answer)
{
	fixture_reply(
		s->world,
		(struct reply){ .ticket = ticket, .holds = REPLY_ARCHIVE, .as.archive = answer });
}

static void
packed(struct shelf *s, struct ticket ticket, const char *name)
{
	struct archive_answer *answer;

	shelf_put(s, name, false, s->world->now);
	answer = answer_of(shelf_find(s, name));
	answer->is_there = true;
	answer->files = s->is_empty ? 0 : answer->files;
	answer->manifest = text_copy("a manifest");
	answer->manifest_length = strlen(answer->manifest);
	tell(s, ticket, answer);
}

static void
wait(struct shelf *s, struct ticket ticket, const char *name, bool unpacks)
{
	s->waiting = ticket;
	s->waiting_unpacks = unpacks;
	(void)text_put(s->waiting_name, sizeof s->waiting_name, name);
}

static void
pack(struct archive_port *port, struct ticket ticket, const struct archive_pack *order)
{
	struct shelf *s = asked(port, "pack", order->root);

	if (refused(s, ticket))
		return;
	if (s->waits)
		wait(s, ticket, order->name, false);
	else
		packed(s, ticket, order->name);
}

static void
unpacked(struct shelf *s, struct ticket ticket, const char *name)
{
	const struct shelf_archive *a = shelf_find(s, name);

	s->fresh_world = a != NULL ? a->world : 0;
	tell(s, ticket, answer_of(a));
}

void
shelf_answer(struct shelf *s)
{
	struct ticket ticket = s->waiting;

	ASSERT(ticket.v != 0);
	s->waiting = (struct ticket){ 0 };
	if (s->waiting_unpacks)
		unpacked(s, ticket, s->waiting_name);
	else
		packed(s, ticket, s->waiting_name);
	s->world->due = s->world->now;
}

static void
commit(struct archive_port *port, struct ticket ticket, const char *store, const char *name,
       const char *manifest, size_t length)
{
	struct shelf *s = asked(port, "commit", store);
	struct shelf_archive *a = shelf_find(s, name);

	ASSERT(a != NULL && length == strlen("a manifest") &&
	       memcmp(manifest, "a manifest", length) == 0);
	if (refused(s, ticket))
		return;
	a->is_whole = true;
	tell(s, ticket, answer_of(a));
}

static void
look(struct archive_port *port, struct ticket ticket, const char *store, const char *name)
{
	struct shelf *s = asked(port, "look", store);

	if (!refused(s, ticket))
		tell(s, ticket, answer_of(shelf_find(s, name)));
}

static void
verify(struct archive_port *port, struct ticket ticket, const char *store, const char *name)
{
	struct shelf *s = asked(port, "verify", store);
	const struct shelf_archive *a = shelf_find(s, name);

	if (refused(s, ticket))
		return;
	if (a != NULL && a->is_damaged)
		say_no(s, ticket, "it is damaged");
	else
		tell(s, ticket, answer_of(a));
}

static void
unpack(struct archive_port *port, struct ticket ticket, const char *store, const char *name,
       const char *directory)
{
	struct shelf *s = asked(port, "unpack", directory);
	const struct shelf_archive *a = shelf_find(s, name);

	(void)store;
	if (refused(s, ticket))
		return;
	if (a != NULL && a->is_damaged) {
		say_no(s, ticket, "it is damaged");
		return;
	}
	if (s->waits)
		wait(s, ticket, name, true);
	else
		unpacked(s, ticket, name);
}

static void
swap(struct archive_port *port, struct ticket ticket, const struct archive_swap *order)
{
	struct shelf *s = asked(port, "swap", order->aside);

	if (refused(s, ticket))
		return;
	ASSERT(s->fresh_world != 0);
	s->aside_world = s->now_world;
	s->now_world = s->fresh_world;
	s->fresh_world = 0;
	tell(s, ticket, mem_new(sizeof(struct archive_answer)));
}

static void
discard(struct archive_port *port, struct ticket ticket, const char *directory)
{
	struct shelf *s = asked(port, "discard", directory);

	if (refused(s, ticket))
		return;
	if (strstr(directory, "/.roost/before-") != NULL)
		s->aside_world = 0;
	else
		s->fresh_world = 0;
	tell(s, ticket, mem_new(sizeof(struct archive_answer)));
}

static void
remove_one(struct archive_port *port, struct ticket ticket, const char *store, const char *name)
{
	struct shelf *s = asked(port, "remove", name);
	struct shelf_archive *a = shelf_find(s, name);

	(void)store;
	if (refused(s, ticket))
		return;
	if (a != NULL)
		*a = (struct shelf_archive){ .is_whole = false };
	tell(s, ticket, mem_new(sizeof(struct archive_answer)));
}

/* Two a page, so that paging is walked. */
static void
list(struct archive_port *port, struct ticket ticket, const char *store, const char *prefix,
     const char *after)
{
	struct shelf *s = asked(port, "list", prefix);
	struct archive_answer *answer;

	(void)store;
	if (refused(s, ticket))
		return;
	answer = mem_new(sizeof *answer);
	answer->names = mem_new_array(2, sizeof *answer->names);
	for (;;) {
		const struct shelf_archive *least = NULL;

		for (size_t i = 0; i < SHELF_MOST; i++) {
			const struct shelf_archive *a = &s->archives[i];

			if (text_starts_with(a->name, prefix) &&
			    (after == NULL || strcmp(a->name, after) > 0) &&
			    (least == NULL || strcmp(a->name, least->name) < 0))
				least = a;
		}
		if (least == NULL)
			break;
		if (answer->name_count == 2) {
			answer->more = true;
			break;
		}
		answer->names[answer->name_count].is_whole = least->is_whole;
		answer->names[answer->name_count].modified = least->modified;
		(void)text_put(answer->names[answer->name_count++].name, OBJECT_KEY_LIMIT + 1,
			       least->name);
		after = least->name;
	}
	tell(s, ticket, answer);
}

static void
sweep(struct archive_port *port, struct ticket ticket, const char *store, struct instant before)
{
	struct shelf *s = asked(port, "sweep", store);

	(void)before;
	if (!refused(s, ticket))
		tell(s, ticket, mem_new(sizeof(struct archive_answer)));
}

static void
cancel(struct archive_port *port, struct ticket ticket)
{
	struct shelf *s = asked(port, "cancel", "");

	if (ticket.v != s->waiting.v)
		return;
	s->waiting = (struct ticket){ 0 };
	say_no(s, ticket, "it was cancelled");
}

static bool
progress(struct archive_port *port, struct ticket ticket, struct archive_progress *ret_progress)
{
	const struct shelf *s = CONTAINER_OF(port, struct shelf, port);

	ret_progress->bytes++;
	return ticket.v != 0 && ticket.v == s->waiting.v;
}

void
shelf_init(struct shelf *s, struct fixture *world)
{
	s->port = (struct archive_port){ pack,	  commit,     look, verify, unpack, swap,
					 discard, remove_one, list, sweep,  cancel, progress };
	s->world = world;
	s->now_world = 1;
	world->archive = &s->port;
}
