/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PRESENCE_H
#define ROOST_PRESENCE_H

/*
 * Who is on which channel, now. A member is a user however many connections they
 * have (those without a name count one by one): joined with the first, left with the
 * last. In memory only: it is about connections, and these end with the process.
 */

#include "feed/channel.h"

/*
 * Of all channels together, about 150 bytes each. Whoever comes when it is full is not counted, and
 * not told of: a member's connections that came then are not missed when they go.
 */
#define PRESENCE_MEMBERS_LIMIT 20000

struct presence;

struct presence *presence_new(void) must_check;
void presence_free(struct presence *presence);

/* A member is `user`, or where that is "" the connection. Return whether somebody came or went. */
bool presence_add(struct presence *presence, const struct channel *channel, const char *user,
		  const char *connection, struct instant now) must_check;
bool presence_remove(struct presence *presence, const struct channel *channel, const char *user,
		     const char *connection) must_check;

struct presence_member {
	const char *member;		/* user, or connection id */
	bool is_user;
	unsigned connections;
	struct instant since;
};
typedef void presence_each(void *argument, const struct presence_member *member);
/* In the order in which they came; returns how many there are. `each` may be NULL. */
size_t presence_list(const struct presence *presence, const struct channel *channel,
		     presence_each *each, void *argument);

#endif
