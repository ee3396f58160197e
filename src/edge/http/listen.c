/* SPDX-License-Identifier: Apache-2.0 */
/* Bound sockets: see the header. An empty host means every address, IPv6 and IPv4 alike. */

#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void
close_fdp(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int
keep_fd(int *fd)
{
	int kept = *fd;

	*fd = -1;
	return kept;
}

static const char *
advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "another program uses this port; stop it or set another one in http.listen";
	case EACCES:
		return "ports below 1024 need the right to; use a higher one, or grant "
		       "CAP_NET_BIND_SERVICE";
	case EADDRNOTAVAIL:
		return "this machine has no such address; see `ip address`";
	default:
		return strerror(error);
	}
}

void
listen_say_why(char why[static REASON_LIMIT + 1], const struct endpoint *endpoint, int error)
{
	char text[HOST_MAX + 16];

	endpoint_text(endpoint, text, sizeof text);
	(void)snprintf(why, REASON_LIMIT + 1, "cannot listen on %s: %s", text, advice(error));
}

static int
bind_address(const struct addrinfo *address)
{
	int yes = 1, no = 0;
	CLEANUP(close_fdp)
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (address->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
	if (bind(fd, address->ai_addr, address->ai_addrlen) != 0)
		return -errno;
	return keep_fd(&fd);
}

static void
port_put(struct sockaddr *address, unsigned short port)
{
	if (address->sa_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)address)->sin_port = htons(port);
}

/* /etc/hosts may well name one address twice. */
static bool
is_repeated(const struct addrinfo *first, const struct addrinfo *address)
{
	for (; first != address; first = first->ai_next) {
		if (first->ai_addrlen == address->ai_addrlen &&
		    memcmp(first->ai_addr, address->ai_addr, address->ai_addrlen) == 0)
			return true;
	}
	return false;
}

static void
close_all(int *fds, size_t count)
{
	while (count > 0)
		(void)close(fds[--count]);
}

/* How many were bound; or -errno, and none is. Port 0 becomes what the first was given. */
static int
bind_all(struct addrinfo *found, int fds[static LISTEN_ADDRESSES_LIMIT], unsigned short port)
{
	int absent = -EADDRNOTAVAIL;
	size_t count = 0;

	for (struct addrinfo *a = found; a != NULL && count < LISTEN_ADDRESSES_LIMIT;
	     a = a->ai_next) {
		int fd;

		if (is_repeated(found, a))
			continue;
		port_put(a->ai_addr, port);
		fd = bind_address(a);
		port_put(a->ai_addr, 0); /* for is_repeated() */
		if (fd == -EADDRNOTAVAIL || fd == -EAFNOSUPPORT) {
			absent = fd;
			continue;
		}
		if (fd < 0) {
			close_all(fds, count);
			return fd;
		}
		port = listen_port_of(fd);
		fds[count++] = fd;
	}
	return count > 0 ? (int)count : absent;
}

int
listen_tcp(const struct endpoint *endpoint, int ret_fds[static LISTEN_ADDRESSES_LIMIT],
	   size_t *ret_count, char ret_why[static REASON_LIMIT + 1])
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	const char *hosts[] = { endpoint->host[0] != '\0' ? endpoint->host : "::",
				endpoint->host[0] != '\0' ? NULL : "0.0.0.0" };
	struct addrinfo *found;
	int error, bound = -EADDRNOTAVAIL;

	for (size_t i = 0; i < ELEMENTS(hosts) && hosts[i] != NULL && bound < 0; i++) {
		error = getaddrinfo(hosts[i], "0", &hints, &found);
		if (error != 0) {
			(void)snprintf(ret_why, REASON_LIMIT + 1, "cannot listen on %s: %s",
				       hosts[i], gai_strerror(error));
			return -EADDRNOTAVAIL;
		}
		bound = bind_all(found, ret_fds, endpoint->port);
		freeaddrinfo(found);
	}
	if (bound < 0) {
		listen_say_why(ret_why, endpoint, -bound);
		return bound;
	}
	*ret_count = (size_t)bound;
	return 0;
}

unsigned short
listen_port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof address;

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return 0;
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

bool
listen_ip_of(const struct sockaddr *address, struct ip *ret_ip)
{
	char text[INET6_ADDRSTRLEN];
	const void *bytes;

	if (address->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)address)->sin_addr;
	else if (address->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)address)->sin6_addr;
	else
		return false;
	return inet_ntop(address->sa_family, bytes, text, sizeof text) != NULL &&
	       ip_parse(text, ret_ip);
}

/* Is somebody listening on that socket file? */
static bool
is_alive(const struct sockaddr_un *address)
{
	CLEANUP(close_fdp) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
			   errno == EAGAIN);
}

static int
bind_unix(int fd, const struct sockaddr_un *address)
{
	struct stat status;
	mode_t mask;
	int bound;

	if (lstat(address->sun_path, &status) == 0) {
		if (!S_ISSOCK(status.st_mode))
			return -EEXIST;
		if (is_alive(address))
			return -EADDRINUSE;
		(void)unlink(address->sun_path);
	}
	mask = umask(0177); /* 0600 from its first moment */
	bound = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : -errno;
	(void)umask(mask);
	return bound;
}

int
listen_unix(const char *path, char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(close_fdp) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error;

	if (fd < 0)
		error = -errno;
	else if (!text_put(address.sun_path, sizeof address.sun_path, path))
		error = -ENAMETOOLONG;
	else
		error = bind_unix(fd, &address);
	if (error == 0)
		return keep_fd(&fd);
	(void)snprintf(ret_why, REASON_LIMIT + 1, "cannot listen on %s: %s", path,
		       error == -EADDRINUSE ? "another roost is running with this data directory"
		       : error == -ENAMETOOLONG
			       ? "the path is longer than 107 bytes; use a shorter "
				 "data directory"
		       : error == -EEXIST ? "a file that is not a socket is in the way"
					  : strerror(-error));
	return error;
}
