/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEST_CLIENT_H
#define ROOST_TEST_CLIENT_H

/* A blocking client with a deadline on every read. */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base.h"

static inline int
client_connect(unsigned short port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ASSERT(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
	return fd;
}

static inline void
client_send(int fd, const char *text)
{
	size_t length = strlen(text);

	ASSERT(send(fd, text, length, MSG_NOSIGNAL) == (ssize_t)length);
}

/* Read until `enough` is in what was read, or the end, or 5 s. Returns the text (static). */
static inline const char *
client_read(int fd, const char *enough)
{
	static char text[1 << 20];
	size_t length = 0;

	text[0] = '\0';
	while (enough == NULL || strstr(text, enough) == NULL) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (poll(&ready, 1, 5000) != 1) {
			strcat(text, "(timeout)");
			return text;
		}
		got = recv(fd, text + length, sizeof text - length - 1, 0);
		if (got <= 0)
			return text;
		length += (size_t)got;
		text[length] = '\0';
	}
	return text;
}

static inline unsigned
count_of(const char *text, const char *part)
{
	unsigned count = 0;

	for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
		count++;
	return count;
}

#endif
