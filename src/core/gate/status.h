/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_STATUS_H
#define ROOST_STATUS_H

/*
 * What the gate says to people, in the server list and on the screen of who is
 * turned away, for every state of a server and every form of client. It never
 * wakes anything.
 *
 * A status answer is made once for a server and a moment (JSON work), and then
 * printed for each client with its own protocol number (two copies): keep the
 * made one for (table, server) until `good_until`. `now` is wall-clock time, the
 * clock of the table.
 */

#include "base/buf.h"
#include "gate/table.h"
#include "wire/minecraft/legacy.h"

struct status_answer {
	struct buf json;		/* whole answer but for the protocol number */
	size_t protocol_at;		/* where it belongs; SIZE_MAX = it is in already (the game's own answer) */
	int32_t protocol_instead;	/* told to a client that has none (-1) */
	struct instant good_until;	/* texts say how long: make it anew then, or with a newer table */
};

#define STATUS_ANSWER_NULL ((struct status_answer){ 0 })

/* `server` NULL: a host that is nobody's. An answer made before is replaced, its memory used again. */
void status_answer_make(struct status_answer *answer, const struct gate_table *table,
			const struct gate_server *server, struct instant now);
void status_answer_deinit(struct status_answer *answer);

/* Append the whole frame (clientbound 0x00) for a client of `protocol`. No JSON work. */
void status_answer_print(const struct status_answer *answer, int32_t protocol, struct buf *to);

/*
 * What a ready game answered (the JSON of it, as it sent it), with the declared icon
 * where the game has none; as it is where that would be too long for a client.
 */
void status_game_answer_put(struct buf *to, const struct gate_server *server, const char *json,
			    size_t length);

/* Both in one, for who keeps nothing. */
void status_print(struct buf *to, const struct gate_table *table, const struct gate_server *server,
		  int32_t protocol, struct instant now);

/* The answer to a ping from before 1.7, in its form. */
void status_legacy_print(struct buf *to, enum legacy_kind kind, const struct gate_table *table,
			 const struct gate_server *server, struct instant now);

/* One line about how the server is: "Waking up: Starting the game (40 s, usually 2 min)". */
#define STATE_LINE_SIZE 400
void state_line(const struct gate_server *server, struct instant now,
		char ret_text[static STATE_LINE_SIZE]);

/* The first line of the server list, plain: the owner's words, else the game's last, else the name. */
void status_first_line(const struct gate_server *server, char ret_text[static MOTD_LIMIT]);

enum kick {
#define KICK(kind, reason, text) KICK_##kind,
#include "gate/kick.def"
	KICK_MAX
};

/* The short reason for the record. */
const char *kick_reason(enum kick kick);

/*
 * The sentence for the player: hand it to login_disconnect_print() or
 * legacy_kick_print(). `server` may be NULL for the kinds that name none;
 * KICK_UNKNOWN_HOST says the table's own words when it has some.
 */
#define KICK_TEXT_SIZE 768
struct kick_about {
	const struct gate_table *table;		/* or NULL */
	const struct gate_server *server;	/* or NULL */
	struct instant now;
	const char *player;			/* the name they gave; or NULL */
	const struct ip *ip;			/* where they come from; or NULL */
};
void kick_text(enum kick kick, const struct kick_about *about,
	       char ret_text[static KICK_TEXT_SIZE]);

#endif
