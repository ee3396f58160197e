/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SPEC_H
#define ROOST_SPEC_H

/*
 * What somebody declared: one server, as in the configuration file's `servers:`,
 * in `roost apply -f` and in `PUT /v1/servers/{name}`. The JSON form is the one
 * true form (YAML is turned into it); it is stored as given, with defaults
 * filled in, and parsed into this value by spec_parse().
 */

#include "base/address.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"

enum game {
	GAME_MINECRAFT_JAVA,
	GAME_MINECRAFT_BEDROCK,
	GAME_SOURCE,
	GAME_TCP,
	GAME_UDP,
	GAME_MAX
};

enum provider_kind {
	PROVIDER_LOCAL,
	PROVIDER_MAX
};

enum wake_on {
	WAKE_ON_JOIN,
	WAKE_ON_NEVER,
	WAKE_ON_MAX
};

enum roster_policy {
	ROSTER_OPEN,		/* anybody who is not banned */
	ROSTER_USERS,		/* users of roost with a game name, and who is listed by hand */
	ROSTER_LISTED,		/* only who is listed by hand */
	ROSTER_POLICY_MAX
};
enum backup_policy {
	BACKUP_NEVER,
	BACKUP_BEFORE_SLEEP,	/* and no release before it is verified */
	BACKUP_POLICY_MAX
};

enum backup_online {
	BACKUP_ONLINE_AUTO,	/* saving is held by console commands; without them as NO */
	BACKUP_ONLINE_AS_IS,
	BACKUP_ONLINE_NO,	/* it waits until the game does not run */
	BACKUP_ONLINE_MAX
};

/* By which UUIDs the game knows its players. */
enum roster_uuids {
	UUIDS_AUTO,		/* as online-mode in its server.properties says */
	UUIDS_ONLINE,		/* their accounts' */
	UUIDS_OFFLINE,		/* made from their names */
	UUIDS_MAX
};

enum op_tokens {
	OP_TOKENS_OFF,
	OP_TOKENS_OWNER,	/* who woke it may operate it while that run lasts */
	OP_TOKENS_MAX
};
struct schedule;
struct preparation;	/* model/preparation.h */

struct policy {
	enum wake_on wake_on;
	enum roster_policy roster;
	enum op_tokens op_tokens;
	struct duration hold_for;	/* longest a player is held */
	struct duration start_within;	/* else failed */
	struct duration idle_after;	/* nobody on for this long: sleep; 0 = never */
	struct duration grace;		/* after ready, before idleness counts */
	struct duration max_duration;	/* sleep after this long; 0 = no bound */
	unsigned min_players;		/* 0 = no rule */
	unsigned warnings;		/* this many in a row: sleep */
	struct duration warning_every;
	unsigned restarts;		/* restarts after a crash before `failed`; default 1 */
	bool wake_filter;		/* a join wakes only when its client proved to wait */
	unsigned hold_queue;		/* most players held at once */
	enum backup_policy backup;
	struct duration backup_within;	/* a sleep waits so long for a backup; 0 = for ever */
};

struct stop_rule {
	char *console;			/* line to send, or NULL: send `signal` */
	int signal;
	struct duration within;		/* then killed */
};

struct local_spec {
	char **command;			/* NULL-terminated; [0] is the program */
	char *directory;		/* absolute after parsing (see spec_parse) */
	char **environment;		/* NULL-terminated "NAME=value" */
	char **environment_files;	/* NULL-terminated "NAME=path", absolute; read at each start, never shown */
	bool pty;			/* console over a pseudo-terminal instead of pipes */
	int64_t memory;			/* bytes; 0 = no limit */
	int64_t cpu_millis;		/* thousandths of a core; 0 = no limit */
};

/* How a game over datagrams is asked how it is; `udp`: as declared, others by what they are. */
enum query_protocol {
	QUERY_NONE,
	QUERY_A2S,
	QUERY_RAKNET,			/* minecraft-bedrock only; nobody declares it */
	QUERY_PROTOCOL_MAX
};

/* Where the game tells who is on, when not where it is played. */
struct query_spec {
	unsigned port;			/* 0: minecraft-java: not asked; others: as address */
	enum query_protocol protocol;	/* of a `udp` game */
};

/* Games over datagrams, at the gate. */
#define FIRST_BYTES_LIMIT 16
struct udp_spec {
	char *first_bytes;		/* hex: what the first datagram of a player begins with; or NULL: any */
	struct duration idle;		/* a player silent for this long is gone */
};

