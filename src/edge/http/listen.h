/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP_LISTEN_H
#define ROOST_HTTP_LISTEN_H

/* Bound sockets, made with errors a person can act on. Private to edge/http. */

#include <sys/socket.h>

#include "base/address.h"
#include "base/limits.h"

#define LISTEN_ADDRESSES_LIMIT 16	/* of one name; `localhost` has two */

/*
 * Bound, non-blocking sockets, one for each address that the host has (looked up at
 * start only), all of one port; 0, or -errno and a sentence. An address that this
 * machine does not have is left out as long as there is another.
 */
int listen_tcp(const struct endpoint *endpoint, int ret_fds[static LISTEN_ADDRESSES_LIMIT],
	       size_t *ret_count, char ret_why[static REASON_LIMIT + 1]) must_check;
int listen_unix(const char *path, char ret_why[static REASON_LIMIT + 1]) must_check;

void listen_say_why(char why[static REASON_LIMIT + 1], const struct endpoint *endpoint, int error);
unsigned short listen_port_of(int fd);
bool listen_ip_of(const struct sockaddr *address, struct ip *ret_ip);

#endif
