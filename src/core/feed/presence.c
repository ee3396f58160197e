/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is on which channel. All members of all channels are in one table by channel
 * and name, so that coming and going cost the same however many there are; each
 * channel has its members in a list besides, in the order in which they came.
 */

#include "feed/presence.h"

#include <string.h>

#define BUCKETS 8192u /* a power of two; full, a chain has about three members */

struct member {
	struct member *next_in_bucket;
	struct member *next, *previous; /* of the same place */
	struct place *place;
	bool is_user;
	unsigned connections;
	struct instant since;
	char name[USER_NAME_LIMIT + 1]; /* or a connection's id, which is shorter */
};

/* A channel on which there is somebody. */
struct place {
	struct place *next_in_bucket;
	struct channel channel;
	struct member *first, *last;
	size_t count;
};

struct presence {
	struct member *members[BUCKETS];
	struct place *places[BUCKETS];
	size_t count;
};

struct presence *
presence_new(void)
{
	return mem_new(sizeof(struct presence));
}

void
presence_free(struct presence *presence)
{
	if (presence == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (presence->members[i] != NULL) {
			struct member *member = presence->members[i];

			presence->members[i] = member->next_in_bucket;
			mem_free(member);
		}
		while (presence->places[i] != NULL) {
			struct place *place = presence->places[i];

			presence->places[i] = place->next_in_bucket;
			mem_free(place);
		}
	}
	mem_free(presence);
}

/* --- finding -------------------------------------------------------------------------------- */

/* FNV-1a. Whoever chooses names that meet in a chain waits for a chain of PRESENCE_MEMBERS_LIMIT at most. */
static uint32_t
mix(uint32_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

static uint32_t
place_hash(const struct channel *channel)
{
	return mix((2166136261u ^ (uint32_t)channel->kind) * 16777619u, channel->name);
}

static struct place **
place_at(struct presence *presence, const struct channel *channel)
{
	struct place **at = &presence->places[place_hash(channel) % BUCKETS];

	while (*at != NULL && !channel_equal(&(*at)->channel, channel))
		at = &(*at)->next_in_bucket;
	return at;
}

static struct member **
member_at(struct presence *presence, const struct place *place, bool is_user, const char *name)
{
	uint32_t hash = mix((place_hash(&place->channel) ^ is_user) * 16777619u, name);
	struct member **at = &presence->members[hash % BUCKETS];

	while (*at != NULL && ((*at)->place != place || (*at)->is_user != is_user ||
			       strcmp((*at)->name, name) != 0))
		at = &(*at)->next_in_bucket;
	return at;
}

/* --- coming and going ----------------------------------------------------------------------- */

static void
member_link(struct place *place, struct member *member)
{
	member->place = place;
	member->previous = place->last;
	if (place->last != NULL)
		place->last->next = member;
	else
		place->first = member;
	place->last = member;
	place->count++;
}

static void
member_unlink(struct place *place, struct member *member)
{
	if (member->previous != NULL)
		member->previous->next = member->next;
	else
		place->first = member->next;
	if (member->next != NULL)
		member->next->previous = member->previous;
	else
		place->last = member->previous;
	place->count--;
}

static struct place *
place_make(struct place **at, const struct channel *channel)
{
	if (*at == NULL) {
		*at = mem_new(sizeof **at);
		(*at)->channel = *channel;
	}
	return *at;
}

bool
presence_add(struct presence *presence, const struct channel *channel, const char *user,
	     const char *connection, struct instant now)
{
	struct place **place_slot = place_at(presence, channel);
	bool is_user = user[0] != '\0';
	const char *name = is_user ? user : connection;
	struct member **slot;

	if (*place_slot == NULL && presence->count >= PRESENCE_MEMBERS_LIMIT)
		return false;
	slot = member_at(presence, place_make(place_slot, channel), is_user, name);
	if (*slot != NULL) {
		(*slot)->connections++;
		return false;
	}
	if (presence->count >= PRESENCE_MEMBERS_LIMIT)
		return false;
	*slot = mem_new(sizeof **slot);
	(*slot)->is_user = is_user;
	(*slot)->connections = 1;
	(*slot)->since = now;
	(void)text_put((*slot)->name, sizeof(*slot)->name, name);
	member_link(*place_slot, *slot);
	presence->count++;
	return true;
}

bool
presence_remove(struct presence *presence, const struct channel *channel, const char *user,
		const char *connection)
{
	struct place **place_slot = place_at(presence, channel), *place = *place_slot;
	bool is_user = user[0] != '\0';
	struct member **slot, *member;

	if (place == NULL)
		return false;
	slot = member_at(presence, place, is_user, is_user ? user : connection);
	member = *slot;
	if (member == NULL || --member->connections > 0)
		return false;
	*slot = member->next_in_bucket;
	member_unlink(place, member);
	mem_free(member);
	presence->count--;
	if (place->count == 0) {
		*place_slot = place->next_in_bucket;
		mem_free(place);
	}
	return true;
}

size_t
presence_list(const struct presence *presence, const struct channel *channel, presence_each *each,
	      void *argument)
{
	const struct place *place = presence->places[place_hash(channel) % BUCKETS];

	while (place != NULL && !channel_equal(&place->channel, channel))
		place = place->next_in_bucket;
	if (place == NULL)
		return 0;
	for (const struct member *m = place->first; m != NULL && each != NULL; m = m->next) {
		struct presence_member member = { .member = m->name,
						  .is_user = m->is_user,
						  .connections = m->connections,
						  .since = m->since };

		each(argument, &member);
	}
	return place->count;
}
