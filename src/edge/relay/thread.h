/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_THREAD_H
#define ROOST_RELAY_THREAD_H

/*
 * Inside the relay: one thread and what it owns. A thread shares with the others
 * the table (immutable), the token buckets (locked) and, for each server, three
 * numbers (atomic). Everything else is its own.
 *
 * A connection is a `visit`, from its acceptance to its end. What only an
 * unfinished one needs is in its `greeting`, given back when bytes are carried.
 */

#include <pthread.h>

#include "gate/admit.h"
#include "gate/hold.h"
#include "gate/status.h"
#include "gate/table.h"
#include "gate/verdict.h"
#include "relay/guest.h"
#include "relay/lane.h"
#include "relay/relay.h"
#include "relay/timer.h"
#include "wire/proxyproto.h"

struct facts_gauge;

#define LINGER_MS	 1000	/* for a last text to arrive */
#define HALF_CLOSED_MS	 60000	/* without a byte, once one side has said it is done */
#define DIAL_MS		 3000	/* for the game to take a connection */
#define DIAL_AGAIN_MS	 500	/* after it was refused */
#define DIALS_LIMIT	 8	/* then the player is told */
#define REFUSALS_LIMIT	 4	/* of a starting game; then the player reads the next one */
#define REFUSED_AGAIN_MS 1500	/* after such a one */
#define SPACING_MS	 4200	/* Spigot's and Paper's connection-throttle is 4000 */
#define RELEASES_A_TURN	 32	/* held players let in at once ... */
#define RELEASE_EVERY_MS 10	/* ... then so long later the next */
#define FIRST_FRAME_MS	 1000	/* a refusal of a starting game comes within this */
#define FETCH_MS	 1000	/* for the game's own status answer */
#define FETCHED_MS	 2000	/* it is told again for so long */
#define FETCHED_COUNT	 4	/* protocols remembered for each server */
#define SMALL_GREETING	 512
#define MIDDLE_GREETING	 2048
#define LARGE_GREETING                                                               \
	(PROXYPROTO_LIMIT + HANDSHAKE_FRAME_FORWARDED_LIMIT + LOGIN_FRAME_LIMIT + \
	 HOLD_ANSWER_LIMIT)

/* What an epoll event is about: the first byte of everything that is watched. */
enum watched {
	WATCHED_VISIT,		/* pointer + 1: its backend's side */
	WATCHED_LISTENER,
	WATCHED_MAILBOX,
	WATCHED_FETCH,
	WATCHED_GUEST
};

enum timer_kind {
	TIMER_VISIT,
	TIMER_PLACE,
	TIMER_FETCH,
	TIMER_GUEST
};

enum visit_state {
	VISIT_FREE,		/* zero: never used */
	VISIT_GREETING,		/* reading: PROXY header, sniffing, handshake */
	VISIT_LOGIN,		/* reading the login start */
	VISIT_STATUS,		/* answering the server list */
	VISIT_FIRST_BYTES,	/* tcp: waiting for the client to speak */
	VISIT_HELD,
	VISIT_DIALING,		/* connecting to the game, or waiting to try again */
	VISIT_TRYING,		/* replayed; a starting game may still refuse */
	VISIT_BRIDGED,
	VISIT_LINGERING,	/* told something; waiting for it to arrive */
	VISIT_ENDED		/* given back at the end of the turn */
};

struct greeting {
	unsigned char *bytes;		/* what came, from the handshake on */
	uint32_t length, room;
	uint32_t replayed;		/* the first so many are what the game is to get */
	uint32_t handshake;		/* ... of which the handshake */
	int32_t protocol;
	bool is_legacy_over : 1;	/* a pause has told what was sent */
	bool is_waiting_byte : 1;	/* the timer is sniff()'s, not the deadline */
	bool is_proxied : 1;		/* a PROXY header may come first */
	bool is_carried : 1;		/* `carried` says where it was going */
	bool was_answered : 1;		/* status: the request has had its answer */
	bool has_knocked : 1;
	uint8_t dials;			/* tries so far */
	int64_t deadline;
	uint64_t attempt;		/* verdict_arriving() */
	struct hold hold;		/* Minecraft; zero when never held */
	int64_t held_until;		/* tcp */
	struct ip carried;		/* destination, from a PROXY header */
	uint16_t carried_port;
	struct fetch *fetch;		/* whose answer it waits for */
	struct visit *next_waiting;
};