/* The game's console over the network. */
struct rcon_spec {
	struct endpoint address;	/* port 0: none */
	char *password_file;		/* absolute after parsing; read at each use, never shown */
};

/* Its world, and how it is copied and kept (service/backups.h). */
struct backup_spec {
	char *store;
	char **paths;			/* NULL-terminated, relative to the directory; none: all */
	struct {
		unsigned last, daily, weekly;
	} keep;
	enum backup_online online;
	char *hold_command, *save_command, *saved_line, *resume_command;	/* or NULL */
	struct duration save_within;
};

struct server_spec {
	char name[SERVER_NAME_LIMIT + 1];
	enum game game;
	enum provider_kind provider;
	char **hosts;			/* NULL-terminated, lower case; minecraft-java */
	struct endpoint *listen;	/* own gate listeners: TCP of `tcp` games, UDP of those over datagrams */
	size_t listen_count;
	struct endpoint address;	/* where the game listens */
	bool proxy_protocol;		/* send PROXY v2 to the game */
	struct query_spec query;
	struct udp_spec udp;
	struct rcon_spec rcon;
	struct local_spec local;
	struct stop_rule stop;
	char *ready_line;		/* substring of an output line that means ready; or NULL */
	char **joined_lines, **left_lines;	/* model/line_pattern.h; NULL-terminated; both, or NULL */
	char *warn_command;		/* console line for warnings, `{text}` replaced; or NULL */
	char *motd;			/* what the list shows in every state; or NULL */
	char *icon;			/* path of a 64x64 PNG; or NULL */
	struct {
		enum roster_uuids uuids;
	} roster;
	unsigned max_players;		/* shown while asleep until the game has told its own */
	struct policy policy;
	struct backup_spec backup;
	struct schedule *schedules;	/* model/schedule.h */
	size_t schedule_count;
	struct preparation *preparation;	/* or NULL: nothing is done before its start */
	json_t *origin;			/* of a template: {template, version, digest, base, variables, own}; or NULL */
};

/* One thing wrong with a document: where, and what would be right. */
struct spec_error {
	char pointer[256];		/* RFC 6901, e.g. /policy/idle_after */
	char detail[256];
};

/*
 * Parse and check a declaration. On success returns 0 and *ret_spec is the
 * caller's (spec_free). On a bad document returns the number of errors (at most
 * `max`, the rest is not told) in document order. Unknown members are errors.
 * `base_directory` is what a relative local.directory or icon is relative to.
 */
size_t spec_parse(const json_t *document, const char *base_directory, struct spec_error *errors,
		  size_t max, struct server_spec **ret_spec) must_check;

/* The canonical JSON of a declaration, every default written out. */
json_t *spec_json(const struct server_spec *spec) must_check;

void spec_free(struct server_spec *spec);
void spec_freep(struct server_spec **spec);

/*
 * May both be declared beside each other? What they must not share: a name, a
 * host, a listener, the address of the game. When not, `ret_error` says where in
 * `spec` and why.
 */
bool spec_conflicts(const struct server_spec *spec, const struct server_spec *other,
		    struct spec_error *ret_error);

/* Would both endpoints take the same port of the same machine (a wildcard takes every address)? */
bool endpoints_collide(const struct endpoint *a, const struct endpoint *b);

bool server_name_is_valid(const char *name);	/* [a-z0-9-]{1,40} */
const char *game_word(enum game game);
bool game_is_datagrams(enum game game);	/* spoken over UDP */

/* How the game is asked over datagrams; QUERY_NONE: it is not, or not that way. */
enum query_protocol spec_query(const struct server_spec *spec);
/* As which game a probe asks it: itself, or the one whose query it speaks. */
enum game spec_asked_as(const struct server_spec *spec);
/* Nobody can ask it who is on: the gate's own connections are the count. */
bool spec_is_counted_by_gate(const struct server_spec *spec);
/* Of those, whose console tells who comes and who goes: then that is the count. */
bool spec_is_counted_by_lines(const struct server_spec *spec);
/* It is ready when its declared line is seen, which nothing but that can tell. */
bool spec_is_ready_by_line(const struct server_spec *spec);

/* Hex, with or without spaces: how many bytes; 0 = not hex, none, or more than the limit. */
size_t first_bytes_parse(const char *hex, unsigned char ret_bytes[static FIRST_BYTES_LIMIT]);
const char *provider_word(enum provider_kind provider);
const char *roster_policy_word(enum roster_policy policy);
const char *op_tokens_word(enum op_tokens op_tokens);

#endif
