/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a host to a server. The index is one block: a hash table of patterns,
 * where the hash runs from a name's end to its start, so that one pass over a
 * host meets the hash of every suffix a wildcard could be.
 */

#include "gate/route.h"

#include <string.h>

#define HASH_START  2166136261u /* FNV-1a */
#define HASH_FACTOR 16777619u

struct route {
	const char *pattern; /* of the table; a wildcard's without its '*'. NULL = free */
	uint32_t hash;
	uint32_t server : 31;
	uint32_t is_wildcard : 1;
};

struct routes {
	const struct gate_server *rest; /* who has "*"; or NULL */
	size_t mask;
	struct route slots[];
};

bool
route_clean(const char *raw, size_t length, char ret_host[static HOST_MAX + 1])
{
	size_t end = 0;

	while (end < length && raw[end] != '\0' &&
	       !(length - end >= 3 && memcmp(raw + end, "///", 3) == 0) &&
	       !(length - end >= 2 && memcmp(raw + end, "\\\\", 2) == 0))
		end++;
	if (end > 0 && raw[end - 1] == '.')
		end--;
	text_clean(ret_host, HOST_MAX + 1, raw, end);
	if (end > HOST_MAX)
		return false;
	for (size_t i = 0; i < end; i++) {
		if (raw[i] <= ' ' || raw[i] > '~')
			return false;
		if (raw[i] >= 'A' && raw[i] <= 'Z')
			ret_host[i] = (char)(raw[i] - 'A' + 'a');
	}
	return true;
}

static uint32_t
hash_step(uint32_t hash, char c)
{
	return (hash ^ (unsigned char)c) * HASH_FACTOR;
}

static uint32_t
hash_backwards(const char *text)
{
	uint32_t hash = HASH_START;

	for (size_t i = strlen(text); i-- > 0;)
		hash = hash_step(hash, text[i]);
	return hash;
}

/* The slot of this pattern, or the free one where it belongs. */
static size_t
slot_for(const struct routes *routes, uint32_t hash, const char *pattern, bool is_wildcard)
{
	size_t at = hash & routes->mask;

	for (;; at = (at + 1) & routes->mask) {
		const struct route *slot = &routes->slots[at];

		if (slot->pattern == NULL)
			return at;
		if (slot->hash == hash && slot->is_wildcard == is_wildcard &&
		    strcmp(slot->pattern, pattern) == 0)
			return at;
	}
}

static void
route_add(struct routes *routes, const struct gate_table *table, size_t server, const char *host)
{
	bool is_wildcard = host[0] == '*' && host[1] == '.';
	const char *pattern = is_wildcard ? host + 1 : host;
	uint32_t hash = hash_backwards(pattern);
	struct route *slot;

	if (strcmp(host, "*") == 0) {
		if (routes->rest == NULL)
			routes->rest = &table->servers[server];
		return;
	}
	slot = &routes->slots[slot_for(routes, hash, pattern, is_wildcard)];
	if (slot->pattern != NULL)
		return;
	slot->pattern = pattern;
	slot->hash = hash;
	slot->server = (uint32_t)server & INT32_MAX;
	slot->is_wildcard = is_wildcard;
}

void
route_prepare(struct gate_table *table)
{
	size_t count = 0, slots = 16;
	struct routes *routes;

	if (table->routes != NULL)
		return;
	for (size_t i = 0; i < table->server_count; i++)
		for (char **host = table->servers[i].hosts; host != NULL && *host != NULL; host++)
			count++;
	while (slots < 2 * count)
		slots *= 2;
	routes = mem_new(sizeof *routes + slots * sizeof routes->slots[0]);
	routes->mask = slots - 1;
	for (size_t i = 0; i < table->server_count; i++)
		for (char **host = table->servers[i].hosts; host != NULL && *host != NULL; host++)
			route_add(routes, table, i, *host);
	table->routes = routes;
}

static const struct gate_server *
slot_server(const struct gate_table *table, const struct routes *routes, size_t at)
{
	const struct route *slot = &routes->slots[at];

	return slot->pattern != NULL ? &table->servers[slot->server] : NULL;
}

const struct gate_server *
route_find(const struct gate_table *table, const char *host)
{
	const struct routes *routes = table->routes;
	const struct gate_server *found, *widest = NULL;
	uint32_t hash = HASH_START;

	ASSERT(routes != NULL);
	/* From the end: the last wildcard met is the longest. It leaves a label before its dot. */
	for (size_t i = strlen(host); i-- > 0;) {
		hash = hash_step(hash, host[i]);
		if (host[i] != '.' || i == 0)
			continue;
		found = slot_server(table, routes, slot_for(routes, hash, host + i, true));
		if (found != NULL)
			widest = found;
	}
	found = slot_server(table, routes, slot_for(routes, hash, host, false));
	if (found != NULL)
		return found;
	return widest != NULL ? widest : routes->rest;
}
