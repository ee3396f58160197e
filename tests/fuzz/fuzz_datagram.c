/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A datagram at the gate. The first byte says which game's and in which state; the
 * rest is what came. Whatever it is: no answer to who is not known is longer than
 * what asked for it (the pong of the server list aside, which has its own bound), and
 * nobody is held at the first word where the game has no proof of its own.
 */

#include "fuzz.h"
#include "gate/datagram.h"
#include "wire/raknet/unconnected.h"

/* Is this number in it, in either order of bytes? */
static bool
holds(const struct datagram *datagram, uint32_t number)
{
	const unsigned char little[] = { (unsigned char)number, (unsigned char)(number >> 8),
					 (unsigned char)(number >> 16),
					 (unsigned char)(number >> 24) };
	const unsigned char big[] = { little[3], little[2], little[1], little[0] };

	for (size_t at = 0; at + sizeof number <= datagram->length; at++)
		if (memcmp(datagram->bytes + at, little, sizeof little) == 0 ||
		    memcmp(datagram->bytes + at, big, sizeof big) == 0)
			return true;
	return false;
}

/* A fuzzer needs no luck to find a cookie: it sees what is compared. */
static bool
holds_cookie(const struct datagram_gate *gate, const struct datagram *datagram)
{
	struct instant before = { gate->now.ms - 60000 };

	return holds(datagram, cookie_make(gate->key, &datagram->ip, datagram->port, gate->now)) ||
	       holds(datagram, cookie_make(gate->key, &datagram->ip, datagram->port, before));
}

static void
try_one(struct datagram_gate *gate, struct gate_server *server, const struct datagram *datagram)
{
	CLEANUP(buf_deinit) struct buf answer = BUF_NULL;
	unsigned char *keep = malloc(datagram->length + 1);
	struct datagram_verdict verdict = datagram_judge(gate, server, datagram, 0, &answer);
	bool is_alone;
	size_t kept;

	ASSERT(keep != NULL);
	if (!holds_cookie(gate, datagram)) {
		ASSERT(answer.length <= datagram->length ||
		       (server->query == QUERY_RAKNET && answer.length <= RAKNET_PONG_LIMIT));
		ASSERT(verdict.is != DATAGRAM_HOLD);
	}
	kept = datagram_keep(gate, server, datagram, &answer, keep, &is_alone);
	ASSERT(kept <= datagram->length);
	memcpy(keep, datagram->bytes, datagram->length);
	ASSERT(datagram_pass(gate, server, datagram, keep) <= datagram->length);
	if (datagram_is_query(server, datagram->bytes, datagram->length))
		ASSERT(verdict.is == DATAGRAM_ANSWER || verdict.is == DATAGRAM_CARRY);
	free(keep);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_server server = { .name = "s",
				      .is_datagrams = true,
				      .wake_on_join = true,
				      .wake_filter = true,
				      .hold_queue = 9,
				      .backend_resolved = true,
				      .last_protocol = -1 };
	struct datagram_gate gate = { .key = "k", .now = { 100000 }, .wall = { 1000 } };
	struct datagram datagram = { .port = 5 };
	unsigned char *copy;

	if (size == 0)
		return 0;
	copy = fuzz_copy(data + 1, size - 1);
	datagram.bytes = copy;
	datagram.length = size - 1;
	server.query = (enum query_protocol)(data[0] % QUERY_PROTOCOL_MAX);
	server.state = (enum state)(data[0] / 8 % STATE_MAX);
	server.first_bytes_length = data[0] / 128 * 2;
	gate.knocks = knocks_new(16, 3);
	try_one(&gate, &server, &datagram);
	knocks_free(gate.knocks);
	free(copy);
	return 0;
}
