/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PLANE_INSIDE_H
#define ROOST_PLANE_INSIDE_H

/*
 * The plane's own parts, for the files of keeper/ only.
 *
 * A server is here twice: `server.status` is what is durable and what readers
 * see, `draft` is what has been decided. They differ only between a decision
 * and its commit, and nothing is decided while a commit is under way.
 */

#include "game/player_line.h"
#include "keeper/keeper.h"
#include "keeper/plane.h"
#include "provider/provider.h"

/* Somebody at the gate who has to do with this server. */
enum door_is {
	DOOR_HELD,
	DOOR_NEW,	/* carried, but for too short a time to be told of */
	DOOR_IN
};

struct door {
	uint64_t connection;
	enum door_is is;
	struct instant since;
	char name[PLAYER_NAME_LIMIT + 1];
	struct ip ip;		/* told where there is no name */
	bool told;		/* that somebody came, without a name */
};

/* A question asked again and again, one at a time. */
struct watch {
	struct ticket ticket;
	struct instant asked_at;
	struct instant due;
};

/* Somebody is on, was until a moment ago, or was when roost was last told of it. */
struct session {
	char id[ID_TEXT_SIZE];
	char name[PLAYER_NAME_LIMIT + 1];
	char uuid[PLAYER_UUID_SIZE];	/* "" = not told */
	char how[100];			/* it ended */
	struct instant since;
	struct instant left_at;		/* NEVER = on */
	struct instant sure_at;		/* something last spoke for it */
	bool unsure;			/* from before roost was restarted */
	enum witness {
		WITNESS_LIST,		/* the game's own list, or only the record */
		WITNESS_GATE,		/* a connection under this name */
		WITNESS_CONSOLE
	} by;				/* the best that has spoken for it since roost was started */
	unsigned missed;		/* whole lists of the game without him, in a row */
	uint64_t connection;		/* the gate's; 0 = none known */
	bool by_gate;			/* of a game counted by lines: the gate carried somebody when he came */
};

/* What the closed sessions of a player come to. */
struct known {
	char name[PLAYER_NAME_LIMIT + 1];
	char uuid[PLAYER_UUID_SIZE];
	struct instant first, last;
	int64_t play_ms;
	unsigned sessions;
};

#define NAMED_LIMIT 32	/* players between their login and their coming, at once */

struct named {
	char name[PLAYER_NAME_LIMIT + 1];
	char uuid[PLAYER_UUID_SIZE];
};

struct kept {
	struct server server;		/* durable, and live: what readers see */
	struct server_status draft;	/* decided */
	bool changed;			/* the draft is not durable */
	bool staged;			/* it is in the batch under way */
	bool removed;
	bool put_history;
	bool unfound;			/* was ready before roost restarted: look before anything else */
	struct instant due;
	char fresh_id[ID_TEXT_SIZE];
	char *say;			/* for the players, once durable; or NULL */
	char *favicon;
	struct gate_roster *roster;	/* or NULL */
	struct watch probe, look;
	unsigned silent;
	struct instant sampled_at, history_at;
	struct door *doors;
	size_t door_count, door_room;
	struct session *sessions;
	size_t session_count, session_room;
	char sessions_run[RUN_TOKEN_SIZE];	/* whose they are */
	bool sessions_changed;		/* DOCUMENT_ONLINE is not as they are */
	bool console_tells;		/* of players, in this run */
	bool lines_missed;		/* of the console, maybe: roost was away in this run */
	int64_t line_place;		/* of the last line about a player that was heeded; 0 = none had one */
	char run_at_load[RUN_TOKEN_SIZE];
	bool list_lies;			/* the game's list names others than play */
	unsigned list_odd;		/* so many times in a row */
	unsigned list_strangers;	/* so many times in a row it named who may be new */
	struct instant none_carried_at;	/* so much is known of a game counted by lines; NEVER = somebody is */
	struct instant seen_at;		/* of the stored document */
	struct instant unsure_until;	/* then it is decided about those of before the restart */
	struct known *known;
	size_t known_count, known_room;
	struct named named[NAMED_LIMIT];
	unsigned named_next;
};

