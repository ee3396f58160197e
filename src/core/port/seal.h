/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_SEAL_H
#define ROOST_PORT_SEAL_H

/*
 * The cryptography of Web Push, on the curve P-256: messages that only one browser can
 * read (RFC 8291 over RFC 8188), and signatures that say who sends them (RFC 8292). All of
 * it is quick and answers at once. Chance is handed in, so the same in gives the same
 * out; only signatures have a chance of their own.
 */

#include "base/base.h"

#define SEAL_PRIVATE_SIZE 32
#define SEAL_PUBLIC_SIZE 65		/* uncompressed: 4, x, y */
#define SEAL_SIGNATURE_SIZE 64		/* r and s, as JWT wants it (RFC 7518 §3.4), not DER */
#define SEAL_AUTH_SIZE 16		/* a browser's secret */
#define SEAL_SALT_SIZE 16

/* Every push service takes 4096 bytes (RFC 8030 §7.2); 103 of them are ours (RFC 8291 §4). */
#define SEAL_PLAIN_LIMIT 3993
#define SEAL_OVERHEAD 103
#define SEAL_SEALED_LIMIT (SEAL_PLAIN_LIMIT + SEAL_OVERHEAD)

struct seal_pair {
	unsigned char private_key[SEAL_PRIVATE_SIZE];
	unsigned char public_key[SEAL_PUBLIC_SIZE];
};

/* Lent for the call. `once` and `salt` are for this one message, from chance. */
struct seal_order {
	const unsigned char *to;	/* the browser's public key (`p256dh`): SEAL_PUBLIC_SIZE bytes */
	const unsigned char *auth;	/* its secret (`auth`): SEAL_AUTH_SIZE bytes */
	const struct seal_pair *once;
	const unsigned char *salt;	/* SEAL_SALT_SIZE bytes */
	const void *plain;
	size_t length;			/* at most SEAL_PLAIN_LIMIT */
};

struct seal_port {
	/* The pair of a private key; false: it is none (0, or not below the curve's order): take another. */
	bool (*pair)(struct seal_port *port,
		     const unsigned char private_key[static SEAL_PRIVATE_SIZE],
		     struct seal_pair *ret_pair);
	/* Is it a point of the curve? What a browser sends is asked about before it is kept. */
	bool (*is_public)(struct seal_port *port,
			  const unsigned char public_key[static SEAL_PUBLIC_SIZE]);
	/* length + SEAL_OVERHEAD bytes, as they are POSTed; false: `to` is no key. */
	bool (*seal)(struct seal_port *port, const struct seal_order *order,
		     unsigned char ret_sealed[static SEAL_SEALED_LIMIT]);
	/* ES256. */
	void (*sign)(struct seal_port *port, const struct seal_pair *pair, const void *bytes,
		     size_t length, unsigned char ret_signature[static SEAL_SIGNATURE_SIZE]);
};

#endif
