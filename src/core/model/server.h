/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SERVER_H
#define ROOST_SERVER_H

/*
 * One kept server: what was declared (spec), what is wanted and what is
 * (status: stored with every change), and what is only known while it runs
 * (live: asked for again after a restart of roost).
 */

#include "model/flow.h"
#include "model/spec.h"
#include "model/words.h"

enum want {
	WANT_DOWN,
	WANT_UP
};

/*
 * One life of a server, from wake to asleep. Where its game listens is kept with it:
 * a declaration that changes meanwhile is for the next start.
 */
struct run {
	char id[ID_TEXT_SIZE];		/* "" = none */
	struct instant started_at;
	struct instant ready_at;	/* NEVER until ready */
	enum cause cause;
	char by[USER_NAME_LIMIT + 1];
	unsigned restarts;		/* after crashes, so far */
	unsigned crashes;		/* those that policy.restarts counts: since it last ran well */
	struct endpoint address;	/* port 0 = not on record: as declared */
	bool proxy_protocol;
	unsigned days_told;		/* whole days of running that were told as an alert */
};

/* Stored: everything a restart of roost must know. */
struct server_status {
	enum want want;
	enum cause want_cause;
	char want_by[USER_NAME_LIMIT + 1];
	char want_request[ID_TEXT_SIZE];
	bool want_now;			/* sleep without announcing */
	enum state state;
	enum phase phase;
	struct instant since;		/* of this state */
	struct instant phase_since;
	enum phase failed_phase;
	char reason[REASON_LIMIT + 1];
	char tail[TAIL_TEXT_LIMIT];	/* last lines of output, when failed */
	struct run run;
	struct flow flow;		/* position in the recipe under way, if any */
	struct instant empty_since;	/* nobody on since; NEVER = somebody is, or not known */
	bool idle_told;
	unsigned duration_warnings;	/* how many of the three were given */
	unsigned player_warnings;	/* in a row, for min_players */
	struct instant player_warned_at;
	int64_t usual_ms[5];		/* how long the last wakes took; 0 = no such run */
	unsigned last_max;		/* what the game told about itself when it last ran */
	int last_protocol;
	char last_version[64];
	char last_motd[MOTD_LIMIT];	/* JSON text component */
	uint64_t epoch;			/* grows with every run: writes of an older one are refused */
};

#define LIVE_PLAYERS_LIMIT 256		/* names kept for the page; the count is the game's own */

struct live_player {
	char name[PLAYER_NAME_LIMIT + 1];
	struct instant since;
	uint64_t connection;		/* the gate's, 0 when only the game told of it */
};

#define SAMPLES_LIMIT 120		/* points of a run's chart; thinned when full */

/* One point of a run's chart. */
struct sample {
	struct instant t;
	unsigned players;
	int64_t memory_bytes;
	int64_t cpu_millis;
};

/* Not stored, but for the samples and peaks, which go into the run's document now and then. */
struct server_live {
	bool players_known;		/* the game's last answer told how many are on */
	unsigned online, max;
	struct live_player players[LIVE_PLAYERS_LIMIT];
	size_t player_count;
	unsigned held;			/* waiting at the gate now */
	unsigned carried;		/* connections the gate carries to it now */
	int64_t memory_bytes;		/* of the run's processes */
	int64_t cpu_millis;		/* thousandths of a core, lately */
	char *status_json;		/* the game's own status answer (Minecraft), or NULL */
	struct instant asked_at;	/* when the answer held here was asked for; NEVER = none yet */
	struct instant joined_at;	/* somebody last went in; what the game said before is old */
	unsigned peak_players;		/* of this run */
	int64_t peak_memory;
	struct sample samples[SAMPLES_LIMIT];
	size_t sample_count;
	struct duration sample_every;	/* how far apart they are now */
};

struct server {
	struct server_spec *spec;
	struct server_status status;
	struct server_live live;
};

/* Where the game is, or will be: its run's address, or the declared one. */
const struct endpoint *server_address(const struct server_spec *spec, const struct run *run);
bool server_proxy_protocol(const struct server_spec *spec, const struct run *run);

#define RUN_TOKEN_SIZE 64

/* What the provider knows a run's process by; each restart within a run has its own. */
void run_token(const struct run *run, char ret_token[static RUN_TOKEN_SIZE]);

/* How long a wake usually takes (median of the last runs), 0 when never seen. */
struct duration server_usual(const struct server_status *status);

/* The stored form. status_parse() accepts what status_json() wrote, of this or an older version. */
json_t *status_json(const struct server_status *status) must_check;
bool status_parse(const json_t *document, struct server_status *ret_status) must_check;

#endif
