/* SPDX-License-Identifier: Apache-2.0 */
/* The guests of one thread: found by their addresses, bounded, and given back. */

#include "relay/facts.h"
#include "relay/thread.h"

#include <string.h>
#include <unistd.h>

#define ROWS	   (2 * RELAY_GUESTS_LIMIT)
#define GUEST_MARK (UINT64_C(1) << 46) /* in an id: a guest, not a visit */

_Static_assert(RELAY_GUESTS_LIMIT <= 65536, "an id has 16 bits for the place");

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t
add_ip(uint64_t hash, const struct ip *ip)
{
	uint64_t halves[2];

	memcpy(halves, ip->bytes, sizeof halves);
	return mix(mix(hash ^ halves[0]) ^ halves[1]);
}

static struct guest **
row_of(const struct guests *guests, const struct listening *listening, const struct ip *ip,
       const struct ip *local, uint16_t port)
{
	uint64_t hash = add_ip(add_ip(guests->seed, ip), local);

	return &guests->rows[mix(hash + port + ((uint64_t)listening->number << 16)) % ROWS];
}

struct guests *
guests_new(const struct relay_thread *thread)
{
	struct guests *guests = mem_new(sizeof *guests);

	guests->seed = mix(thread->relay->seed + thread->index);
	guests->rows = mem_new_array(ROWS, sizeof(struct guest *));
	guests->postbox = postbox_new();
	guests->gate.knocks = knocks_new(KNOCKS_DEFAULT, guests->seed);
	memcpy(guests->gate.key, thread->relay->cookie_key, COOKIE_KEY_SIZE);
	slab_init(&guests->guests, sizeof(struct guest), RELAY_GUESTS_LIMIT);
	slab_init(&guests->parcels, sizeof(struct parcel), RELAY_PARCELS_LIMIT);
	return guests;
}

void
guests_free(struct guests *guests)
{
	if (guests == NULL)
		return;
	slab_deinit(&guests->guests);
	slab_deinit(&guests->parcels);
	knocks_free(guests->gate.knocks);
	postbox_free(guests->postbox);
	buf_deinit(&guests->answer);
	mem_free(guests->rows);
	mem_free(guests);
}

struct guest *
guests_find(const struct guests *guests, const struct listening *listening,
	    const struct incoming *incoming)
{
	struct guest *guest =
		*row_of(guests, listening, &incoming->ip, &incoming->local, incoming->port);

	while (guest != NULL &&
	       !(guest->port == incoming->port && guest->listening == listening &&
		 ip_equal(&guest->ip, &incoming->ip) && ip_equal(&guest->local, &incoming->local)))
		guest = guest->next_alike;
	return guest;
}

static uint32_t *
prefix_count(struct relay *relay, const struct ip *ip)
{
	struct ip prefix = ip_prefix(ip);

	return &relay->prefix_guests[add_ip(relay->seed, &prefix) % PREFIX_COUNTS];
}

static bool
has_room(struct relay_thread *thread)
{
	struct relay *relay = thread->relay;

	return !slab_is_exhausted(&thread->guests->guests) &&
	       __atomic_load_n(&relay->connections, __ATOMIC_RELAXED) < relay->connection_limit;
}

/* Somebody may come: counted for their prefix, and there is room. */
static bool
may_come(struct relay_thread *thread, const struct ip *ip)
{
	unsigned limit = thread->table->limits.flows;
	uint32_t *count = prefix_count(thread->relay, ip);

	if (!has_room(thread) && thread->guests->oldest_fresh != NULL) {
		COUNT(thread, refused_evicted);
		guest_end(thread, thread->guests->oldest_fresh, NULL);
	}
	if (!has_room(thread) || facts_are_behind(thread->relay)) {
		COUNT(thread, datagrams_full);
		return false;
	}
	if (__atomic_fetch_add(count, 1, __ATOMIC_RELAXED) < limit || limit == 0)
		return true;
	(void)__atomic_sub_fetch(count, 1, __ATOMIC_RELAXED);
	COUNT(thread, datagrams_rate);
	return false;
}

