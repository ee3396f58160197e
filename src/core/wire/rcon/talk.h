/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RCON_TALK_H
#define ROOST_RCON_TALK_H

/*
 * One command by RCON, from the sign-in to the end of its answer, as a value:
 * bytes in, bytes out. What makes it hard is that nothing marks an answer's end.
 * When its first part has come, a packet that means nothing (the sentinel) is
 * sent; servers answer in order, so its answer ends ours. Not before: Minecraft
 * hangs up when two packets come at once. Servers that ignore the sentinel are
 * left to whoever waits: rcon_talk_has_answer() says that something is there.
 */

#include "wire/rcon/packet.h"

#define RCON_ANSWER_LIMIT 262144	/* bytes of a whole answer; what is beyond is left out */

enum rcon_talk_is {
	RCON_SIGNING_IN,
	RCON_ASKED,		/* the command was sent */
	RCON_ANSWERING,		/* and its answer has begun */
	RCON_OVER,
	RCON_WRONG_PASSWORD,
	RCON_NO_RCON		/* what came is none */
};

struct rcon_talk {
	enum rcon_talk_is is;
	struct buf in, out;	/* `out` is to be sent, and emptied by who sends it */
	struct buf answer;
	char *command;
};

/* A password of at most RCON_COMMAND_LIMIT bytes; a command likewise. */
void rcon_talk_init(struct rcon_talk *talk, const char *password, const char *command);
void rcon_talk_deinit(struct rcon_talk *talk);	/* wipes nothing: see rcon_talk_sent() */

/* Bytes from the server. Ends of themselves: OVER, WRONG_PASSWORD, NO_RCON. */
enum rcon_talk_is rcon_talk_hear(struct rcon_talk *talk, const void *bytes, size_t length);

/* What was in `out` was sent: it is zeroed (the password was among it) and emptied. */
void rcon_talk_sent(struct rcon_talk *talk);

bool rcon_talk_has_answer(const struct rcon_talk *talk);

#endif
