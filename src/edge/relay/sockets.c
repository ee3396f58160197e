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
#define USER_TIMEOUT_MS	     120000    /* unacknowledged for so long: the peer is gone */
#define RECEIVE_BUFFER	     (1 << 20) /* a burst while the thread is busy; the kernel may cut it */
#define SOURCE_TRIES	     3
#define PORT_FIRST	     32768 /* where Linux takes ports for whoever asks for none */
#define PORT_COUNT	     28232
#define BACKLOG		     4096 /* the kernel cuts it to somaxconn */

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

static socklen_t
address_of(union socket_address *address, const struct ip *ip, uint16_t port)
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

void
socket_address_read(const union socket_address *address, struct ip *ret_ip, uint16_t *ret_port)
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
socket_new(const struct ip *ip, int type)
{
	int fd = socket(ip_is_v4(ip) ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* A bound socket; `[::]` takes IPv4 too. */
static int
bound_new(const struct ip *ip, uint16_t port, bool is_shared)
{
	union socket_address address;
	socklen_t length = address_of(&address, ip, port);
	int fd = socket_new(ip, SOCK_STREAM), error;

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
	union socket_address address = { .any.sa_family = AF_INET6 };
	socklen_t length = sizeof address;

	(void)getsockname(fd, &address.any, &length);
	socket_address_read(&address, ret_ip, ret_port);
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
	union socket_address address;
	socklen_t length = address_of(&address, ip, port);
	int fd = socket_new(ip, SOCK_STREAM), error;

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
	union socket_address address;
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
	union socket_address address = { .any.sa_family = AF_INET6 };
	socklen_t length = sizeof address;
	int accepted = accept4(fd, &address.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (accepted < 0)
		return -errno;
	socket_address_read(&address, ret_ip, ret_port);
	return accepted;
}

/* Never with SO_REUSEADDR: of datagrams it would let two programs have one port. */
static int
datagrams_new(const struct ip *ip, uint16_t port, bool is_shared)
{
	union socket_address address;
	socklen_t length = address_of(&address, ip, port);
	int fd = socket_new(ip, SOCK_DGRAM), error;

	if (fd < 0)
		return fd;
	if (is_shared)
		set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (!ip_is_v4(ip)) {
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
		set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	} else {
		set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	}
	if (bind(fd, &address.any, length) < 0) {
		error = -errno;
		(void)close(fd);
		return error;
	}
	return fd;
}

int
socket_is_free_for_datagrams(const struct ip *ip, uint16_t port)
{
	int fd = datagrams_new(ip, port, false);

	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

int
socket_receive(const struct ip *ip, uint16_t port, int *ret_fd)
{
	int fd = datagrams_new(ip, port, true);

	if (fd < 0)
		return fd;
	set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	*ret_fd = fd;
	return 0;
}

/*
 * An address of ours for this client's datagrams: 127.64.0.0/10 where the game is
 * on 127.0.0.0/8 (all of that is this machine), else any; and a high port.
 */
static void
bind_source(int fd, const struct ip *game, uint64_t client)
{
	bool is_loopback = ip_is_v4(game) && game->bytes[12] == 127;

	for (unsigned i = 0; i < SOURCE_TRIES; i++, client = client * 6364136223846793005u + 1) {
		union socket_address from = { .any.sa_family =
						      ip_is_v4(game) ? AF_INET : AF_INET6 };
		uint32_t host = (uint32_t)(client >> 32) & 0x3fffff;
		uint16_t port = (uint16_t)(PORT_FIRST + (uint32_t)client % PORT_COUNT);

		if (ip_is_v4(game)) {
			from.v4.sin_port = htons(port);
			from.v4.sin_addr.s_addr = is_loopback ? htonl(0x7f400000 | host) : 0;
		} else {
			from.v6.sin6_port = htons(port);
		}
		if (bind(fd, &from.any, ip_is_v4(game) ? sizeof from.v4 : sizeof from.v6) == 0)
			return;
	}
	/* The kernel chooses one when it is connected. */
}

int
socket_to_game(const struct ip *ip, uint16_t port, uint64_t client)
{
	union socket_address address;
	socklen_t length = address_of(&address, ip, port);
	int fd = socket_new(ip, SOCK_DGRAM), error;

	if (fd < 0)
		return fd;
	bind_source(fd, ip, client);
	if (connect(fd, &address.any, length) < 0) {
		error = -errno;
		(void)close(fd);
		return error;
	}
	return fd;
}

/* A socket for both kinds tells IPv4 addresses in their IPv6 form, and takes them so. */
bool
socket_control_read(const struct msghdr *message, struct ip *ret_local)
{
	struct msghdr *from = (struct msghdr *)(uintptr_t)message;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(from); c != NULL; c = CMSG_NXTHDR(from, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			memcpy(ret_local->bytes, &info.ipi6_addr, 16);
			return true;
		}
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			memset(ret_local, 0, sizeof *ret_local);
			memset(ret_local->bytes + 10, 0xff, 2);
			memcpy(ret_local->bytes + 12, &info.ipi_addr, 4);
			return true;
		}
	}
	return false;
}

void
socket_control_put(struct msghdr *message, unsigned char *control, const union socket_address *to,
		   const struct ip *local)
{
	bool is_v4 = to->any.sa_family == AF_INET;
	size_t size = is_v4 ? sizeof(struct in_pktinfo) : sizeof(struct in6_pktinfo);
	struct cmsghdr *c;

	_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) <= LOCAL_CONTROL_SIZE, "fits");
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(size);
	c = CMSG_FIRSTHDR(message);
	c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(size);
	if (is_v4) {
		struct in_pktinfo info = { 0 };

		memcpy(&info.ipi_spec_dst, local->bytes + 12, 4);
		memcpy(CMSG_DATA(c), &info, sizeof info);
	} else {
		struct in6_pktinfo info = { 0 };

		memcpy(&info.ipi6_addr, local->bytes, 16);
		memcpy(CMSG_DATA(c), &info, sizeof info);
	}
}
