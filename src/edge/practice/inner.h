/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PRACTICE_INNER_H
#define ROOST_PRACTICE_INNER_H

/* What the files of this folder share. One thread, one poll(), everything bounded. */

#include <jansson.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/instant.h"
#include "base/limits.h"

#define VISITORS_LIMIT 1000
#define VISITOR_OUT_LIMIT 65536		/* not read from while more than this waits to be sent */
#define STAND_IN "This is a stand-in, not a game"
#define UUID_TEXT_SIZE 37
#define CHAT_LIMIT 256			/* characters, as the game has it */

enum roll {
#define ROLL(name, file, key) ROLL_##name,
#include "practice/roll.def"
	ROLL_MAX
};

struct rolls {
	json_t *lines[ROLL_MAX];	/* as in the files */
	bool is_whitelist_on;
};

struct practice_options {
	struct endpoint listen;
	struct duration boot, stay, slow_stop;
	struct duration crash_after;	/* -1: does not */
	unsigned players, max;
	const char *motd;
	const char *world;		/* a directory; NULL: there is none */
	struct duration slow_save;
	int64_t memory;
	bool open_early, fail_boot, ignore_stop, proxy_protocol, tcp;
	bool never_saves, fail_saves, hide_players;
};

/* Returns -1 to go on, else the status to end with. */
int practice_options_parse(int argc, char **argv, struct practice_options *ret_options) must_check;

enum visitor_is {
	VISITOR_PROXIED,	/* a PROXY header is to come first */
	VISITOR_NEW,		/* a handshake is to come */
	VISITOR_LOOKING,	/* in the server list */
	VISITOR_LOGGING_IN,
	VISITOR_IN_LOGIN,	/* told that the login is over; 1.20.2+ has yet to acknowledge */
	VISITOR_IN_GAME,	/* as far as there is one */
	VISITOR_ECHOED,		/* of --tcp */
};

struct visitor_place {
	char ip[IP_TEXT_SIZE], port[6];
};

struct visitor {
	int fd;
	enum visitor_is is;
	struct buf in, out;
	int32_t protocol;
	char name[PLAYER_NAME_LIMIT + 1];
	unsigned char uuid[16];
	struct visitor_place from;
	struct instant since;		/* of the connection */
	struct instant entered;		/* the game; NEVER before, and when it has left */
	struct instant keep_alive_at;
	bool has_spoken;		/* in the game: one frame was looked at */
	bool is_leaving;		/* close once `out` is sent */
};

struct practice {
	struct practice_options options;
	struct visitor *visitors[VISITORS_LIMIT];
	size_t visitor_count;
	struct instant started_at, ready_at, stop_at, told_at;
	unsigned told_tenths;
	int listener, signals;
	bool is_ready, is_stopping, is_console_open, has_ended;
	int status;
	struct buf typed;		/* on the console, and not looked at yet */
	char *ballast;			/* of --memory */
	struct rolls rolls;
	unsigned last_entity;
	bool is_save_off, is_flush;
	struct instant save_at;		/* what `save-all` began is done; NEVER: none is under way */
	struct instant world_at;	/* of --world: the next piece is written */
	unsigned generation, world_step;
};

/* One line to standard output, at once, in the form of a vanilla server's log; as a warning; of a thread. */
void practice_say(const char *format, ...) printf_like(1, 2);
void practice_warn(const char *format, ...) printf_like(1, 2);
void practice_say_of(const char *thread, const char *format, ...) printf_like(2, 3);

/* How many play: who is here and who is pretended. */
unsigned practice_players(const struct practice *practice);

/* Begin to stop, unless told to ignore it. */
void practice_stop(struct practice *practice, struct instant now);

/* A line of the console, without its end. */
void console_run(struct practice *practice, const char *line, struct instant now);

/* What a player wrote: shown, or an operator's command. */
void console_hear_chat(struct practice *practice, struct visitor *visitor, const char *text,
		       struct instant now);

/* Saving (save.c). The console is not read while one is under way: a game's one thread is busy. */
void world_open(struct practice *practice, struct instant now);
void save_begin(struct practice *practice, bool flush, struct instant now);
bool save_is_on(const struct practice *practice);
void save_tick(struct practice *practice, struct instant now);
struct instant save_due(const struct practice *practice);
void save_at_stop(struct practice *practice);

struct visitor *visitor_new(const struct practice *practice, int fd,
			    const struct visitor_place *from, struct instant now) must_check;
void visitor_free(struct visitor *visitor);

/* What came in `in`: answer into `out`. False: close at once. */
bool visitor_hear(struct practice *practice, struct visitor *visitor, struct instant now)
	must_check;

/* What is to be done by now; false: close. And when the next is to be done (NEVER: nothing). */
bool visitor_tick(struct practice *practice, struct visitor *visitor, struct instant now)
	must_check;
struct instant visitor_due(const struct practice *practice, const struct visitor *visitor);

/* Is it a player, to be counted and named? */
bool visitor_is_player(const struct visitor *visitor);

/* A player is one no more, and the log says so. */
void visitor_say_left(struct visitor *visitor, const char *why);

/* Tell a player why it ends; then it is leaving, and no player any more. */
void visitor_send_away(struct visitor *visitor, const char *why);

/* Packets of the game that depend on the version. */
void game_status_print(const struct practice *practice, int32_t protocol, struct buf *to);
void game_keep_alive_print(int32_t protocol, int64_t number, struct buf *to);
void game_disconnect_print(int32_t protocol, const char *why, struct buf *to);
/* Which packet of a client is a line of chat; -1: none that is read. */
int32_t game_chat_id(int32_t protocol);

#endif
