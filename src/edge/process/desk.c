/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of a supervisor: see the header. */

#include "process/desk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/files.h"

/* Answers a client may leave unread before it loses its place. */
#define UNREAD_LIMIT (SUPERVISE_QUEUE_LIMIT + 16 * SUPERVISE_MESSAGE_LIMIT)

static void
client_drop(struct client *client)
{
	fd_closep(&client->fd);
	buf_deinit(&client->in);
	buf_deinit(&client->out);
	client->skipped = 0;
}

void
desk_init(struct desk *desk, int listening)
{
	*desk = (struct desk){ .listening = listening };
	for (size_t i = 0; i < ELEMENTS(desk->clients); i++)
		desk->clients[i].fd = -1;
}

void
desk_deinit(struct desk *desk)
{
	for (size_t i = 0; i < ELEMENTS(desk->clients); i++)
		client_drop(&desk->clients[i]);
	fd_closep(&desk->listening);
}

struct client *
desk_seat(struct desk *desk, int fd)
{
	for (size_t i = 0; i < ELEMENTS(desk->clients); i++) {
		if (desk->clients[i].fd < 0) {
			desk->clients[i].fd = fd;
			return &desk->clients[i];
		}
	}
	(void)close(fd);
	return NULL;
}

void
desk_await(const struct desk *desk, struct pollfd polls[static DESK_POLLS])
{
	for (size_t i = 0; i < ELEMENTS(desk->clients); i++) {
		const struct client *client = &desk->clients[i];

		polls[i] = (struct pollfd){ .fd = client->fd, .events = POLLIN };
		if (client->out.length > 0)
			polls[i].events |= POLLOUT;
	}
	polls[SUPERVISE_CLIENTS_LIMIT] = (struct pollfd){ .fd = desk->listening, .events = POLLIN };
}

static void
client_write(struct client *client)
{
	while (client->fd >= 0 && client->out.length > 0) {
		ssize_t wrote = send(client->fd, client->out.data, client->out.length,
				     MSG_NOSIGNAL | MSG_DONTWAIT);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0) {
			if (errno != EAGAIN)
				client_drop(client);
			return;
		}
		buf_drop(&client->out, (size_t)wrote);
	}
	/* Nothing waits: a supervisor is to be small, so give the memory back. */
	if (client->fd >= 0 && client->out.capacity > SUPERVISE_MESSAGE_LIMIT)
		buf_deinit(&client->out);
}

static void
put_line(struct client *client, const struct message *line)
{
	if (client->out.length > SUPERVISE_QUEUE_LIMIT) {
		client->skipped++;
		return;
	}
	if (client->skipped > 0) {
		char text[80];

		(void)snprintf(text, sizeof text, "[roost: %zu lines were too fast to show]",
			       client->skipped);
		client->skipped = 0;
		message_put(&(struct message){ .kind = MESSAGE_LINE, .text = text }, &client->out);
	}
	message_put(line, &client->out);
}

void
desk_recall(struct client *client, const struct message *line)
{
	put_line(client, line);
}

void
desk_answer(struct client *client, const struct message *answer)
{
	if (client->fd < 0)
		return;
	if (client->out.length > UNREAD_LIMIT) {
		client_drop(client);
		return;
	}
	message_put(answer, &client->out);
	client_write(client);
}

void
desk_tell(struct desk *desk, const struct message *message)
{
	for (size_t i = 0; i < ELEMENTS(desk->clients); i++) {
		struct client *client = &desk->clients[i];

		if (client->fd < 0)
			continue;
		if (message->kind == MESSAGE_LINE)
			put_line(client, message);
		else
			desk_answer(client, message);
	}
}

/* Requests that came whole. */
static void
client_hear(struct client *client, desk_request *request, void *argument)
{
	enum message_found found = MESSAGE_FOUND;
	size_t used;

	while (client->fd >= 0 && client->in.length > 0) {
		CLEANUP(message_deinit) struct message message = { 0 };

		found = message_take(client->in.data, client->in.length, &message, &used);
		if (found != MESSAGE_FOUND)
			break;
		buf_drop(&client->in, used);
		request(argument, client, &message);
	}
	if (client->fd >= 0 && found == MESSAGE_WRONG)
		client_drop(client);
}

static void
client_read(struct client *client, desk_request *request, void *argument)
{
	char bytes[4096];
	ssize_t got = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (got > 0) {
		buf_put(&client->in, bytes, (size_t)got);
		client_hear(client, request, argument);
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		client_drop(client);
	}
}

static struct client *
desk_accept(struct desk *desk)
{
	int fd = accept4(desk->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred who;
	socklen_t size = sizeof who;

	if (fd < 0)
		return NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 ||
	    (who.uid != geteuid() && who.uid != 0)) {
		(void)close(fd);
		return NULL;
	}
	return desk_seat(desk, fd);
}

struct client *
desk_serve(struct desk *desk, const struct pollfd polls[static DESK_POLLS], desk_request *request,
	   void *argument)
{
	for (size_t i = 0; i < ELEMENTS(desk->clients); i++) {
		struct client *client = &desk->clients[i];

		if (client->fd != polls[i].fd || client->fd < 0)
			continue;
		if (polls[i].revents & POLLOUT)
			client_write(client);
		if (client->fd >= 0 && (polls[i].revents & (POLLIN | POLLHUP | POLLERR)))
			client_read(client, request, argument);
	}
	return polls[SUPERVISE_CLIENTS_LIMIT].revents & POLLIN ? desk_accept(desk) : NULL;
}

void
desk_finish(struct desk *desk, int ms)
{
	for (size_t i = 0; i < ELEMENTS(desk->clients); i++) {
		struct client *client = &desk->clients[i];
		struct pollfd wait = { .fd = client->fd, .events = POLLOUT };

		client_write(client);
		while (client->fd >= 0 && client->out.length > 0) {
			if (poll(&wait, 1, ms) != 1)
				break;
			client_write(client);
		}
	}
}
