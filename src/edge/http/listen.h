/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP_LISTEN_H
#define ROOST_HTTP_LISTEN_H

/* Bound sockets, made with errors a person can act on. Private to edge/http. */

#include <sys/socket.h>

#include "base/address.h"
#include "base/limits.h"

/* A bound, non-blocking socket, or -errno and a sentence. Names are looked up (at start only). */
int listen_tcp(const struct endpoint *endpoint, char ret_why[static REASON_LIMIT + 1]) must_check;
int listen_unix(const char *path, char ret_why[static REASON_LIMIT + 1]) must_check;

void listen_say_why(char why[static REASON_LIMIT + 1], const struct endpoint *endpoint, int error);
unsigned short listen_port_of(int fd);
bool listen_ip_of(const struct sockaddr *address, struct ip *ret_ip);

#endif