enum flight_is {
	FLIGHT_NONE,
	FLIGHT_ASKED,		/* the store has the batch */
	FLIGHT_WAITS,		/* it was not made durable: asked again at retry_at */
	FLIGHT_CHECKS		/* no answer came: is it in the record? */
};

struct expected {
	struct ticket ticket;
	plane_heard *heard;
	void *argument;
};

struct after {
	bool flying;		/* what it waits for is in the batch under way */
	plane_done *done;
	plane_done *stuck;	/* instead, when it is refused; or NULL: wait */
	void *argument;
};

struct orphan {
	char token[RUN_TOKEN_SIZE];
	unsigned seen;
	bool seen_now;
};

#define ORPHANS_LIMIT 64	/* dealt with at once; the rest at the next look */

struct reaper {
	struct watch list;
	bool reap;			/* something was listed: act on it */
	struct orphan orphans[ORPHANS_LIMIT];
	size_t count;
};

struct pruner {
	struct watch asked;		/* for the oldest events */
	uint64_t first;			/* the oldest there was when it was asked */
	uint64_t from;			/* goes into the next batch; 0 = nothing */
};

struct loading {
	int stage;
	struct ticket ticket;
	struct instant again_at;
	unsigned tries;
	char after_key[128];
	size_t at;		/* the server whose run is read */
	bool done;
};

struct plane {
	struct plane_ports ports;
	struct plane_settings settings;	/* text and lists are ours */
	struct instant now;
	char epoch[ID_TEXT_SIZE];
	uint64_t last_offset;

	struct kept **kept;		/* by name */
	size_t kept_count, kept_room;

	struct fact *inbox;
	size_t inbox_count, inbox_room;
	uint64_t last_ticket;
	struct expected *expected;
	size_t expected_count, expected_room;
	struct reply *heard;		/* replies somebody expects */
	size_t heard_count, heard_room;

	struct store_batch next, flight;
	enum flight_is flight_is;
	struct ticket flight_ticket;
	struct reply flight_reply;
	bool flight_answered;
	struct instant retry_at;
	unsigned refusals;
	char trouble[REASON_LIMIT + 64];	/* why the store does not take it; "" = it does */
	struct after *after;
	size_t after_count, after_room;

	bool show_due;
	bool disk_is_low;		/* as last told; on record */
	struct reaper reaper;
	struct pruner pruner;
	struct loading loading;
	struct store_document *loaded;
	size_t loaded_count, loaded_room;
	struct plane_service *services;
	struct consent_port consent;	/* asks them */
	bool unattended;		/* they are not all there yet */
	plane_console *console;
	void *console_argument;
	struct decision decision;	/* under way; too large for a stack */
};

/* Grow an array of `size`-byte elements by one; returns its place, zeroed. */
void *array_add(void *array_pointer, size_t *count, size_t *room, size_t size);

/* plane.c */
struct ticket plane_ticket(struct plane *plane);
struct kept *plane_find(struct plane *plane, const char *name);
struct kept *plane_add(struct plane *plane, struct server_spec *spec);
void plane_drop_removed(struct plane *plane);
void kept_learn_favicon(struct plane *plane, struct kept *kept);

/* turn.c */
void turn_apply(struct plane *plane, struct kept *kept, const struct happening *happening);
struct flow_scene turn_scene(struct plane *plane, struct kept *kept);

/* commit.c: the batch, one at a time. */
void commit_begin(struct plane *plane);
/* Settle what the store answered. Returns true when a batch has become durable. */
bool commit_settle(struct plane *plane);
struct instant commit_due(const struct plane *plane);

/* load.c: until it returns true nothing is decided. */
bool load_turn(struct plane *plane);
struct instant load_due(const struct plane *plane);

/* door.c: facts of the gate. */
void door_note(struct plane *plane, struct kept *kept, const struct fact *fact);
void door_tick(struct plane *plane, struct kept *kept);
struct instant door_due(const struct kept *kept);
void door_seen(struct plane *plane, struct kept *kept, const struct probe_answer *probe);