struct visit {
	uint8_t watched;		/* first; WATCHED_VISIT */
	uint8_t state;
	bool is_listed : 1;		/* in the thread's unfinished or its place's held list */
	bool is_hungry : 1;		/* in the thread's hungry list */
	bool is_counted_held : 1;	/* HELD was told, neither RELEASED nor JOINED yet */
	bool is_draining : 1;		/* answers of ours may still come from the client */
	bool is_tcp : 1;
	bool has_moved : 1;		/* since the half-closed timer was set */
	bool is_legacy : 1;
	uint16_t port;
	int client, backend;		/* -1 = none */
	struct lane up, down;		/* to the game; to the player */
	struct timer timer;
	struct visit *next, *previous;
	struct visit *next_hungry;
	struct place *place;
	struct greeting *greeting;
	uint64_t id;
	int64_t began_at;		/* of being held or carried */
	struct ip ip;
	char player[PLAYER_NAME_LIMIT + 1];
};

struct visit_list {
	struct visit *first, *last;
	uint32_t count;
};

/* One server, as all threads know it. */
struct shared_server {
	int references;			/* atomic */
	unsigned held;			/* atomic: in all threads */
	int64_t release_at;		/* atomic: not before this, when released one by one */
	uint64_t asked_attempt;		/* atomic: a wake was paid for up to this one */
	char name[SERVER_NAME_LIMIT + 1];
	struct place *places[RELAY_THREADS_LIMIT];	/* each thread touches its own */
};

/* A table and who its servers are; handed to each thread. */
struct snapshot {
	int references;			/* atomic */
	struct gate_table *table;
	struct shared_server **servers;	/* parallel to table->servers */
};

/* A status answer of the game itself, for one protocol. */
struct fetched {
	int32_t protocol;
	int64_t at;			/* 0 = never */
	struct buf frame;
};

/* One server, as one thread knows it. */
struct place {
	struct shared_server *shared;
	const struct gate_server *server;	/* in the thread's table; NULL = not there now */
	uint32_t users;				/* visits, guests, fetches and listeners that point here */
	struct visit_list held;
	struct guest *guests;
	struct timer timer;			/* next release */
	struct status_answer answer;
	bool is_answer_fresh;			/* made from this table */
	struct fetched fetched[FETCHED_COUNT];
	struct place *next, *previous;		/* all of the thread */
};

struct fetch {
	uint8_t watched;		/* first; WATCHED_FETCH */
	bool is_free;
	int fd;
	int32_t protocol;
	struct place *place;
	struct timer timer;
	struct buf out, in;
	size_t sent;
	struct visit *waiting;
	struct fetch *next;		/* under way in the thread */
};

struct listening {
	uint8_t watched;		/* first; WATCHED_LISTENER */
	bool is_closed;
	bool is_datagrams;
	int fd;
	uint64_t number;		/* the relay's name for it */
	struct place *place;		/* NULL = Minecraft */
	struct listening *next;
};

struct facts_letter;

struct relay_thread {
	struct relay *relay;
	unsigned index;
	pthread_t thread;
	int epoll;
	int spare;			/* a descriptor kept for when there are none left */
	struct mailbox *mailbox;
	bool is_stopping, is_over, has_closed_listener;
	struct snapshot *snapshot;	/* NULL until the first came */
	struct gate_table *table;
	int64_t now;			/* monotonic ms, of this turn */
	struct instant wall;		/* of this turn; NEVER = not asked yet */
	struct timers timers;
	struct lane_tools tools;
	struct slab visits, greetings, small, middle, large;
	struct fetch fetches[RELAY_FETCHES_LIMIT];
	struct fetch *fetching;
	struct place *places;
	struct guests *guests;		/* NULL: no listener for datagrams yet */
	struct listening *listeners;
	struct visit_list unfinished;	/* half-open, oldest first */
	struct visit *hungry, *hungry_last;
	struct visit *starved;		/* hungry for a rest */
	struct visit *ended;		/* given back at the end of the turn */
	struct buf print;		/* what is being said now */
	struct status_answer nobody;	/* for hosts that are nobody's */
	bool is_nobody_fresh;
	struct facts_letter *facts;	/* of this turn */
	int64_t refusals_since;		/* the second that is being counted */
	unsigned refusals_told;
	uint32_t serial;
	struct relay_stats stats;	/* atomic, relaxed; written by this thread only */
};

