/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CORRELATE_H
#define ROOST_CORRELATE_H

/*
 * The progress of wishes, for the WebSocket that asked: what happens to the server, from
 * the wish until it is where it was wished to be (or cannot be, or somebody wished
 * otherwise), is sent there as
 *
 *	{"type":"progress","request_id":"...","event":{...}}
 *
 * in order and without a subscription. At most CORRELATIONS_LIMIT wishes are followed:
 * beyond it the oldest is let go. They are about connections, so they are in memory only.
 */

#include "keeper/plane.h"
#include "port/connections.h"

struct correlations;

/*
 * Once the plane is loaded. Free it after the plane's last turn. Where it is sent is looked
 * at each time; NULL is nowhere.
 */
struct correlations *correlations_new(struct plane *plane,
				      struct connections_port *const *connections) must_check;
void correlations_free(struct correlations *c);

struct correlation {
	char request_id[ID_TEXT_SIZE];
	char server[SERVER_NAME_LIMIT + 1];
	char connection[CONNECTION_ID_SIZE];
	char owner[USER_NAME_LIMIT + 1];	/* only to a connection of this user; "" = whoever's it is */
	char user[USER_NAME_LIMIT + 1];		/* who asked, and what that user may see */
	enum role role;
	enum want want;
};

/* Before the wish is noted: what is told from now on belongs to it. Copied. */
void correlations_add(struct correlations *c, const struct correlation *wish);

/* The wish is durable: when there is nothing to wait for, it is forgotten. */
void correlations_settle(struct correlations *c, const char *request_id);

size_t correlations_count(const struct correlations *c);

#endif