void live_add(struct server_live *live, const char *name, struct instant since,
	      uint64_t connection);
void live_drop_name(struct server_live *live, const char *name);

/* session.c: who plays, from the console and the gate. */
/* A line of its console, which stays the caller's: a fact of its own when it tells of a player. */
bool session_read_line(struct kept *kept, const struct fact *fact, struct fact *ret_told) must_check;
void session_line(struct plane *plane, struct kept *kept, const struct fact *fact);
void session_gate_in(struct plane *plane, struct kept *kept, const struct door *door);
void session_gate_out(struct plane *plane, struct kept *kept, const struct door *door,
		      const char *how);
bool session_is_on(const struct kept *kept, const char *name);
unsigned session_count_on(const struct kept *kept);
/* Whoever came through the gate has left when it carries nobody, whatever was heard. */
void session_check_gate(struct plane *plane, struct kept *kept);
/* How many are on in a game that nobody can ask. */
unsigned session_count(const struct kept *kept);
void session_tick(struct plane *plane, struct kept *kept);
struct instant session_due(const struct kept *kept);
bool session_follow_run(struct plane *plane, struct kept *kept);	/* is there one to be in? */
struct session *session_find(struct kept *kept, const char *name, const char *uuid);
void session_enter(struct plane *plane, struct kept *kept, const char *name, enum witness by);
void session_stay(struct plane *plane, struct kept *kept, struct session *session);
void session_leave(struct plane *plane, struct kept *kept, struct session *session,
		   const char *how);

/* session_list.c: and from the game's own list. True: its names may be shown. */
bool session_listed(struct plane *plane, struct kept *kept, const struct probe_answer *probe);
/* Those of before a restart of roost, of whom nothing was heard for long. */
void session_decide_unsure(struct plane *plane, struct kept *kept);

/* session_record.c: their documents. */
void session_put(struct plane *plane, struct kept *kept, const struct session *session);
void session_join_up(struct plane *plane, struct kept *kept, const struct session *session);
void session_put_open(struct plane *plane, struct kept *kept);
void session_learn_open(struct plane *plane, struct kept *kept, const json_t *body);
void session_learn_player(struct kept *kept, const json_t *body);
const char *session_known_uuid(const struct kept *kept, const char *name);	/* "" = none */
void session_forget(struct plane *plane, struct kept *kept);

/* watch.c: servers that are up. */
bool watch_hear(struct plane *plane, struct kept *kept, struct reply *reply);
void watch_tick(struct plane *plane, struct kept *kept);
void watch_act(struct plane *plane, struct kept *kept);
struct instant watch_due(const struct plane *plane, const struct kept *kept);
void watch_count(struct plane *plane, struct kept *kept);	/* soon: somebody was heard to come or go */
void watch_reset(struct plane *plane, struct kept *kept);

/* prune.c: the feed's oldest events. */
void prune_decide(struct plane *plane);
void prune_act(struct plane *plane);
struct instant prune_due(const struct plane *plane);

/* disk.c: the room where the record lives. */
void disk_learn(struct plane *plane);	/* what was told, from the record */
void disk_note(struct plane *plane, const struct fact *fact);

/* history.c: the document of a run. */
void history_put(struct plane *plane, struct kept *kept, const struct run *run,
		 struct instant ended_at);
void history_sample(struct kept *kept, struct instant now);
void history_resume(struct kept *kept, const json_t *document);

/* show.c */
void show_table(struct plane *plane);

/* services.c */
void services_init(struct plane *plane);
bool services_may_start(const struct plane *plane, const char *server);
void services_line(struct plane *plane, const char *server, const char *line);
void services_told(struct plane *plane, const struct store_event *events, size_t count);
void services_decide(struct plane *plane);
void services_act(struct plane *plane);
struct instant services_due(const struct plane *plane);

/* reaper.c */
bool reaper_hear(struct plane *plane, struct reply *reply);
void reaper_act(struct plane *plane);
struct instant reaper_due(const struct plane *plane);

#endif