struct relay {
	struct gate_port port;
	struct relay_options options;
	unsigned thread_count;
	unsigned connection_limit;
	unsigned connections;		/* atomic */
	struct facts_gauge *facts;	/* facts.h */
	pthread_mutex_t admit_lock;
	struct admit *admit;
	unsigned char cookie_key[COOKIE_KEY_SIZE];
	uint64_t seed;
	uint32_t prefix_guests[PREFIX_COUNTS];	/* atomic; counts by the prefix's hash */
	struct shared_server **servers;	/* of the newest table */
	size_t server_count;
	struct listener *listeners;	/* listen.c */
	uint64_t listener_number;
	uint16_t *ports;		/* of options.listen */
	struct relay_thread *threads;
};

static inline void
stat_add(uint64_t *counter, uint64_t n)
{
	/* One writer each: a plain add that readers may watch. */
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}
#define COUNT(thread, name) stat_add(&(thread)->stats.name, 1)

/* thread.c */
int thread_start(struct relay_thread *thread) must_check;
void thread_init(struct relay_thread *thread, struct relay *relay, unsigned index);
void thread_deinit(struct relay_thread *thread);
struct instant thread_wall(struct relay_thread *thread);
/* False: the kernel has no memory for it, or the user's watches are used up. */
bool thread_watch(struct relay_thread *thread, int fd, void *what, uint32_t events) must_check;
void thread_feed(struct relay_thread *thread, struct visit *visit, bool is_starved);
bool thread_admits(struct relay_thread *thread, const struct ip *ip, enum admit_what what)
	must_check;

/* letters.c: what the control thread posts to a thread */
void post_snapshot(struct relay_thread *thread, struct snapshot *snapshot);
/* `is_datagrams`: its socket is UDP's. */
void post_listener(struct relay_thread *thread, int fd, bool is_datagrams, uint64_t number,
		   struct shared_server *server);
void post_unlisten(struct relay_thread *thread, uint64_t number);
void post_drop(struct relay_thread *thread, uint64_t connection, const char *why);
void listeners_bury(struct relay_thread *thread);
void post_stop(struct relay_thread *thread, const char *why);

/* snapshot.c */
struct snapshot *snapshot_new(struct relay *relay, struct gate_table *table) must_check;
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot);
void shared_unref(struct shared_server *server);

/* place.c */
struct place *place_get(struct relay_thread *thread, struct shared_server *shared);
struct place *place_of(struct relay_thread *thread, const struct gate_server *server);
void place_leave(struct relay_thread *thread, struct place *place);	/* one user fewer */
void places_update(struct relay_thread *thread, struct snapshot *snapshot);
void place_release(struct relay_thread *thread, struct place *place);	/* let held ones in */
void place_drop_if_unused(struct relay_thread *thread, struct place *place);

/* listen.c: sockets, in the control thread; accepting, in the relay's */
int listeners_open(struct relay *relay, char ret_reason[static REASON_LIMIT + 1]) must_check;
void listeners_follow(struct relay *relay, const struct snapshot *snapshot);
void listeners_start(struct relay *relay);
void listeners_close(struct relay *relay);
void on_listener(struct relay_thread *thread, struct listening *listening);

/* facts.c */
void tell(struct relay_thread *thread, const struct visit *visit, enum fact_kind kind,
	  const char *reason);
void tell_guest(struct relay_thread *thread, const struct guest *guest, enum fact_kind kind,
		const char *reason);
void tell_all(struct relay_thread *thread);		/* at the end of a turn */

/* visit.c: a connection's life */
void visit_accept(struct relay_thread *thread, int fd, const struct ip *ip, uint16_t port,
		  struct place *place);
