/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_SECRETS_H
#define ROOST_PORT_SECRETS_H

/*
 * Passwords and digests. Hashing a password takes long on purpose, so it runs
 * on a worker and answers later; a digest is quick and answers at once.
 */

#include "port/ticket.h"

#define DIGEST_TEXT_SIZE 65	/* 32 bytes in hexadecimal, and the end */

struct secrets_port {
	void (*hash_password)(struct secrets_port *port, struct ticket ticket,
			      const char *password);				/* REPLY_TEXT */
	void (*check_password)(struct secrets_port *port, struct ticket ticket,
			       const char *hash, const char *password);		/* REPLY_YES_OR_NO */
	/* SHA-256, hexadecimal. Pure. */
	void (*digest)(struct secrets_port *port, const char *text,
		       char ret_digest[static DIGEST_TEXT_SIZE]);
};

#endif
