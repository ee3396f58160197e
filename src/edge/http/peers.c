/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open hash of counters, kept small by its bound: there are never more peers
 * than connections. The hash is keyed by a random number, or a peer with many
 * addresses could pile them up in one chain.
 */

#include "http/peers.h"

#include <string.h>
#include <sys/random.h>

#define PEER_BUCKETS 4096

struct peer {
	struct peer *next;
	struct ip prefix;
	size_t count;
};

struct peers {
	uint64_t key[2];
	struct peer *buckets[PEER_BUCKETS];
};

struct peers *
peers_new(void)
{
	struct peers *peers = mem_new(sizeof *peers);

	ASSERT(getrandom(peers->key, sizeof peers->key, 0) == (ssize_t)sizeof peers->key);
	return peers;
}

void
peers_free(struct peers *peers)
{
	if (peers == NULL)
		return;
	for (size_t i = 0; i < PEER_BUCKETS; i++) {
		while (peers->buckets[i] != NULL) {
			struct peer *peer = peers->buckets[i];

			peers->buckets[i] = peer->next;
			mem_free(peer);
		}
	}
	mem_free(peers);
}

static bool
is_loopback(const struct ip *ip)
{
	static const struct ip v6 = { { [15] = 1 } };

	return ip_equal(ip, &v6) || (ip_is_v4(ip) && ip->bytes[12] == 127);
}

static struct peer **
place_of(struct peers *peers, const struct ip *prefix)
{
	uint64_t half[2];
	struct peer **place;
	uint64_t hash;

	memcpy(half, prefix->bytes, sizeof half);
	hash = (half[0] ^ peers->key[0]) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ (hash >> 29) ^ half[1] ^ peers->key[1]) * 0xbf58476d1ce4e5b9u;
	place = &peers->buckets[(hash >> 40) % PEER_BUCKETS];
	while (*place != NULL && !ip_equal(&(*place)->prefix, prefix))
		place = &(*place)->next;
	return place;
}

bool
peers_enter(struct peers *peers, const struct ip *ip, size_t limit)
{
	struct ip prefix = ip_prefix(ip);
	struct peer **place;

	if (is_loopback(ip))
		return true;
	place = place_of(peers, &prefix);
	if (*place == NULL) {
		*place = mem_new(sizeof **place);
		(*place)->prefix = prefix;
	}
	if ((*place)->count >= limit)
		return false;
	(*place)->count++;
	return true;
}

void
peers_leave(struct peers *peers, const struct ip *ip)
{
	struct ip prefix = ip_prefix(ip);
	struct peer **place, *peer;

	if (is_loopback(ip))
		return;
	place = place_of(peers, &prefix);
	peer = *place;
	ASSERT(peer != NULL && peer->count > 0);
	if (--peer->count > 0)
		return;
	*place = peer->next;
	mem_free(peer);
}
