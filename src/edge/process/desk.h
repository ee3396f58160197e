/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_DESK_H
#define ROOST_DESK_H

/*
 * Where a supervisor is spoken to: a listening socket and a few clients (roost,
 * and for a moment the roost before it). A client that does not read loses
 * console lines first, and is told how many; then its place.
 */

#include <poll.h>

#include "wire/supervise/message.h"

struct client {
	int fd;			/* -1 = free */
	struct buf in, out;
	size_t skipped;		/* console lines it was too slow for */
};

struct desk {
	int listening;
	struct client clients[SUPERVISE_CLIENTS_LIMIT];
};

#define DESK_POLLS (SUPERVISE_CLIENTS_LIMIT + 1)

/* A request came; answer it with desk_answer() before returning. */
typedef void desk_request(void *argument, struct client *client, const struct message *request);

void desk_init(struct desk *desk, int listening);
void desk_deinit(struct desk *desk);

/* Give a place to a connected socket; closes it and returns NULL when all are taken. */
struct client *desk_seat(struct desk *desk, int fd);

/* What to wait for, and what to do about what came. Both use the same DESK_POLLS slots. */
void desk_await(const struct desk *desk, struct pollfd polls[static DESK_POLLS]);
/* Returns a client that has just come, or NULL. */
struct client *desk_serve(struct desk *desk, const struct pollfd polls[static DESK_POLLS],
			  desk_request *request, void *argument) must_check;

void desk_answer(struct client *client, const struct message *answer);

/* A line for one client, before anything else it is told. */
void desk_recall(struct client *client, const struct message *line);

/* Tell every client. Lines may be skipped, all else is not. */
void desk_tell(struct desk *desk, const struct message *message);

/* Write out what waits, for at most `ms` milliseconds. */
void desk_finish(struct desk *desk, int ms);

#endif
