/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MAILBOX_H
#define ROOST_MAILBOX_H

/*
 * How threads speak: letters go into the mailbox of the thread that is to act,
 * which opens them in the order of their arrival. A letter is embedded at any
 * place in a heap value; it is the writer's until posted and the reader's from
 * then on. Threads share nothing else but the gate table.
 *
 * The reader waits on mailbox_fd() (an eventfd: libuv's uv_poll_t or epoll) and
 * calls mailbox_open_all() when it is readable.
 */

#include "base/base.h"

struct letter {
	struct letter *next;
	/* Called in the reader's thread; it frees the value the letter is in. */
	void (*open)(void *reader, struct letter *letter);
};

struct mailbox;

struct mailbox *mailbox_new(void) must_check;
void mailbox_free(struct mailbox *mailbox);	/* letters never opened are leaked; only at exit */
int mailbox_fd(const struct mailbox *mailbox);

/* From any thread. Never blocks for long; wakes the reader. */
void mailbox_post(struct mailbox *mailbox, struct letter *letter,
		  void (*open)(void *reader, struct letter *letter));

/* From the reader's thread: open what is there now; returns how many. */
size_t mailbox_open_all(struct mailbox *mailbox, void *reader);

#endif
