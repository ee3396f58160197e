/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a guest: judged at its first datagram, held while the game wakes,
 * carried, and over when one side is gone. What makes it hard is that nothing says
 * so: a client that has left is only silent, and one whose game has gone to sleep
 * speaks on, which must not wake the game again.
 */

#include "relay/thread.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void
drop_parcel(struct relay_thread *thread, struct guest *guest)
{
	struct parcel *parcel = TAKE(guest->parcel);

	if (parcel != NULL)
		slab_give_cold(&thread->guests->parcels, parcel);
}

static void
held_over(struct relay_thread *thread, struct guest *guest)
{
	guest->is_counted_held = false;
	(void)__atomic_sub_fetch(&guest->place->shared->held, 1, __ATOMIC_RELAXED);
	stat_add(&thread->stats.held, (uint64_t)-1);
}

void
guest_close(struct relay_thread *thread, struct guest *guest, const char *why)
{
	if (guest->backend >= 0)
		(void)close(guest->backend);
	guest->backend = -1;
	drop_parcel(thread, guest);
	if (guest->is_counted_held) {
		COUNT(thread, hold_cancelled);
		held_over(thread, guest);
		tell_guest(thread, guest, FACT_RELEASED, why);
	}
	if (guest->traffic.is_player) {
		stat_add(&thread->stats.bridged, (uint64_t)-1);
		guest->traffic.is_player = false;
		tell_guest(thread, guest, FACT_LEFT, why);
	}
}

/* RakNet's clients must greet again, so that what they say on wakes nothing by itself. */
static void
game_is_gone(struct relay_thread *thread, struct guest *guest, const char *why)
{
	if (guest->place->server == NULL || guest->place->server->query == QUERY_RAKNET) {
		guest_end(thread, guest, why);
		return;
	}
	guest_close(thread, guest, why);
	guest->state = GUEST_OVER;
	timers_set(&thread->timers, &guest->timer, thread->now + GUEST_OVER_MS);
}

/* ---- carried ---- */

static struct duration
idle_of(const struct guest *guest)
{
	const struct gate_server *server = guest->place->server;

	return server != NULL && server->client_idle.ms > 0 ? server->client_idle : DURATION_S(60);
}

/* Stands for the client at the game, and is the same when roost was restarted. */
static uint64_t
client_number(const struct guest *guest)
{
	uint64_t number =
		0xcbf29ce484222325; /* FNV-1a's, whose last step is weak in its high bits */

	for (size_t i = 0; i < sizeof guest->ip.bytes; i++)
		number = (number ^ guest->ip.bytes[i]) * 0x100000001b3;
	number = (number ^ (guest->port & 0xff)) * 0x100000001b3;
	number = (number ^ (guest->port >> 8)) * 0x100000001b3;
	for (const char *c = guest->place->shared->name; *c != '\0'; c++)
		number = (number ^ (unsigned char)*c) * 0x100000001b3;
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
	return number ^ number >> 27;
}

/* False: it is ended. */
static bool
guest_dial(struct relay_thread *thread, struct guest *guest)
{
	const struct gate_server *server = guest->place->server;
	int fd = socket_to_game(&server->backend_ip, server->backend.port, client_number(guest));

	if (fd >= 0 && !thread_watch(thread, fd, guest, EPOLLIN)) {
		(void)close(fd);
		fd = -EMFILE;
	}
	if (fd < 0) {
		COUNT(thread, refused_backend);
		guest_end(thread, guest, "the game cannot be reached");
		return false;
	}
	guest->backend = fd;
	guest->state = GUEST_CARRIED;
	traffic_init(&guest->traffic, (struct instant){ thread->now }, guest->is_counted_held);
	timers_set(&thread->timers, &guest->timer, traffic_end(&guest->traffic, idle_of(guest)).ms);
	return true;
}

