/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SYS_SECRETS_H
#define ROOST_SYS_SECRETS_H

/*
 * Passwords by libsodium (argon2id, its interactive limits: 64 MiB, two passes)
 * in libuv's worker pool; digests by SHA-256 at once. Passwords are wiped from
 * memory as soon as they are used. A password longer than PASSWORD_LIMIT bytes
 * is refused; so is any beyond PASSWORDS_IN_FLIGHT_LIMIT at once.
 */

#include "port/secrets.h"
#include "sys/courier.h"

/* In the loop's thread, all of it. */
struct secrets_port *secrets_new(uv_loop_t *loop, courier_deliver *deliver, void *argument)
	must_check;
/* What is being hashed is finished and dropped; run the loop until it has no handles left. */
void secrets_free(struct secrets_port *port);

#endif
