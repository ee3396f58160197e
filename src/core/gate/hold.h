/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HOLD_H
#define ROOST_HOLD_H

/*
 * One held join, as a machine without a clock or a socket.
 *
 * A client of 1.13 or later is asked, every ten seconds, a login plugin
 * question that it does not understand; it says so at once, which changes
 * nothing and resets its read timeout. Older ones (1.7 to 1.12.2) skip an empty
 * frame. Anything else can only be left in silence for 25 s.
 *
 * What makes it hard: not one answer to a question of ours may reach the game,
 * which would kick the player. So the questions have private numbers, and after
 * the release the client's frames are looked at until no answer of ours can
 * follow (a client answers in order). Nobody waits for that.
 *
 * How it is driven:
 *   hold_init	when the login start is whole and the server is not ready
 *   hold_turn	at once, and whenever hold_due() has come: bytes to send
 *   hold_heard	when the client sent something
 *   hold_take_wake  after either: true exactly once, when the wake may be asked for
 *   hold_release	the backend is connected and the recorded frames are on their way;
 *		then hold_drain for what the client sends, until DRAIN_OVER.
 * `now` may be of any clock, the same for one hold.
 */

#include "base/instant.h"

#define HOLD_SEND_LIMIT 18	/* bytes hold_turn() may write */

enum hold_method {
	HOLD_BY_QUESTIONS,	/* 1.13 and later */
	HOLD_BY_EMPTY_FRAMES,	/* 1.7 to 1.12.2 */
	HOLD_BY_SILENCE		/* anything else */
};

struct hold {
	struct instant started_at;
	struct instant send_at;		/* next filler; NEVER = none */
	struct instant until;		/* then the player is told to come again */
	int32_t first, lowest, next;	/* questions asked: [first, next); unanswered: [lowest, next) */
	uint8_t method;			/* enum hold_method */
	bool is_answering;		/* it has answered once: it is a client that does */
	bool may_wake, has_woken;
	bool is_released;
};

struct hold_rules {
	int32_t protocol;
	bool wake_filter;		/* a wake only once the client has proved to wait */
	struct duration hold_for;
	uint32_t chance;		/* any random number: the questions' private range */
};

void hold_init(struct hold *hold, const struct hold_rules *rules, struct instant now);

enum hold_method hold_method_for(int32_t protocol);

/* When hold_turn() is to be called at the latest. Never NEVER while held. */
struct instant hold_due(const struct hold *hold);

enum hold_turn {
	HOLD_GOES_ON,		/* send the `*ret_length` bytes (0: none) */
	HOLD_IS_OVER,		/* waited for too long: kick with KICK_STILL_WAKING */
	HOLD_CANNOT_WAIT,	/* this client cannot be held longer: kick with KICK_COME_AGAIN */
	HOLD_PEER_IS_DEAD	/* it used to answer and does not any more: close */
};

enum hold_turn hold_turn(struct hold *hold, struct instant now,
			 unsigned char send[static HOLD_SEND_LIMIT], size_t *ret_length) must_check;

enum hold_heard {
	HOLD_HEARD_ANSWER,	/* `*ret_used` bytes were an answer of ours: drop them, go on */
	HOLD_HEARD_MORE,	/* not whole yet: keep the bytes (never more than HOLD_ANSWER_LIMIT) */
	HOLD_HEARD_VIOLATION	/* no client sends this here: close */
};

/* What a held client sent, from the start of a frame. */
enum hold_heard hold_heard(struct hold *hold, const unsigned char *bytes, size_t length,
			   size_t *ret_used) must_check;

/*
 * May its server be woken now? True exactly once. Without the wake filter: at
 * once. With it: on the first answer; or when the client is still there after
 * three seconds (it may be one that does not answer).
 */
bool hold_take_wake(struct hold *hold, struct instant now) must_check;

/* No more questions. From now on only hold_drain() and hold_is_drained(). */
void hold_release(struct hold *hold);

enum drain {
	DRAIN_DROP,	/* `*ret_used` bytes were an answer of ours: drop them, ask again for the rest */
	DRAIN_MORE,	/* may become one: keep the bytes (at most HOLD_ANSWER_LIMIT), wait for more */
	DRAIN_OVER	/* nothing of ours is in these bytes or behind: forward them, then splice */
};

/*
 * The game fell before any byte of it was passed on: held as before. What was
 * asked before the release may still be answered. Until then no hold_drain().
 */
void hold_resume(struct hold *hold, struct instant now);

/* What a released client sent, from the start of a frame; `length` may be 0. */
enum drain hold_drain(struct hold *hold, const unsigned char *bytes, size_t length,
		      size_t *ret_used) must_check;

/* Can no answer of ours come any more? Then the client's side may be spliced without a look. */
bool hold_is_drained(const struct hold *hold);

#endif
