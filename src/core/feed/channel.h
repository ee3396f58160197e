/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CHANNEL_H
#define ROOST_CHANNEL_H

/*
 * Channels: the names under which parts of the feed are subscribed to.
 *
 *	feed			everything
 *	servers			every event about servers and their players
 *	server/NAME		those of one server
 *	user/NAME		what is told about or to one user: user.* and token.* with this subject
 *	alerts			what somebody should look at (event.def says which types)
 *	console/NAME		lines of a console: live, not events
 *	connection/ID		what is sent to one connection; everybody has its own, always
 *	anything else		as the operator declared it: `channel.posted` with this subject
 *
 * Who may read: `feed`, `servers`, `server/NAME`: players; `user/NAME`: that user, and admins;
 * `alerts`, `console/NAME`: staff; custom ones: as declared. On top of that each event
 * has its own least role, asked for every time it is told; the one exception is that
 * users may read what is about themselves.
 */

#include "feed/cloudevent.h"
#include "model/name.h"

enum channel_kind {
	CHANNEL_FEED,
	CHANNEL_SERVERS,
	CHANNEL_SERVER,
	CHANNEL_USER,
	CHANNEL_ALERTS,
	CHANNEL_CONSOLE,
	CHANNEL_CONNECTION,
	CHANNEL_CUSTOM
};

struct channel {
	enum channel_kind kind;
	char name[CHANNEL_NAME_LIMIT + 1];	/* what stands behind the '/'; of a custom one: all of it */
};

/* False for what is no channel's name; *ret_channel is then left alone. */
bool channel_parse(const char *text, struct channel *ret_channel) must_check;
#define CHANNEL_TEXT_SIZE (CHANNEL_NAME_LIMIT + 12)
void channel_text(const struct channel *channel, char text[static CHANNEL_TEXT_SIZE]);
bool channel_equal(const struct channel *a, const struct channel *b);

/* Who reads. */
struct reader_rights {
	enum role role;
	const char *user;		/* "" = nobody by name */
	const char *connection;		/* own id, or "" */
	const struct channel_rule *rules;
	size_t rule_count;
};

bool channel_may_read(const struct channel *channel, const struct reader_rights *who);
/* To `user/NAME` staff may write, and to custom ones whom their rule names; to no other kind anybody. */
bool channel_may_post(const struct channel *channel, const struct reader_rights *who);

/* Does the event belong to this channel? Rights are not asked here. Consoles and connections have none. */
bool channel_has(const struct channel *channel, const char *type, const char *subject);

/* At most CHANNELS_PER_READER channels, in the order they were added. Owned; zeroed = empty. */
struct channel_set {
	struct channel *channels;
	size_t count, room;
};

/* False: it was there, or the set is full. */
bool channel_set_add(struct channel_set *set, const struct channel *channel);
bool channel_set_remove(struct channel_set *set, const struct channel *channel);
bool channel_set_contains(const struct channel_set *set, const struct channel *channel);
bool channel_set_has_event(const struct channel_set *set, const char *type, const char *subject);
/* The same channels in the same order. */
bool channel_set_equal(const struct channel_set *a, const struct channel_set *b);
uint32_t channel_set_hash(const struct channel_set *set);
void channel_set_copy(struct channel_set *to, const struct channel_set *from);	/* `to` held nothing */
void channel_set_deinit(struct channel_set *set);

#endif
