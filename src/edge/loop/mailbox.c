/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A locked list and an eventfd. The eventfd is written only when the list was
 * empty, so a busy reader costs its writers one lock each and no system call.
 */

#include "loop/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
	pthread_mutex_t lock;
	struct letter *first, *last;
	int fd;
};

struct mailbox *
mailbox_new(void)
{
	struct mailbox *mailbox = mem_new(sizeof *mailbox);

	ASSERT(pthread_mutex_init(&mailbox->lock, NULL) == 0);
	mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT(mailbox->fd >= 0);
	return mailbox;
}

void
mailbox_free(struct mailbox *mailbox)
{
	if (mailbox == NULL)
		return;
	(void)close(mailbox->fd);
	(void)pthread_mutex_destroy(&mailbox->lock);
	mem_free(mailbox);
}

int
mailbox_fd(const struct mailbox *mailbox)
{
	return mailbox->fd;
}

void
mailbox_post(struct mailbox *mailbox, struct letter *letter,
	     void (*open)(void *reader, struct letter *letter))
{
	bool was_empty;

	letter->open = open;
	letter->next = NULL;
	ASSERT(pthread_mutex_lock(&mailbox->lock) == 0);
	was_empty = mailbox->first == NULL;
	if (was_empty)
		mailbox->first = letter;
	else
		mailbox->last->next = letter;
	mailbox->last = letter;
	ASSERT(pthread_mutex_unlock(&mailbox->lock) == 0);
	if (was_empty) {
		uint64_t one = 1;
		ssize_t wrote = write(mailbox->fd, &one, sizeof one);

		ASSERT(wrote == sizeof one || errno == EAGAIN);
	}
}

size_t
mailbox_open_all(struct mailbox *mailbox, void *reader)
{
	struct letter *letter;
	uint64_t ignored;
	size_t count = 0;

	(void)!read(mailbox->fd, &ignored, sizeof ignored);
	ASSERT(pthread_mutex_lock(&mailbox->lock) == 0);
	letter = mailbox->first;
	mailbox->first = mailbox->last = NULL;
	ASSERT(pthread_mutex_unlock(&mailbox->lock) == 0);
	while (letter != NULL) {
		struct letter *next = letter->next;

		letter->open(reader, letter);
		letter = next;
		count++;
	}
	return count;
}
