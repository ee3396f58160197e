/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_FOLLOW_H
#define ROOST_FOLLOW_H

/*
 * Follow the feed until somebody has heard enough. A lost connection (the daemon
 * is being restarted) is taken up again where it was, with growing pauses.
 */

#include "cli/client.h"

struct follower {
	/* The stream is open, for the first time or again: ask for what is now. False = enough. */
	bool (*on_open)(void *argument, bool again);
	/* One event (CloudEvents), or what the daemon says about our place: `type` is "gap" and so on. */
	bool (*on_event)(void *argument, const char *type, const json_t *event);
	bool (*on_second)(void *argument);	/* or NULL */
	void (*on_lost)(void *argument);	/* the connection; or NULL */
	void *argument;
};

/* `path`: /v1/events and what is wanted of it. `after`: "EPOCH:OFFSET", an offset, or NULL for what happens from now on. EXIT_DONE when enough. */
int follow(struct client *client, const char *path, const char *after,
	   const struct follower *follower) must_check;

#endif
