/* SPDX-License-Identifier: Apache-2.0 */
/* One connection after the other, one request each. */

#include "host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct mirror {
	const struct page *pages;
	int listener;
	unsigned port;
	atomic_uint asked;
	pthread_t thread;
};

static void
send_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		at += sent;
		length -= (size_t)sent;
	}
}

static void
answer(const struct mirror *mirror, int fd, const char *path)
{
	const struct page *page = mirror->pages;
	char head[1024];
	size_t length;

	while (page->path != NULL && strcmp(page->path, path) != 0)
		page++;
	length = page->length > 0 || page->body == NULL ? page->length : strlen(page->body);
	(void)snprintf(head, sizeof head,
		       "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n%s%s\r\n",
		       page->path == NULL     ? "404 Not Found"
		       : page->status != NULL ? page->status
					      : "200 OK",
		       page->said > 0 ? page->said : length,
		       page->header != NULL ? page->header : "",
		       page->header != NULL ? "\r\n" : "");
	send_all(fd, head, strlen(head));
	for (size_t i = 0; page->drip_ms > 0 && i < length; i++) {
		send_all(fd, (const char *)page->body + i, 1);
		(void)usleep(page->drip_ms * 1000);
	}
	if (length > 0 && page->drip_ms == 0)
		send_all(fd, page->body, length);
}

static void *
serve(void *argument)
{
	struct mirror *mirror = argument;
	int fd;

	while ((fd = accept(mirror->listener, NULL, NULL)) >= 0) {
		char request[4096] = "", path[1024] = "";
		size_t used = 0;
		ssize_t got = 1;

		while (got > 0 && strstr(request, "\r\n\r\n") == NULL &&
		       used < sizeof request - 1) {
			got = recv(fd, request + used, sizeof request - 1 - used, 0);
			used += got > 0 ? (size_t)got : 0;
			request[used] = '\0';
		}
		atomic_fetch_add(&mirror->asked, 1);
		if (sscanf(request, "GET %1023s", path) == 1)
			answer(mirror, fd, path);
		(void)shutdown(fd, SHUT_WR);
		(void)recv(fd, request, sizeof request, 0);
		(void)close(fd);
	}
	return NULL;
}

struct mirror *
mirror_new(const struct page *pages)
{
	struct mirror *mirror = mem_new(sizeof *mirror);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;

	mirror->pages = pages;
	mirror->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT(mirror->listener >= 0);
	ASSERT(bind(mirror->listener, (struct sockaddr *)&address, sizeof address) == 0);
	ASSERT(listen(mirror->listener, 16) == 0);
	ASSERT(getsockname(mirror->listener, (struct sockaddr *)&address, &length) == 0);
	mirror->port = ntohs(address.sin_port);
	ASSERT(pthread_create(&mirror->thread, NULL, serve, mirror) == 0);
	return mirror;
}

void
mirror_free(struct mirror *mirror)
{
	(void)shutdown(mirror->listener, SHUT_RDWR);
	ASSERT(pthread_join(mirror->thread, NULL) == 0);
	(void)close(mirror->listener);
	mem_free(mirror);
}

unsigned
mirror_port(const struct mirror *mirror)
{
	return mirror->port;
}

unsigned
mirror_asked(const struct mirror *mirror)
{
	return atomic_load(&mirror->asked);
}
