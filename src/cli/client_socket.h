/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLIENT_SOCKET_H
#define ROOST_CLIENT_SOCKET_H

/*
 * A WebSocket to the daemon (docs/realtime.md): messages of JSON both ways. The
 * way there is the client's: its socket, or its address with TLS and its token.
 */

#include "cli/client.h"

struct client_socket;

/*
 * Connect and open, within a bounded time. NULL: not now, and `problem` says why;
 * *ret_status is the status of HTTP when that was the answer (then 4xx will be the same
 * tomorrow), else 0.
 */
#define SOCKET_PROBLEM_SIZE 512
struct client_socket *client_socket_open(struct client *client,
					 char problem[static SOCKET_PROBLEM_SIZE],
					 int *ret_status) must_check;
void client_socket_free(struct client_socket *s);

/* Wait for it to be readable; then read. */
int client_socket_fd(const struct client_socket *s);

/*
 * What has come, message by message; `heard` must not free the socket. False: the
 * connection has ended.
 */
typedef void client_socket_heard(void *argument, const json_t *message);
bool client_socket_read(struct client_socket *s, client_socket_heard *heard, void *argument)
	must_check;

/* Send one message. False: the connection has ended. */
bool client_socket_say(struct client_socket *s, const json_t *message) must_check;

/* When anything last came. */
struct instant client_socket_alive(const struct client_socket *s);

#endif
