/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets by id, and what they came with by its content: two tables that grow with what is in them. */

#include "web/web_inner.h"

#include <string.h>

#define BUCKETS_LEAST 64

/* FNV-1a. Ids are random, and nobody else chooses the rest. */
static uint32_t
hash_of(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * 16777619u;
	return hash;
}

/* --- sockets -------------------------------------------------------------------------------- */

static struct socket **
bucket_of(const struct web *web, const char *id)
{
	return &web->sockets.buckets[hash_of(id, CONNECTION_ID_SIZE - 1) % web->sockets.room];
}

static void
grow(struct web *web)
{
	struct socket_table before = web->sockets;

	web->sockets.room = before.room > 0 ? before.room * 2 : BUCKETS_LEAST;
	web->sockets.buckets = mem_new_array(web->sockets.room, sizeof *before.buckets);
	for (size_t i = 0; i < before.room; i++) {
		struct socket *next;

		for (struct socket *s = before.buckets[i]; s != NULL; s = next) {
			struct socket **bucket = bucket_of(web, s->id);

			next = s->next_same;
			s->next_same = *bucket;
			*bucket = s;
		}
	}
	mem_free(before.buckets);
}

struct socket *
sockets_find(const struct web *web, const char *id)
{
	struct socket *s;

	if (web->sockets.count == 0 || !connection_id_is_valid(id))
		return NULL;
	for (s = *bucket_of(web, id); s != NULL && strcmp(s->id, id) != 0; s = s->next_same)
		continue;
	return s;
}

void
sockets_put(struct web *web, struct socket *s)
{
	struct socket **bucket;

	if (web->sockets.count >= web->sockets.room)
		grow(web);
	bucket = bucket_of(web, s->id);
	s->next_same = *bucket;
	*bucket = s;
	web->sockets.count++;
}

void
sockets_remove(struct web *web, struct socket *s)
{
	struct socket **at = bucket_of(web, s->id);

	while (*at != s) {
		ASSERT(*at != NULL);
		at = &(*at)->next_same;
	}
	*at = s->next_same;
	web->sockets.count--;
}

/* --- identities ----------------------------------------------------------------------------- */

#define IDENTITY_BUCKETS 1024

static bool
is_same(const struct identity *a, uint32_t hash, const struct api_socket *socket, bool local,
	const char *agent)
{
	return a->hash == hash && a->role == socket->role && a->local == local &&
	       strcmp(a->user, socket->user) == 0 && strcmp(a->digest, socket->digest) == 0 &&
	       strcmp(a->agent, agent) == 0;
}

static const char *
append(struct identity *identity, const char *text)
{
	char *at = identity->text + identity->length;

	identity->length += strlen(text) + 1;
	return memcpy(at, text, strlen(text) + 1);
}

struct identity *
identity_of(struct web *web, const struct api_socket *socket, bool local, const char *agent)
{
	uint32_t hash = hash_of(socket->digest, strlen(socket->digest)) ^
			hash_of(socket->user, strlen(socket->user)) * 3 ^
			hash_of(agent, strlen(agent)) * 5;
	struct identity *identity;

	if (web->identities == NULL)
		web->identities = mem_new_array(IDENTITY_BUCKETS, sizeof(struct identity *));
	identity = web->identities[hash % IDENTITY_BUCKETS];
	while (identity != NULL && !is_same(identity, hash, socket, local, agent))
		identity = identity->next;
	if (identity == NULL) {
		identity = mem_new(sizeof *identity + strlen(socket->user) +
				   strlen(socket->digest) + strlen(agent) + 3);
		identity->hash = hash;
		identity->role = socket->role;
		identity->local = local;
		identity->user = append(identity, socket->user);
		identity->digest = append(identity, socket->digest);
		identity->agent = append(identity, agent);
		identity->next = web->identities[hash % IDENTITY_BUCKETS];
		web->identities[hash % IDENTITY_BUCKETS] = identity;
	}
	identity->references++;
	return identity;
}

void
identity_leave(struct web *web, struct identity *identity)
{
	struct identity **at = &web->identities[identity->hash % IDENTITY_BUCKETS];

	ASSERT(identity->references > 0);
	if (--identity->references > 0)
		return;
	while (*at != identity)
		at = &(*at)->next;
	*at = identity->next;
	mem_free(identity);
}

void
socket_table_free(struct web *web)
{
	ASSERT(web->sockets.count == 0);
	mem_free(web->sockets.buckets);
	mem_free(web->identities);
	mem_free(web->shared);
}
