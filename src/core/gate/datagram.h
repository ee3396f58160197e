/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_GATE_DATAGRAM_H
#define ROOST_GATE_DATAGRAM_H

/*
 * What becomes of one datagram that a game's listener got from somebody it does
 * not know yet, or from somebody who is held. Hard because its sender may be
 * forged: nothing is kept for one, no answer is longer than what asked for it,
 * and nothing wakes, before the sender has shown to be there, as far as the
 * game's own words let it:
 *
 * minecraft-bedrock: the gate runs RakNet's first exchange itself, with a cookie
 * (0x05, 0x06); who sends it back (0x07) is there. That 0x07 is what the game
 * gets, without the cookie. The one answer that goes to who is not known is the
 * pong of the server list (33 bytes ask for 120 to 250): ADMIT_STATUS bounds it.
 * A2S: every answer but the challenge goes to who sent that back; who did so in
 * the last ten minutes is known, and anything but a query of theirs is a join.
 * Others, and clients of RakNet that know no cookies: whoever still speaks 200 ms
 * after the first word (wake_filter), which who forges addresses at random never
 * does. Without the filter: the first.
 *
 * There is nobody to tell a name to or a reason: names are not known, rosters do
 * not apply, and who is not let in is not answered.
 */

#include "base/buf.h"
#include "gate/cookie.h"
#include "gate/knocks.h"
#include "gate/status.h"
#include "gate/verdict.h"

#define DATAGRAM_REPEATS_AFTER DURATION_MS(200)
#define DATAGRAM_REPEATS_WITHIN DURATION_S(10)
#define DATAGRAM_PROVED_FOR DURATION_S(600)

struct datagram {
	const unsigned char *bytes;
	size_t length;
	struct ip ip;		/* who claims to have sent it */
	uint16_t port;
	uint64_t door;		/* any number for the listener it came to */
};

/* What it takes to judge. */
struct datagram_gate {
	unsigned char key[COOKIE_KEY_SIZE];
	struct knocks *knocks;
	struct instant now;	/* a steady clock */
	struct instant wall;	/* the table's clock */
};

struct datagram_verdict {
	enum datagram_is {
		DATAGRAM_DROP,		/* `why` */
		DATAGRAM_ANSWER,	/* send what was put into `answer`; counts as a status ping */
		DATAGRAM_HOLD,		/* a player, there as far as can be shown: wake, keep, wait */
		DATAGRAM_CARRY		/* to the game */
	} is;
	enum datagram_why {
		DATAGRAM_FOREIGN,	/* not what this game's players begin with */
		DATAGRAM_UNPROVED,	/* not yet shown to be there */
		DATAGRAM_NOT_WOKEN,	/* joins do not wake it */
		DATAGRAM_QUEUE_FULL
	} why;
	uint64_t attempt;		/* HOLD: as verdict_arriving() */
};

/* From somebody not known. `held`: how many the server has. `answer` is emptied first. */
struct datagram_verdict datagram_judge(struct datagram_gate *gate, const struct gate_server *server,
				       const struct datagram *datagram, unsigned held,
				       struct buf *answer);

/*
 * From somebody who is held: what to keep of it for the game, written to `keep`
 * (room for the whole datagram). 0: nothing; when `answer` is not empty then, send
 * that. `*ret_alone`: it takes the place of everything kept before.
 */
size_t datagram_keep(struct datagram_gate *gate, const struct gate_server *server,
		     const struct datagram *datagram, struct buf *answer, unsigned char *keep,
		     bool *ret_alone);

/*
 * From somebody who is carried: RakNet's 0x07 said again, before the game's answer to
 * the one that was kept has come, loses its cookie too. Returns its length, changed in place.
 */
size_t datagram_pass(const struct datagram_gate *gate, const struct gate_server *server,
		     const struct datagram *datagram, unsigned char *bytes);

/* Does it only ask how the server is? Such ones do not make a player. */
bool datagram_is_query(const struct gate_server *server, const unsigned char *bytes, size_t length);

#endif
