/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_FACT_H
#define ROOST_FACT_H

/*
 * A fact: something that happened, noted for the next turn. Callbacks and other
 * threads only ever make facts; what follows from them is decided in the turn.
 */

#include "base/address.h"
#include "game/player_line.h"
#include "model/server.h"
#include "port/ticket.h"

enum fact_kind {
	FACT_WISH,		/* somebody wants a server up or down */
	FACT_REPLY,		/* a port answered */
	FACT_KNOCKED,		/* gate: a join that may wake has come (past filter and limits) */
	FACT_HELD,		/* gate: a player is held */
	FACT_RELEASED,		/* gate: a held player left the queue (gave up, was refused, timed out) */
	FACT_JOINED,		/* gate: a connection is carried to the game */
	FACT_LEFT,		/* gate: it ended */
	FACT_REFUSED,		/* gate: a player was turned away */
	FACT_PROCESS_ENDED,	/* provider: the process under `token` ended (ask `find` for how) */
	FACT_READY_LINE,	/* provider: the declared line was seen in the output of `token` */
	FACT_CONSOLE_LINE,	/* provider: one line of output (live only; never stored) */
	FACT_PLAYER_LINE,	/* made of such a line by plane_note(): it tells of a player */
	FACT_DISK,		/* the machine: how much room there is where the record lives */
	FACT_MAX
};

struct fact {
	enum fact_kind kind;
	char server[SERVER_NAME_LIMIT + 1];	/* "" when it is about none */
	union {
		struct {
			enum want want;
			enum cause cause;
			char by[USER_NAME_LIMIT + 1];
			char request_id[ID_TEXT_SIZE];
			bool now;
		} wish;
		struct reply reply;		/* its payload is taken over by plane_note() */
		struct {
			uint64_t connection;	/* unique for the life of this roost process */
			char player[PLAYER_NAME_LIMIT + 1];	/* a claim; "" for tcp games */
			struct ip ip;
			char host[HOST_MAX + 1];
			int protocol;
			struct duration after;	/* LEFT, RELEASED: how long it lasted */
			char reason[REASON_LIMIT + 1];	/* REFUSED, RELEASED, LEFT */
		} player;
		struct {
			char token[64];
			char *line;		/* CONSOLE_LINE: taken over, as is the next */
			char *styled;		/* with its colours (wire/ansi.h); NULL: it has none */
			int64_t place;		/* wire/supervise/backlog.h; 0: roost gives it one */
			bool past;		/* said before roost heard it: for who reads, not for who acts */
		} process;
		struct {
			char token[64];
			struct player_line line;
			int64_t place;	/* as of `process` */
		} line;				/* PLAYER_LINE */
		struct {
			int64_t free_bytes, size_bytes;	/* free for us, of the whole file system */
		} disk;
	} as;
};

#endif