static void
let_in(struct relay_thread *thread, struct guest *guest)
{
	struct parcel *parcel = guest->parcel;
	const unsigned char *at;

	if (!guest_dial(thread, guest) || parcel == NULL)
		return;
	at = parcel->bytes;
	for (unsigned i = 0; i < parcel->count; i++) {
		post_to_game(thread, guest, at, parcel->lengths[i]);
		at += parcel->lengths[i];
	}
	drop_parcel(thread, guest);
}

static void
becomes_player(struct relay_thread *thread, struct guest *guest)
{
	if (guest->is_counted_held) {
		COUNT(thread, hold_joined);
		held_over(thread, guest);
	}
	COUNT(thread, bridged_total);
	stat_add(&thread->stats.bridged, 1);
	guest->began_at = thread->now;
	tell_guest(thread, guest, FACT_JOINED, NULL);
}

static struct datagram
datagram_of(const struct listening *listening, const struct incoming *incoming)
{
	return (struct datagram){ .bytes = incoming->bytes,
				  .length = incoming->length,
				  .ip = incoming->ip,
				  .port = incoming->port,
				  .door = listening->number };
}

static void
hear_carried(struct relay_thread *thread, struct guest *guest, struct incoming *incoming)
{
	const struct gate_server *server = guest->place->server;
	bool is_query =
		server != NULL && datagram_is_query(server, incoming->bytes, incoming->length);

	if (server != NULL && guest->traffic.has_waited && !guest->traffic.is_two_way) {
		struct datagram datagram = datagram_of(guest->listening, incoming);

		thread->guests->gate.now = (struct instant){ thread->now };
		incoming->length =
			datagram_pass(&thread->guests->gate, server, &datagram, incoming->bytes);
	}
	if (traffic_heard(&guest->traffic, (struct instant){ thread->now }, is_query))
		becomes_player(thread, guest);
	if (guest->traffic.is_two_way)
		guest_settled(thread->guests, guest);
}

void
on_guest(struct relay_thread *thread, struct guest *guest)
{
	if (guest->state != GUEST_CARRIED)
		return;
	if (post_from_game(thread, guest))
		traffic_answered(&guest->traffic);
}

/* ---- held ---- */

static void
set_clocks(struct relay_thread *thread)
{
	thread->guests->gate.now = (struct instant){ thread->now };
	thread->guests->gate.wall = thread_wall(thread);
}

static bool
is_kept(const struct parcel *parcel, const unsigned char *bytes, size_t length)
{
	const unsigned char *at = parcel->bytes;

	for (unsigned i = 0; i < parcel->count; at += parcel->lengths[i++]) {
		if (parcel->lengths[i] == length && memcmp(at, bytes, length) == 0)
			return true;
	}
	return false;
}

/* Clients say the same again: each is kept once; what does not fit will be said again. */
static void
parcel_put(struct parcel *parcel, const unsigned char *bytes, size_t length, bool is_alone)
{
	if (is_alone)
		parcel->count = parcel->used = 0;
	if (parcel->count == RELAY_PARCEL_COUNT || length > sizeof parcel->bytes - parcel->used ||
	    is_kept(parcel, bytes, length))
		return;
	memcpy(parcel->bytes + parcel->used, bytes, length);
	parcel->lengths[parcel->count++] = (uint16_t)length;
	parcel->used = (uint16_t)(parcel->used + length);
}

static void
answer_to(struct relay_thread *thread, struct listening *listening, const struct incoming *incoming,
	  enum admit_what counted_as)
{
	if (thread->guests->answer.length == 0)
		return;
	if (!thread_admits(thread, &incoming->ip, counted_as)) {
		COUNT(thread, datagrams_rate);
		return;
	}
	COUNT(thread, datagrams_answered);
	post_answer(thread, listening, incoming, &thread->guests->answer);
}