void on_visit(struct relay_thread *thread, struct visit *visit, bool is_backend, uint32_t events);
void on_visit_timer(struct relay_thread *thread, struct visit *visit);
void visit_end(struct relay_thread *thread, struct visit *visit, const char *why);
void visit_list_add(struct visit_list *list, struct visit *visit);
void visit_list_remove(struct visit_list *list, struct visit *visit);
void visit_unlist(struct relay_thread *thread, struct visit *visit);
/* Close once what was said has arrived, or a second has passed. */
void visit_linger(struct relay_thread *thread, struct visit *visit);
void visit_to(struct relay_thread *thread, struct visit *visit, struct place *place);
/* Say it, then close once it has arrived or a second has passed. */
void visit_say_last(struct relay_thread *thread, struct visit *visit, const void *bytes,
		    size_t length);
/* Tell a player why, in the form their client reads, and the record too. */
void visit_turn_away(struct relay_thread *thread, struct visit *visit, enum kick why);
void visit_turn_away_text(struct relay_thread *thread, struct visit *visit, const char *reason,
			  const char *text);
enum visit_read {
	VISIT_READ_SOME,
	VISIT_READ_NOTHING,	/* not now */
	VISIT_READ_END,		/* the client is gone */
	VISIT_READ_FULL		/* no room for more: more than any right client sends */
} visit_read(struct relay_thread *thread, struct visit *visit, size_t limit) must_check;
void greeting_drop(struct relay_thread *thread, struct visit *visit);

/* greet.c: from the first byte to what is wanted */
void greet(struct relay_thread *thread, struct visit *visit);
void first_bytes(struct relay_thread *thread, struct visit *visit);	/* of a tcp game's client */
void on_greeting_timer(struct relay_thread *thread, struct visit *visit);

/* answer.c: the server list */
void status_go_on(struct relay_thread *thread, struct visit *visit);
void status_answer_legacy(struct relay_thread *thread, struct visit *visit,
			  const struct gate_server *server, enum legacy_kind kind);
/* The game's own answer has come, or will not: answer whoever waits. */
void on_fetched(struct relay_thread *thread, struct visit *visit, const struct buf *frame);

/* fetch.c: the game's own status answer */
enum fetch_now {
	FETCH_IS_HERE,		/* `*ret_frame` is it */
	FETCH_IS_COMING,	/* on_fetched() will be called */
	FETCH_IS_NOT		/* use what the table has */
} fetch_status(struct relay_thread *thread, struct visit *visit, const struct buf **ret_frame)
	must_check;
void fetch_forget(struct relay_thread *thread, struct visit *visit);
void on_fetch(struct relay_thread *thread, struct fetch *fetch);
void fetch_end(struct relay_thread *thread, struct fetch *fetch);
void fetches_end(struct relay_thread *thread);

/* wait.c: held players */
/* Is this wake somebody else's already, or may this address ask for one? */
bool wake_is_granted(struct relay_thread *thread, struct place *place, const struct ip *ip,
		     uint64_t attempt) must_check;
void wait_begin(struct relay_thread *thread, struct visit *visit);
void on_held(struct relay_thread *thread, struct visit *visit);
/* Back from a game that was not there after all. */
void wait_again(struct relay_thread *thread, struct visit *visit);
void on_held_timer(struct relay_thread *thread, struct visit *visit);
void wait_judge(struct relay_thread *thread, struct visit *visit);
/* Out of the hold: told as released with `why`, or (NULL) silently, for the game. */
void wait_over(struct relay_thread *thread, struct visit *visit, const char *why);

/* dial.c: to the game */
void dial(struct relay_thread *thread, struct visit *visit);
void on_dial(struct relay_thread *thread, struct visit *visit, bool is_backend);
void on_dial_timer(struct relay_thread *thread, struct visit *visit);

/* bridge.c: in the game */
void bridge_begin(struct relay_thread *thread, struct visit *visit);
/* Told as left; the visit is ended or lingers after this. */
void bridge_over(struct relay_thread *thread, struct visit *visit, const char *why);
void on_bridge_timer(struct relay_thread *thread, struct visit *visit);
void bridge_run(struct relay_thread *thread, struct visit *visit);

#endif
