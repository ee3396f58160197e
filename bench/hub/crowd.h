/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CROWD_H
#define ROOST_CROWD_H

/*
 * A crowd of subscribers and those who publish to it, on one thread: the other core
 * than the hub's. The same crowd listens to roost and to nginx with nchan; only what is
 * said at the door differs.
 *
 *	GENERATOR HUB TRANSPORT PORT PID SUBSCRIBERS SECONDS [PUBLISHERS] [BYTES]
 *
 * HUB: roost (its token in ROOST_TOKEN; channel `bench`), or nchan. TRANSPORT: ws, sse.
 * BYTES: of one event as a subscriber receives it, so that both hubs carry as much.
 *
 * Every event has one `~` and behind it the letter of its publisher, who publishes
 * the next one when everybody has this one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure.h"

#define PUBLISHERS_MAX 26

struct subscriber {
	int fd;
	bool is_in;		/* has been let in: what comes now are events */
	bool tilde;		/* the last byte so far was a `~` */
	char seen[3];		/* the last bytes of the door's answer */
};

struct publisher {
	int fd;
	char letter;
	bool is_out;		/* its event is on the way */
	bool is_answered;
	unsigned reached;	/* subscribers that have it */
	uint64_t since;
};

struct crowd {
	bool is_roost, is_websocket;
	uint16_t port;
	int pid;
	unsigned wanted, publishing;
	double seconds;
	size_t event_bytes;
	char *token;

	int epoll;
	struct subscriber *subscribers;
	unsigned count;
	struct publisher publishers[PUBLISHERS_MAX];
	uint64_t delivered, bytes;
	struct samples last;	/* publish to the last subscriber, ms */
};

void crowd_start(struct crowd *crowd, int argc, char **argv);

/* Let in `count` more; returns once all are. */
void crowd_grow(struct crowd *crowd, unsigned count);
void crowd_publishers(struct crowd *crowd, unsigned count);
void publish(struct crowd *crowd, struct publisher *publisher);

/* What has come until `until_ns`; publishers publish anew when `again`. */
void crowd_listen(struct crowd *crowd, uint64_t until_ns, bool again);
/* No event is on its way any more. */
void crowd_settle(struct crowd *crowd);

/* A connection to the hub, blocking. */
int hub_connect(const struct crowd *crowd);
/* One small request and its answer: the API beside the hub. Milliseconds. */
double hub_request(const struct crowd *crowd, int fd);

#endif
