/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token buckets in a table of rows of eight, as a processor's cache has them: a
 * peer can only be in its row, so finding, adding and forgetting look at eight.
 */

#include "gate/admit.h"

#include <string.h>

#define ROW_PEERS   8
#define PEERS_LEAST 16

struct peer {
	uint64_t key; /* 0 = free */
	int64_t seen_ms;
	float tokens[ADMIT_WHAT_MAX];
};

struct admit {
	uint64_t seed;
	size_t row_mask;
	struct peer peers[];
};

_Static_assert(sizeof(struct peer) == 32, "what the header says a peer costs");

struct admit *
admit_new(size_t peers, uint64_t seed)
{
	size_t room = PEERS_LEAST;
	struct admit *admit;

	while (room < peers)
		room *= 2;
	admit = mem_new(sizeof *admit + room * sizeof admit->peers[0]);
	admit->seed = seed;
	admit->row_mask = room / ROW_PEERS - 1;
	return admit;
}

void
admit_free(struct admit *admit)
{
	mem_free(admit);
}

/* IPv4: ::ffff:a.b.c.d's second half (no /64 in use looks so); IPv6: the /64. Never 0. */
static uint64_t
key_for(const struct ip *ip)
{
	const unsigned char *from = ip_is_v4(ip) ? ip->bytes + 8 : ip->bytes;
	uint64_t key = 0;

	for (size_t i = 0; i < 8; i++)
		key = key << 8 | from[i];
	return key != 0 ? key : 1;
}

/* The finalizer of SplitMix64: every bit of the input moves every bit of the output. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static struct gate_rate
rate_for(const struct gate_limits *limits, enum admit_what what)
{
	switch (what) {
	case ADMIT_CONNECTION:
		return (struct gate_rate){ limits->connections.per_second,
					   limits->connections.burst };
	case ADMIT_STATUS:
		return (struct gate_rate){ limits->status.per_second, limits->status.burst };
	case ADMIT_LOGIN:
		return (struct gate_rate){ limits->logins.per_second, limits->logins.burst };
	case ADMIT_WAKE:
		return (struct gate_rate){ limits->wakes.per_second, limits->wakes.burst };
	case ADMIT_WHAT_MAX:
		break;
	}
	ASSERT(!"a kind of bucket");
	return (struct gate_rate){ 0 };
}

static float
burst_of(struct gate_rate rate)
{
	return rate.burst < 1 ? 1.0f : (float)rate.burst;
}

static void
peer_fill(struct peer *peer, const struct gate_limits *limits, struct instant now)
{
	/* A clock that was set back gives nothing and takes nothing. */
	int64_t passed = now.ms > peer->seen_ms ? now.ms - peer->seen_ms : 0;

	for (unsigned i = 0; i < ADMIT_WHAT_MAX; i++) {
		struct gate_rate rate = rate_for(limits, (enum admit_what)i);
		float tokens = peer->tokens[i] + (float)(rate.per_second * (double)passed / 1000.0);

		peer->tokens[i] = tokens < burst_of(rate) ? tokens : burst_of(rate);
	}
	peer->seen_ms = now.ms;
}

/* How full its buckets are, 0 to ADMIT_WHAT_MAX: who has taken nothing lately may be forgotten. */
static float
peer_fullness(struct peer *peer, const struct gate_limits *limits, struct instant now)
{
	float fullness = 0;

	peer_fill(peer, limits, now);
	for (unsigned i = 0; i < ADMIT_WHAT_MAX; i++)
		fullness += peer->tokens[i] / burst_of(rate_for(limits, (enum admit_what)i));
	return fullness;
}

static struct peer *
peer_to_forget(struct peer *row, const struct gate_limits *limits, struct instant now)
{
	struct peer *fullest = NULL;
	float most = -1;

	for (struct peer *peer = row; peer < row + ROW_PEERS; peer++) {
		if (peer->key == 0)
			return peer;

		float fullness = peer_fullness(peer, limits, now);

		if (fullness > most) {
			most = fullness;
			fullest = peer;
		}
	}
	return fullest;
}

static struct peer *
peer_find(struct admit *admit, uint64_t key, const struct gate_limits *limits, struct instant now)
{
	size_t row = mix(mix(key ^ admit->seed) + admit->seed) & admit->row_mask;
	struct peer *peers = &admit->peers[row * ROW_PEERS], *place;

	for (struct peer *peer = peers; peer < peers + ROW_PEERS; peer++)
		if (peer->key == key)
			return peer;
	place = peer_to_forget(peers, limits, now);
	place->key = key;
	place->seen_ms = now.ms;
	for (unsigned i = 0; i < ADMIT_WHAT_MAX; i++)
		place->tokens[i] = burst_of(rate_for(limits, (enum admit_what)i));
	return place;
}

bool
admit_take(struct admit *admit, const struct gate_limits *limits, const struct ip *ip,
	   enum admit_what what, struct instant now)
{
	struct peer *peer;

	if (rate_for(limits, what).per_second <= 0)
		return true;
	peer = peer_find(admit, key_for(ip), limits, now);
	peer_fill(peer, limits, now);
	if (peer->tokens[what] < 1.0f)
		return false;
	peer->tokens[what] -= 1.0f;
	return true;
}

const char *
admit_refusal(enum admit_what what)
{
	static const char *const texts[] = {
		[ADMIT_CONNECTION] = "too many connections from one address",
		[ADMIT_STATUS] = "too many pings from one address",
		[ADMIT_LOGIN] = "too many logins from one address",
		[ADMIT_WAKE] = "too many wakes from one address",
	};

	_Static_assert(ELEMENTS(texts) == ADMIT_WHAT_MAX, "a text for each");
	ASSERT(what < ADMIT_WHAT_MAX);
	return texts[what];
}
