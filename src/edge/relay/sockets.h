/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_SOCKETS_H
#define ROOST_RELAY_SOCKETS_H

/* TCP sockets as the relay wants them: non-blocking, not delayed, noticing dead peers. */

#include "base/address.h"

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

#endif
