/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLIENT_INNER_H
#define ROOST_CLIENT_INNER_H

/* Where the daemon is: for client.c and client_socket.c only. */

struct client {
	char *base;   /* "http://roost" or the URL, without a last '/' */
	char *socket; /* path, or NULL */
	char *token;  /* or NULL */
};

#endif
