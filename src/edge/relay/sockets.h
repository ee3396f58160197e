/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_SOCKETS_H
#define ROOST_RELAY_SOCKETS_H

/*
 * Sockets as the relay wants them: non-blocking; TCP's not delayed and noticing dead
 * peers; UDP's telling which of our addresses was asked.
 */

#include <netinet/in.h>

#include "base/address.h"

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Listen there, beside others of this process. -errno. */
int socket_listen(const struct ip *ip, uint16_t port, int *ret_fd) must_check;

/*
 * Would listening there take a port from somebody else? SO_REUSEPORT alone would
 * quietly share it with another program of the same user. 0 or -errno.
 */
int socket_is_free(const struct ip *ip, uint16_t port) must_check;

/* The port a socket has; 0 when it has none. */
uint16_t socket_port(int fd);

/* Begin to connect; the descriptor or -errno. Bytes may be sent once it is writable. */
int socket_dial(const struct ip *ip, uint16_t port) must_check;

/* Accept one; -errno. */
int socket_accept(int fd, struct ip *ret_ip, uint16_t *ret_port) must_check;

/* The near end of an accepted connection. */
void socket_local(int fd, struct ip *ret_ip, uint16_t *ret_port);

/* Has a dialled socket connected? 0, or -errno (-EINPROGRESS: not yet). */
int socket_dialled(int fd) must_check;

/* The same for datagrams: receive there, beside others of this process; -errno. */
int socket_receive(const struct ip *ip, uint16_t port, int *ret_fd) must_check;
int socket_is_free_for_datagrams(const struct ip *ip, uint16_t port) must_check;

/*
 * Connected to a game for one client's datagrams; the descriptor or -errno. Its own
 * address comes of `client` (any number that stands for the client, the same each
 * time) and is the same again next time, unless another has it.
 */
int socket_to_game(const struct ip *ip, uint16_t port, uint64_t client) must_check;

/* Who sent, as the kernel has it. */
void socket_address_read(const union socket_address *address, struct ip *ret_ip,
			 uint16_t *ret_port);

/* Which of our addresses was asked: of what recvmsg(2) brought. False: it is not told. */
#define LOCAL_CONTROL_SIZE 64
bool socket_control_read(const struct msghdr *message, struct ip *ret_local) must_check;
/* Say the same on the way back; `control` is zeroed memory, aligned for struct cmsghdr. */
void socket_control_put(struct msghdr *message, unsigned char *control,
			const union socket_address *to, const struct ip *local);

#endif