static void
enlist(struct guests *guests, struct guest *guest)
{
	struct guest **row =
		row_of(guests, guest->listening, &guest->ip, &guest->local, guest->port);

	guest->next_alike = *row;
	*row = guest;
	guest->next = guest->place->guests;
	if (guest->next != NULL)
		guest->next->previous = guest;
	guest->place->guests = guest;
	guest->place->users++;
	guest->is_fresh = true;
	guest->older = guests->newest_fresh;
	if (guest->older != NULL)
		guest->older->newer = guest;
	else
		guests->oldest_fresh = guest;
	guests->newest_fresh = guest;
}

struct guest *
guest_new(struct relay_thread *thread, struct listening *listening, const struct incoming *incoming)
{
	struct guests *guests = thread->guests;
	struct guest *guest;

	if (!may_come(thread, &incoming->ip))
		return NULL;
	guest = slab_take(&guests->guests);
	*guest = (struct guest){ .watched = WATCHED_GUEST,
				 .state = GUEST_OVER,
				 .port = incoming->port,
				 .backend = -1,
				 .listening = listening,
				 .place = listening->place,
				 .timer.kind = TIMER_GUEST,
				 .began_at = thread->now,
				 .ip = incoming->ip,
				 .local = incoming->local,
				 .address = *incoming->address };
	/* 53 bits, as a visit's: thread, (1: a guest), serial, place. */
	guest->id = (uint64_t)thread->index << 47 | GUEST_MARK |
		    (uint64_t)(++thread->serial & 0x3fffffff) << 16 |
		    slab_index(&guests->guests, guest);
	enlist(guests, guest);
	stat_add(&thread->stats.flows, 1);
	(void)__atomic_add_fetch(&thread->relay->connections, 1, __ATOMIC_RELAXED);
	return guest;
}

struct guest *
guest_by_id(const struct relay_thread *thread, uint64_t id)
{
	struct guest *guest;

	if (thread->guests == NULL || (id & GUEST_MARK) == 0)
		return NULL;
	guest = slab_at(&thread->guests->guests, id & 0xffff);
	if (guest == NULL || guest->id != id || guest->state == GUEST_FREE ||
	    guest->state == GUEST_ENDED)
		return NULL;
	return guest;
}

void
guest_settled(struct guests *guests, struct guest *guest)
{
	if (!guest->is_fresh)
		return;
	guest->is_fresh = false;
	if (guest->newer != NULL)
		guest->newer->older = guest->older;
	else
		guests->newest_fresh = guest->older;
	if (guest->older != NULL)
		guest->older->newer = guest->newer;
	else
		guests->oldest_fresh = guest->newer;
	guest->newer = guest->older = NULL;
}

static void
delist(struct guests *guests, struct guest *guest)
{
	struct guest **at =
		row_of(guests, guest->listening, &guest->ip, &guest->local, guest->port);

	guest_settled(guests, guest);
	while (*at != guest)
		at = &(*at)->next_alike;
	*at = guest->next_alike;
	if (guest->next != NULL)
		guest->next->previous = guest->previous;
	if (guest->previous != NULL)
		guest->previous->next = guest->next;
	else
		guest->place->guests = guest->next;
}

void
guest_end(struct relay_thread *thread, struct guest *guest, const char *why)
{
	struct guests *guests = thread->guests;

	ASSERT(guest->state != GUEST_FREE && guest->state != GUEST_ENDED);
	guest_close(thread, guest, why != NULL ? why : "left");
	timers_clear(&thread->timers, &guest->timer);
	delist(guests, guest);
	place_leave(thread, guest->place);
	(void)__atomic_sub_fetch(prefix_count(thread->relay, &guest->ip), 1, __ATOMIC_RELAXED);
	stat_add(&thread->stats.flows, (uint64_t)-1);
	(void)__atomic_sub_fetch(&thread->relay->connections, 1, __ATOMIC_RELAXED);
	guest->state = GUEST_ENDED;
	guest->next = guests->ended;
	guests->ended = guest;
}

/* At the end of a turn: no event of it speaks of them any more. */
void
guests_bury(struct guests *guests)
{
	while (guests->ended != NULL) {
		struct guest *guest = guests->ended;

		guests->ended = guest->next;
		guest->state = GUEST_FREE;
		slab_give(&guests->guests, guest);
	}
}
