/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_GUEST_H
#define ROOST_RELAY_GUEST_H

/*
 * Games over datagrams. A guest is one flow: a client's address and port, the
 * address of ours that it spoke to, and the game behind it. Each has a connected
 * socket of its own to the game, so that the game can tell them apart and the
 * kernel sorts its answers.
 *
 * That socket's own address is made of the client's (where the game is on this
 * machine: 127.64.0.0/10 and a high port): when roost was killed and comes back,
 * the client's next datagram opens the same one again, and to the game nothing
 * has happened.
 *
 * All guests of one client come to one thread (the kernel sorts by addresses and
 * ports), which alone knows them. What bounds them: RELAY_GUESTS_LIMIT in a
 * thread, the relay's descriptors, and limits.flows from one prefix. When there is
 * no room, whoever has not yet answered the game, and came first, goes.
 */

#include "base/address.h"
#include "base/limits.h"
#include "gate/datagram.h"
#include "gate/traffic.h"
#include "relay/slab.h"
#include "relay/sockets.h"
#include "relay/timer.h"

struct listening;
struct place;
struct relay_thread;
struct snapshot;

#define GUEST_QUIET_MS	   10000 /* a held one that says nothing has given up */
#define GUEST_OVER_MS	   5000  /* the game is gone: silence after which a word is a new join */
#define PREFIX_COUNTS	   16384 /* guests of a prefix are counted here, by its hash */
#define DATAGRAM_READS	   4     /* batches of one listener in a turn */

enum guest_state {
	GUEST_FREE,		/* zero: never used */
	GUEST_HELD,
	GUEST_CARRIED,
	GUEST_OVER,		/* its game is gone; its last words wake nothing */
	GUEST_ENDED		/* given back at the end of the turn */
};

/* Datagrams of a held one, one behind the other. */
struct parcel {
	uint16_t count, used;
	uint16_t lengths[RELAY_PARCEL_COUNT];
	unsigned char bytes[HELD_BYTES_LIMIT - 4 - 2 * RELAY_PARCEL_COUNT];
};

struct guest {
	uint8_t watched;		/* first; WATCHED_GUEST */
	uint8_t state;
	bool is_counted_held;		/* HELD was told, neither RELEASED nor JOINED yet */
	bool is_fresh;			/* in the thread's list of those that may have to go */
	uint16_t port;
	int backend;			/* -1 = none */
	struct listening *listening;	/* where it came to, and its answers leave */
	struct place *place;
	struct guest *next_alike;	/* in the same row of the table */
	struct guest *next, *previous;	/* of the place */
	struct guest *newer, *older;	/* of the fresh */
	struct parcel *parcel;
	struct timer timer;
	struct traffic traffic;
	uint64_t id, attempt;
	int64_t began_at, held_until;
	struct ip ip, local;
	union socket_address address;	/* the client's, as the kernel has it (with its scope) */
};

/* One datagram as it came to a listener. */
struct incoming {
	unsigned char *bytes;
	size_t length;
	struct ip ip, local;
	uint16_t port;
	const union socket_address *address;
};

struct postbox;	/* post.c */

/* What one thread has for datagrams; made when its first such listener comes. */
struct guests {
	struct slab guests, parcels;
	struct guest **rows;
	uint64_t seed;
	struct guest *oldest_fresh, *newest_fresh;
	struct guest *ended;
	struct datagram_gate gate;
	struct buf answer;
	struct postbox *postbox;
};

/* guests.c: the table */
struct guests *guests_new(const struct relay_thread *thread) must_check;
void guests_free(struct guests *guests);
struct guest *guests_find(const struct guests *guests, const struct listening *listening,
			  const struct incoming *incoming);
/* NULL: there is no room for it, or it is one too many of its prefix. */
struct guest *guest_new(struct relay_thread *thread, struct listening *listening,
			const struct incoming *incoming) must_check;
/* Out of every list; told when it was held or a player. */
void guest_end(struct relay_thread *thread, struct guest *guest, const char *why);
void guest_settled(struct guests *guests, struct guest *guest);	/* not fresh any more */
void guests_bury(struct guests *guests);

/* guest.c: a guest's life */
/* Its socket to the game, what it kept, and what was told of it: all ends. */
void guest_close(struct relay_thread *thread, struct guest *guest, const char *why);
void guest_arrive(struct relay_thread *thread, struct listening *listening,
		  const struct incoming *incoming);
/* True: the datagram is to be sent on to `guest->backend`. */
bool guest_hear(struct relay_thread *thread, struct guest *guest,
		struct incoming *incoming) must_check;
void on_guest(struct relay_thread *thread, struct guest *guest);
void on_guest_timer(struct relay_thread *thread, struct guest *guest);
/* A newer table: the game of these is there, or is not. */
void guests_judge(struct relay_thread *thread, struct place *place);
void guests_leave(struct relay_thread *thread, const struct listening *listening, const char *why);
struct guest *guest_by_id(const struct relay_thread *thread, uint64_t id);

/* post.c: datagrams in batches */
struct postbox *postbox_new(void) must_check;
void postbox_free(struct postbox *postbox);
void on_datagrams(struct relay_thread *thread, struct listening *listening);
/* From the listener `guest` came to, or (`guest` NULL) to whoever sent `incoming`. */
void post_answer(struct relay_thread *thread, struct listening *listening,
		 const struct incoming *to, const struct buf *answer);
/* What the game has said to the guest, towards its client. False: it said nothing. */
bool post_from_game(struct relay_thread *thread, struct guest *guest) must_check;
/* One datagram to the game. */
void post_to_game(struct relay_thread *thread, struct guest *guest, const unsigned char *bytes,
		  size_t length);
void post_flush(struct relay_thread *thread);
void post_forget(struct relay_thread *thread, int fd);	/* it is about to be closed */

#endif
