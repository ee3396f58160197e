/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams at the gate: see the header. */

#include <string.h>

#include "world.h"

#define KNOCKS	      256 /* few, so that a flood washes them out */
#define FLOOD	      40
#define SAYS_AGAIN    250 /* ms */
#define SAYS_SO_OFTEN 4

void
datagram_sim_init(struct world *w)
{
	w->datagrams.gate.knocks = knocks_new(KNOCKS, w->seed);
	memcpy(w->datagrams.gate.key, &w->seed, sizeof w->seed);
}

void
datagram_sim_deinit(struct world *w)
{
	knocks_free(w->datagrams.gate.knocks);
	buf_deinit(&w->datagrams.answer);
}

static struct datagram_verdict
hear(struct world *w, const struct gate_server *server, const struct datagram *datagram,
     unsigned held)
{
	struct datagram_verdict verdict;

	w->datagrams.gate.wall = (struct instant){ w->now };
	verdict = datagram_judge(&w->datagrams.gate, server, datagram, held, &w->datagrams.answer);
	if (w->datagrams.answer.length > datagram->length)
		world_fail(w, "%s: an answer is longer than what asked for it", server->name);
	return verdict;
}

struct verdict
datagram_sim_come(struct world *w, const struct gate_server *server, uint64_t connection,
		  unsigned held)
{
	struct datagram datagram = { .bytes = (const unsigned char *)"join", .length = 4 };
	struct verdict expected = verdict_arriving(server, held);
	struct datagram_verdict verdict = { .is = DATAGRAM_DROP };

	memcpy(datagram.ip.bytes + 4, &connection, sizeof connection);
	datagram.port = (uint16_t)(connection | 1);
	for (int i = 0; i < SAYS_SO_OFTEN && verdict.is == DATAGRAM_DROP; i++) {
		w->datagrams.gate.now = (struct instant){ w->now + i * SAYS_AGAIN };
		verdict = hear(w, server, &datagram, held);
		if (i == 0 && verdict.is == DATAGRAM_HOLD)
			world_fail(w, "%s: held at the first word", server->name);
	}
	if ((verdict.is == DATAGRAM_CARRY) != (expected.is == VERDICT_LET_IN) ||
	    (verdict.is == DATAGRAM_HOLD) != (expected.is == VERDICT_HOLD))
		world_fail(w, "%s is %s, and a player who speaks on is not as they should be",
			   server->name, state_word(server->state));
	return expected;
}

static void
flood(struct world *w, const struct gate_server *server)
{
	struct datagram forged = { .bytes = (const unsigned char *)"join", .length = 4 };

	w->datagrams.gate.now = (struct instant){ w->now };
	for (int i = 0; i < FLOOD; i++) {
		w->datagrams.forged++;
		memcpy(forged.ip.bytes, &w->datagrams.forged, sizeof w->datagrams.forged);
		forged.ip.bytes[15] = 0xf1;
		forged.port = (uint16_t)(w->datagrams.forged * 7919);
		if (hear(w, server, &forged, 0).is == DATAGRAM_HOLD)
			world_fail(w, "a forged datagram wakes %s", server->name);
	}
}

void
datagram_sim_flood(struct world *w)
{
	for (size_t i = 0; w->table != NULL && i < w->table->server_count; i++) {
		if (w->table->servers[i].is_datagrams)
			flood(w, &w->table->servers[i]);
	}
}
