/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An accepted socket inherits the options of its listener, so they are set once
 * there and cost nothing for each connection.
 */

#include "relay/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEPALIVE_IDLE_S     60
#define KEEPALIVE_INTERVAL_S 15
#define USER_TIMEOUT_MS	     120000 /* unacknowledged for so long: the peer is gone */
#define BACKLOG		     4096   /* the kernel cuts it to somaxconn */

static void
set(int fd, int level, int option, int value)
{
	/* A kernel without the option serves players a little worse; no reason to refuse them. */
	(void)setsockopt(fd, level, option, &value, sizeof value);
}

static void
set_stream_options(int fd, bool is_far)
{
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!is_far)
		return;
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
address_of(union address *address, const struct ip *ip, uint16_t port)
{
	memset(address, 0, sizeof *address);
	if (ip_is_v4(ip)) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(port);
		memcpy(&address->v4.sin_addr, ip->bytes + 12, 4);
		return sizeof address->v4;
	}
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_port = htons(port);
	memcpy(&address->v6.sin6_addr, ip->bytes, 16);
	return sizeof address->v6;
}

static void
address_read(const union address *address, struct ip *ret_ip, uint16_t *ret_port)
{
	memset(ret_ip, 0, sizeof *ret_ip);
	if (address->any.sa_family == AF_INET) {
		memset(ret_ip->bytes + 10, 0xff, 2);
		memcpy(ret_ip->bytes + 12, &address->v4.sin_addr, 4);
		*ret_port = ntohs(address->v4.sin_port);
	} else {
		memcpy(ret_ip->bytes, &address->v6.sin6_addr, 16);
		*ret_port = ntohs(address->v6.sin6_port);
	}
}

static int
socket_new(const struct ip *ip)
{
	int fd = socket(ip_is_v4(ip) ? AF_INET : AF_INET6,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* A bound socket; `[::]` takes IPv4 too. */
static int
bound_new(const struct ip *ip, uint16_t port, bool is_shared)
{
	union address address;
	socklen_t length = address_of(&address, ip, port);
	int fd = socket_new(ip), error;

	if (fd < 0)
		return fd;
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (is_shared)
		set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (!ip_is_v4(ip))
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	if (bind(fd, &address.any, length) < 0) {
		error = -errno;
		(void)close(fd);
		return error;
	}
	return fd;
}

int
socket_is_free(const struct ip *ip, uint16_t port)
{
	int fd = bound_new(ip, port, false), result = 0;

	if (fd < 0)
		return fd;
	/* Two sockets with SO_REUSEADDR may be bound alike; only one may listen. */
	if (listen(fd, 1) < 0)
		result = -errno;
	(void)close(fd);
	return result;
}

int
socket_listen(const struct ip *ip, uint16_t port, int *ret_fd)
{
	int fd = bound_new(ip, port, true), error;

	if (fd < 0)
		return fd;
	set_stream_options(fd, true);
	if (listen(fd, BACKLOG) < 0) {
		error = -errno;
		(void)close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

void
socket_local(int fd, struct ip *ret_ip, uint16_t *ret_port)
{
	union address address = { .any.sa_family = AF_INET6 };
	socklen_t length = sizeof address;

	(void)getsockname(fd, &address.any, &length);
	address_read(&address, ret_ip, ret_port);
}

uint16_t
socket_port(int fd)
{
	struct ip ip;
	uint16_t port;

	socket_local(fd, &ip, &port);
	return port;
}

int
socket_dial(const struct ip *ip, uint16_t port)
{
	bool is_far = !(ip_is_v4(ip) && ip->bytes[12] == 127);
	union address address;
	socklen_t length = address_of(&address, ip, port);
	int fd = socket_new(ip), error;

	if (fd < 0)
		return fd;
	set_stream_options(fd, is_far);
	if (connect(fd, &address.any, length) < 0 && errno != EINPROGRESS) {
		error = -errno;
		(void)close(fd);
		return error;
	}
	return fd;
}

int
socket_dialled(int fd)
{
	int error = 0;
	socklen_t length = sizeof error;
	union address address;
	socklen_t address_length = sizeof address;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	if (error != 0)
		return -error;
	return getpeername(fd, &address.any, &address_length) < 0 ? -EINPROGRESS : 0;
}

int
socket_accept(int fd, struct ip *ret_ip, uint16_t *ret_port)
{
	union address address = { .any.sa_family = AF_INET6 };
	socklen_t length = sizeof address;
	int accepted = accept4(fd, &address.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (accepted < 0)
		return -errno;
	address_read(&address, ret_ip, ret_port);
	return accepted;
}