static void
hear_held(struct relay_thread *thread, struct guest *guest, const struct incoming *incoming)
{
	struct datagram datagram = datagram_of(guest->listening, incoming);
	unsigned char *keep = thread->tools.buffer;
	bool is_alone;
	size_t length;

	guest->traffic.heard_at.ms = thread->now;
	if (guest->place->server == NULL || incoming->length > RELAY_BUFFER_SIZE)
		return;
	set_clocks(thread);
	length = datagram_keep(&thread->guests->gate, guest->place->server, &datagram,
			       &thread->guests->answer, keep, &is_alone);
	if (length > 0 && guest->parcel != NULL)
		parcel_put(guest->parcel, keep, length, is_alone);
	else
		answer_to(thread, guest->listening, incoming, ADMIT_STATUS);
}

static void
set_held_timer(struct relay_thread *thread, struct guest *guest)
{
	int64_t quiet = guest->traffic.heard_at.ms + GUEST_QUIET_MS;

	timers_set(&thread->timers, &guest->timer,
		   quiet < guest->held_until ? quiet : guest->held_until);
}

/* Held, told, and the game woken for it; unless its address has woken too often. */
static void
hold(struct relay_thread *thread, struct guest *guest, const struct incoming *incoming)
{
	const struct gate_server *server = guest->place->server;

	guest->state = GUEST_HELD;
	guest_settled(thread->guests, guest);
	guest->is_counted_held = true;
	(void)__atomic_add_fetch(&guest->place->shared->held, 1, __ATOMIC_RELAXED);
	stat_add(&thread->stats.held, 1);
	if (server->hold_for.ms > 0)
		guest->parcel = slab_take(&thread->guests->parcels);
	if (guest->parcel != NULL)
		guest->parcel->count = guest->parcel->used = 0;
	guest->held_until = thread->now + server->hold_for.ms;
	if (guest->parcel == NULL)
		guest->held_until = thread->now + GUEST_QUIET_MS; /* woken; to come again */
	tell_guest(thread, guest, FACT_HELD, NULL);
	hear_held(thread, guest, incoming);
	set_held_timer(thread, guest);
	if (!server->wake_on_join)
		return;
	if (!wake_is_granted(thread, guest->place, &guest->ip, guest->attempt)) {
		COUNT(thread, datagrams_rate);
		guest_end(thread, guest, admit_refusal(ADMIT_WAKE));
		return;
	}
	COUNT(thread, wakes);
	tell_guest(thread, guest, FACT_KNOCKED, NULL);
}

/* ---- the first datagram ---- */

static void
count_drop(struct relay_thread *thread, enum datagram_why why)
{
	switch (why) {
	case DATAGRAM_FOREIGN:
		COUNT(thread, datagrams_foreign);
		return;
	case DATAGRAM_UNPROVED:
		COUNT(thread, datagrams_unproved);
		return;
	case DATAGRAM_NOT_WOKEN:
		COUNT(thread, datagrams_not_woken);
		return;
	case DATAGRAM_QUEUE_FULL:
		COUNT(thread, refused_queue);
		return;
	}
}

static void
come_in(struct relay_thread *thread, struct listening *listening, const struct incoming *incoming,
	const struct datagram_verdict *verdict)
{
	bool is_held = verdict->is == DATAGRAM_HOLD;
	struct guest *guest;

	if (!thread_admits(thread, &incoming->ip, is_held ? ADMIT_LOGIN : ADMIT_CONNECTION)) {
		COUNT(thread, datagrams_rate);
		return;
	}
	guest = guest_new(thread, listening, incoming);
	if (guest == NULL)
		return;
	COUNT(thread, kind_datagram);
	guest->attempt = verdict->attempt;
	if (is_held)
		hold(thread, guest, incoming);
	else if (guest_dial(thread, guest))
		post_to_game(thread, guest, incoming->bytes, incoming->length);
}

void
guest_arrive(struct relay_thread *thread, struct listening *listening,
	     const struct incoming *incoming)
{
	const struct gate_server *server = listening->place->server;
	struct datagram datagram = datagram_of(listening, incoming);
	struct guests *guests = thread->guests;
	struct datagram_verdict verdict;

	if (server == NULL || thread->is_stopping)
		return;
	set_clocks(thread);
	verdict = datagram_judge(&guests->gate, server, &datagram,
				 __atomic_load_n(&listening->place->shared->held, __ATOMIC_RELAXED),
				 &guests->answer);
	switch (verdict.is) {
	case DATAGRAM_DROP:
		count_drop(thread, verdict.why);
		return;
	case DATAGRAM_ANSWER:
		answer_to(thread, listening, incoming, ADMIT_STATUS);
		return;
	case DATAGRAM_HOLD:
	case DATAGRAM_CARRY:
		come_in(thread, listening, incoming, &verdict);
		return;
	}
}

