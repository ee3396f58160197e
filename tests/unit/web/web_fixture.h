/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEB_FIXTURE_H
#define WEB_FIXTURE_H

/*
 * The web edge as its peers see it: a real server, real sockets, a control thread
 * that answers as an API would, and a record in memory.
 */

#include "../http/client.h"
#include "web/web.h"

#define EVENTS_MAX 5000
#define EPOCH	   "TESTEPOCH"

struct web_fixture {
	struct mailbox *mailbox; /* the control thread's */
	pthread_t thread;
	_Atomic bool ending;
	_Atomic bool mute; /* it opens no letters */
	_Atomic bool stopped;
	struct web *web;
	unsigned short port;
	_Atomic unsigned reads; /* pages asked for */
	api_console *on_console;
	void *console_argument;
	struct buf noted;	/* what integrations were told; under the lock */
	char socket_id[CONNECTION_ID_SIZE];	/* of the newest WebSocket */

	/* The record. Written by the test's thread, read by the web thread. */
	pthread_mutex_t lock;
	struct store_event events[EVENTS_MAX]; /* events[n] has offset n + 1 */
	uint64_t last, first;
};

extern struct web_fixture t;

/* Commit `count` events of this type, then tell them; each third one is for staff only. */
void happen(unsigned count, const char *type);
struct web_options options(void);
void start(struct web_options *o);
void stop(void);
const char *ask(const char *request);	/* on a connection of its own; the answer's text is static */

#define H " HTTP/1.1\r\nHost: roost:80\r\nConnection: close\r\n"

#endif
