/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_LINK_H
#define ROOST_LINK_H

/*
 * Roost's side of one run: a connection to its supervisor, made by connecting to
 * one that is there, by starting one, or by starting one that takes over from a
 * dead one. Requests wait in it until it is open. A link goes when its run has
 * ended or turns out never to have begun.
 */

#include "process/spawn.h"
#include "port/process.h"
#include "sys/courier.h"
#include "wire/supervise/message.h"

struct link;

/* What all links share: the port's own things. */
struct link_host {
	uv_loop_t *loop;
	struct courier *courier;
	struct spawner *spawner;
	int runs;			/* DATA/run */
	const char *groups;		/* "" = no control groups */
	bool limits_kept;
	struct link *links;
};

enum link_wish {
	LINK_ASK,		/* how is it? */
	LINK_SAY,		/* `text` */
	LINK_SIGNAL		/* `number` */
};

struct link_request {
	struct ticket ticket;
	enum link_wish wish;
	const char *text;
	int number;
};

/* The link of a run that lives, or NULL. */
struct link *link_find(struct link_host *host, const char *token);

/*
 * Send a request to a run, making the link when there is none. With an order,
 * the run is started if it never was; the order is copied. Exactly one reply
 * goes to the courier.
 */
void link_send(struct link_host *host, const char *token, const struct link_request *request,
	       const struct process_order *order);

/* Look after a run found at the start of roost; its end is told if it has ended. */
void link_watch(struct link_host *host, const char *token);

/* Close all, answering nothing. */
void links_close(struct link_host *host);

#endif
