/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the control plane is told. The facts of one turn of a thread travel in
 * one letter, so that a crowd costs one wake-up of the control thread and not a
 * thousand. A letter may be opened after the relay is gone; it carries all it
 * needs.
 */

#include "relay/facts.h"

#include "gate/route.h"
#include "wire/minecraft/handshake.h"

#define FACTS_ROOM	  8  /* about 5 KB a letter */
#define REFUSALS_A_SECOND 10 /* told by a thread; the counters have them all */

struct facts_letter {
	struct letter letter;
	struct facts_gauge *gauge;
	void (*deliver)(void *argument, const struct fact *fact);
	void *argument;
	unsigned count;
	struct fact facts[FACTS_ROOM];
};

struct complaint_letter {
	struct letter letter;
	void (*complain)(void *argument, const char *server, const char *text);
	void *argument;
	char server[SERVER_NAME_LIMIT + 1];
	char text[REASON_LIMIT + 1];
};

struct facts_gauge *
facts_gauge_new(void)
{
	struct facts_gauge *gauge = mem_new(sizeof *gauge);

	gauge->references = 1;
	return gauge;
}

void
facts_gauge_unref(struct facts_gauge *gauge)
{
	if (gauge != NULL && __atomic_sub_fetch(&gauge->references, 1, __ATOMIC_ACQ_REL) == 0)
		mem_free(gauge);
}

static void
on_facts(void *reader, struct letter *letter)
{
	struct facts_letter *facts = CONTAINER_OF(letter, struct facts_letter, letter);

	for (unsigned i = 0; i < facts->count; i++)
		facts->deliver(facts->argument, &facts->facts[i]);
	(void)__atomic_sub_fetch(&facts->gauge->out, facts->count, __ATOMIC_RELAXED);
	facts_gauge_unref(facts->gauge);
	mem_free(facts);
}

static void
on_complaint(void *reader, struct letter *letter)
{
	struct complaint_letter *complaint = CONTAINER_OF(letter, struct complaint_letter, letter);

	complaint->complain(complaint->argument, complaint->server, complaint->text);
	mem_free(complaint);
}

void
relay_complain(struct relay *relay, const char *server, const char *text)
{
	struct complaint_letter *complaint;

	if (relay->options.complain == NULL)
		return;
	complaint = mem_new(sizeof *complaint);
	complaint->complain = relay->options.complain;
	complaint->argument = relay->options.argument;
	(void)text_put(complaint->server, sizeof complaint->server, server);
	(void)text_put(complaint->text, sizeof complaint->text, text);
	mailbox_post(relay->options.mailbox, &complaint->letter, on_complaint);
}

bool
facts_are_behind(const struct relay *relay)
{
	return __atomic_load_n(&relay->facts->out, __ATOMIC_RELAXED) >= RELAY_FACTS_LIMIT;
}

static struct fact *
next_fact(struct relay_thread *thread)
{
	struct facts_letter *letter = thread->facts;

	if (letter == NULL) {
		letter = mem_new(sizeof *letter);
		letter->deliver = thread->relay->options.deliver;
		letter->argument = thread->relay->options.argument;
		letter->gauge = thread->relay->facts;
		(void)__atomic_add_fetch(&letter->gauge->references, 1, __ATOMIC_RELAXED);
		thread->facts = letter;
	}
	return &letter->facts[letter->count++];
}

/* The name that was asked for, as it was cleaned for routing. */
static void
put_host(const struct visit *visit, char host[static HOST_MAX + 1])
{
	const struct greeting *greeting = visit->greeting;
	struct handshake handshake;
	size_t used;

	host[0] = '\0';
	if (greeting == NULL || greeting->handshake == 0)
		return;
	if (handshake_parse(greeting->bytes, greeting->handshake, HANDSHAKE_FRAME_FORWARDED_LIMIT,
			    &handshake, &used) == WIRE_DONE)
		(void)!route_clean(handshake.host, handshake.host_length, host);
}

/* Refusals are an attacker's to make: each is told to people, so not all are. */
static bool
may_tell_refusal(struct relay_thread *thread)
{
	if (thread->now - thread->refusals_since >= 1000) {
		thread->refusals_since = thread->now;
		thread->refusals_told = 0;
	}
	return ++thread->refusals_told <= REFUSALS_A_SECOND && !facts_are_behind(thread->relay);
}

void
tell(struct relay_thread *thread, const struct visit *visit, enum fact_kind kind,
     const char *reason)
{
	struct fact *fact;

	if (kind == FACT_REFUSED && !may_tell_refusal(thread)) {
		COUNT(thread, facts_dropped);
		return;
	}
	fact = next_fact(thread);
	fact->kind = kind;
	if (visit->place != NULL)
		(void)text_put(fact->server, sizeof fact->server, visit->place->shared->name);
	fact->as.player.connection = visit->id;
	(void)text_put(fact->as.player.player, sizeof fact->as.player.player, visit->player);
	fact->as.player.ip = visit->ip;
	fact->as.player.protocol = visit->greeting == NULL ? -1 : visit->greeting->protocol;
	put_host(visit, fact->as.player.host);
	if (kind == FACT_LEFT || kind == FACT_RELEASED)
		fact->as.player.after = DURATION_MS(thread->now - visit->began_at);
	(void)text_put(fact->as.player.reason, sizeof fact->as.player.reason,
		       reason == NULL ? "" : reason);
	if (thread->facts->count == FACTS_ROOM)
		tell_all(thread);
}

void
tell_guest(struct relay_thread *thread, const struct guest *guest, enum fact_kind kind,
	   const char *reason)
{
	struct fact *fact = next_fact(thread);

	fact->kind = kind;
	(void)text_put(fact->server, sizeof fact->server, guest->place->shared->name);
	fact->as.player.connection = guest->id;
	fact->as.player.ip = guest->ip;
	fact->as.player.protocol = -1;
	if (kind == FACT_LEFT || kind == FACT_RELEASED)
		fact->as.player.after = DURATION_MS(thread->now - guest->began_at);
	(void)text_put(fact->as.player.reason, sizeof fact->as.player.reason,
		       reason == NULL ? "" : reason);
	if (thread->facts->count == FACTS_ROOM)
		tell_all(thread);
}

void
tell_all(struct relay_thread *thread)
{
	struct facts_letter *letter = TAKE(thread->facts);

	if (letter == NULL)
		return;
	(void)__atomic_add_fetch(&letter->gauge->out, letter->count, __ATOMIC_RELAXED);
	mailbox_post(thread->relay->options.mailbox, &letter->letter, on_facts);
}
