/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: names, who may, and which events belong. The kinds are a table, so that
 * what one is written like and who may read it stand beside each other.
 */

#include "feed/channel.h"

#include <string.h>

#include "model/spec.h"
#include "port/connections.h"

typedef bool name_check(const char *name);

/* The text, up to and with the '/' when something stands behind it; the least role to read. */
static const struct {
	const char *text;
	name_check *name; /* NULL: there is no name */
	enum role read;
} kinds[] = {
	[CHANNEL_FEED] = { "feed", NULL, ROLE_PLAYER },
	[CHANNEL_SERVERS] = { "servers", NULL, ROLE_PLAYER },
	[CHANNEL_SERVER] = { "server/", server_name_is_valid, ROLE_PLAYER },
	[CHANNEL_USER] = { "user/", user_name_is_valid, ROLE_ADMIN },
	[CHANNEL_ALERTS] = { "alerts", NULL, ROLE_STAFF },
	[CHANNEL_CONSOLE] = { "console/", server_name_is_valid, ROLE_STAFF },
	[CHANNEL_CONNECTION] = { "connection/", connection_id_is_valid, ROLE_MAX },
	[CHANNEL_CUSTOM] = { "", channel_name_is_valid, ROLE_MAX },
};

/* A custom name never begins with one of the other words, so the order does not matter. */
bool
channel_parse(const char *text, struct channel *ret_channel)
{
	for (size_t i = 0; i < ELEMENTS(kinds); i++) {
		const char *name = text + strlen(kinds[i].text);

		if (!text_starts_with(text, kinds[i].text))
			continue;
		if (kinds[i].name != NULL ? !kinds[i].name(name) : name[0] != '\0')
			continue;
		*ret_channel = (struct channel){ .kind = (enum channel_kind)i };
		(void)text_put(ret_channel->name, sizeof ret_channel->name, name);
		return true;
	}
	return false;
}

void
channel_text(const struct channel *channel, char text[static CHANNEL_TEXT_SIZE])
{
	size_t length = strlen(kinds[channel->kind].text);

	(void)text_put(text, CHANNEL_TEXT_SIZE, kinds[channel->kind].text);
	(void)text_put(text + length, CHANNEL_TEXT_SIZE - length, channel->name);
}

bool
channel_equal(const struct channel *a, const struct channel *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

/* --- who may -------------------------------------------------------------------------------- */

/* "" is nobody: it never equals a name, which is never empty. */
static bool
is_own(const char *name, const char *own)
{
	return own != NULL && strcmp(name, own) == 0;
}

static const struct channel_rule *
rule_of(const struct channel *channel, const struct reader_rights *who)
{
	return channel_rule_find(who->rules, who->rule_count, channel->name);
}

bool
channel_may_read(const struct channel *channel, const struct reader_rights *who)
{
	const struct channel_rule *rule;

	switch (channel->kind) {
	case CHANNEL_CUSTOM:
		rule = rule_of(channel, who);
		return rule != NULL && who->role >= rule->read;
	case CHANNEL_CONNECTION:
		return is_own(channel->name, who->connection);
	case CHANNEL_USER:
		if (who->role > ROLE_NOBODY && is_own(channel->name, who->user))
			return true;
		break;
	case CHANNEL_FEED:
	case CHANNEL_SERVERS:
	case CHANNEL_SERVER:
	case CHANNEL_ALERTS:
	case CHANNEL_CONSOLE:
		break;
	}
	return who->role >= kinds[channel->kind].read;
}

bool
channel_may_post(const struct channel *channel, const struct reader_rights *who)
{
	const struct channel_rule *rule;

	if (channel->kind == CHANNEL_USER)
		return who->role >= ROLE_STAFF;
	if (channel->kind != CHANNEL_CUSTOM)
		return false;
	rule = rule_of(channel, who);
	return rule != NULL && who->role >= rule->post;
}

/* --- events --------------------------------------------------------------------------------- */

bool
channel_has(const struct channel *channel, const char *type, const char *subject)
{
	enum event_type known;

	switch (channel->kind) {
	case CHANNEL_FEED:
		return true;
	case CHANNEL_SERVERS:
		return event_about(type) == ABOUT_SERVER;
	case CHANNEL_SERVER:
		return strcmp(channel->name, subject) == 0 && event_about(type) == ABOUT_SERVER;
	case CHANNEL_USER:
		return strcmp(channel->name, subject) == 0 && event_about(type) == ABOUT_USER;
	case CHANNEL_CUSTOM:
		return strcmp(channel->name, subject) == 0 && event_about(type) == ABOUT_CHANNEL;
	case CHANNEL_ALERTS:
		return event_parse(type, &known) && event_is_alert(known);
	case CHANNEL_CONSOLE:
	case CHANNEL_CONNECTION:
		break;
	}
	return false;
}

/* --- sets ----------------------------------------------------------------------------------- */

/* Where it stands, or `count`. */
static size_t
place_of(const struct channel_set *set, const struct channel *channel)
{
	size_t i = 0;

	while (i < set->count && !channel_equal(&set->channels[i], channel))
		i++;
	return i;
}

bool
channel_set_contains(const struct channel_set *set, const struct channel *channel)
{
	return place_of(set, channel) < set->count;
}

bool
channel_set_add(struct channel_set *set, const struct channel *channel)
{
	if (set->count >= CHANNELS_PER_READER || channel_set_contains(set, channel))
		return false;
	if (set->count == set->room) {
		set->room = set->room > 0 ? set->room * 2 : 1;
		set->channels = mem_resize(set->channels, set->room * sizeof *set->channels);
	}
	set->channels[set->count++] = *channel;
	return true;
}

bool
channel_set_remove(struct channel_set *set, const struct channel *channel)
{
	size_t at = place_of(set, channel);

	if (at == set->count)
		return false;
	set->count--;
	memmove(&set->channels[at], &set->channels[at + 1],
		(set->count - at) * sizeof *set->channels);
	return true;
}

bool
channel_set_has_event(const struct channel_set *set, const char *type, const char *subject)
{
	for (size_t i = 0; i < set->count; i++) {
		if (channel_has(&set->channels[i], type, subject))
			return true;
	}
	return false;
}

bool
channel_set_equal(const struct channel_set *a, const struct channel_set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!channel_equal(&a->channels[i], &b->channels[i]))
			return false;
	}
	return true;
}

/* FNV-1a. */
uint32_t
channel_set_hash(const struct channel_set *set)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < set->count; i++) {
		hash = (hash ^ (uint32_t)set->channels[i].kind) * 16777619u;
		for (const char *c = set->channels[i].name; *c != '\0'; c++)
			hash = (hash ^ (unsigned char)*c) * 16777619u;
	}
	return hash;
}

void
channel_set_copy(struct channel_set *to, const struct channel_set *from)
{
	*to = (struct channel_set){ .channels = NULL };
	for (size_t i = 0; i < from->count; i++)
		ASSERT(channel_set_add(to, &from->channels[i]));
}

void
channel_set_deinit(struct channel_set *set)
{
	mem_free(set->channels);
	*set = (struct channel_set){ .channels = NULL };
}
