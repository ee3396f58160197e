/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PRACTICE_INNER_H
#define ROOST_PRACTICE_INNER_H

/* What the files of this folder share. One thread, one poll(), everything bounded. */

#include "base/address.h"
#include "base/buf.h"
#include "base/instant.h"
#include "base/limits.h"

#define VISITORS_LIMIT 1000
#define VISITOR_OUT_LIMIT 65536		/* not read from while more than this waits to be sent */
#define STAND_IN "This is a stand-in, not a game"

struct practice_options {
	struct endpoint listen;
	struct duration boot, stay, slow_stop;
	struct duration crash_after;	/* -1: does not */
	unsigned players, max;
	const char *motd;
	int64_t memory;
	bool open_early, fail_boot, ignore_stop, proxy_protocol, tcp;
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

struct visitor {
	int fd;
	enum visitor_is is;
	struct buf in, out;
	int32_t protocol;
	char name[PLAYER_NAME_LIMIT + 1];
	char from[IP_TEXT_SIZE + 8];
	struct instant since;		/* of the connection */
	struct instant entered;		/* the game; NEVER before */
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
	char line[CONSOLE_LINE_LIMIT];
	size_t line_length;
	char *ballast;			/* of --memory */
};

/* One line to standard output, at once. */
void practice_say(const char *format, ...) printf_like(1, 2);

/* How many play: who is here and who is pretended. */
unsigned practice_players(const struct practice *practice);

/* Begin to stop, unless told to ignore it. */
void practice_stop(struct practice *practice, struct instant now);

/* A line of the console, without its end. */
void console_run(struct practice *practice, const char *line, struct instant now);

struct visitor *visitor_new(const struct practice *practice, int fd, const char *from,
			    struct instant now) must_check;
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

/* Tell a player why it ends; then it is leaving. */
void visitor_send_away(struct visitor *visitor, const char *why);

/* Packets of the game that depend on the version. */
void game_status_print(const struct practice *practice, int32_t protocol, struct buf *to);
void game_keep_alive_print(int32_t protocol, int64_t number, struct buf *to);
void game_disconnect_print(int32_t protocol, const char *why, struct buf *to);

#endif