/* Its game is gone: it may ask how the game is, and nothing else. */
static void
hear_over(struct relay_thread *thread, struct guest *guest, const struct incoming *incoming)
{
	const struct gate_server *server = guest->place->server;

	if (server != NULL && datagram_is_query(server, incoming->bytes, incoming->length)) {
		guest_arrive(thread, guest->listening, incoming);
		return;
	}
	guest->traffic.heard_at.ms = thread->now;
	COUNT(thread, datagrams_over);
}

bool
guest_hear(struct relay_thread *thread, struct guest *guest, struct incoming *incoming)
{
	switch ((enum guest_state)guest->state) {
	case GUEST_HELD:
		hear_held(thread, guest, incoming);
		return false;
	case GUEST_CARRIED:
		hear_carried(thread, guest, incoming);
		return true;
	case GUEST_OVER:
		hear_over(thread, guest, incoming);
		return false;
	case GUEST_FREE:
	case GUEST_ENDED:
		break;
	}
	ASSERT(!"a guest that is found lives");
	return false;
}

/* ---- time, and newer tables ---- */

void
on_guest_timer(struct relay_thread *thread, struct guest *guest)
{
	int64_t heard_at = guest->traffic.heard_at.ms, end;

	switch ((enum guest_state)guest->state) {
	case GUEST_HELD:
		if (thread->now >= guest->held_until)
			game_is_gone(thread, guest, kick_reason(KICK_STILL_WAKING));
		else if (thread->now >= heard_at + GUEST_QUIET_MS)
			guest_end(thread, guest, "left");
		else
			set_held_timer(thread, guest);
		return;
	case GUEST_CARRIED:
		end = traffic_end(&guest->traffic, idle_of(guest)).ms;
		break;
	case GUEST_OVER:
		end = heard_at + GUEST_OVER_MS;
		break;
	case GUEST_FREE:
	case GUEST_ENDED:
	default:
		return;
	}
	if (thread->now >= end)
		guest_end(thread, guest, "silent");
	else
		timers_set(&thread->timers, &guest->timer, end);
}

static void
judge(struct relay_thread *thread, struct guest *guest)
{
	const struct gate_server *server = guest->place->server;
	struct verdict verdict = verdict_waiting(server, guest->attempt);
	bool is_there = verdict.is == VERDICT_LET_IN;

	switch ((enum guest_state)guest->state) {
	case GUEST_HELD:
		if (is_there)
			let_in(thread, guest);
		else if (verdict.is == VERDICT_TURN_AWAY)
			game_is_gone(thread, guest, kick_reason(verdict.why));
		return;
	case GUEST_CARRIED:
		if (server == NULL || (!is_there && server->state != STATE_LOST))
			game_is_gone(thread, guest, "the game is gone");
		return;
	case GUEST_OVER:
		if (server == NULL)
			guest_end(thread, guest, NULL);
		else if (is_there)
			(void)guest_dial(thread, guest);
		return;
	case GUEST_FREE:
	case GUEST_ENDED:
		return;
	}
}

void
guests_judge(struct relay_thread *thread, struct place *place)
{
	struct guest *next;

	for (struct guest *guest = place->guests; guest != NULL; guest = next) {
		next = guest->next;
		judge(thread, guest);
	}
}

void
guests_leave(struct relay_thread *thread, const struct listening *listening, const char *why)
{
	struct guest *next;

	for (struct guest *guest = listening->place->guests; guest != NULL; guest = next) {
		next = guest->next;
		if (guest->listening == listening)
			guest_end(thread, guest, why);
	}
}
