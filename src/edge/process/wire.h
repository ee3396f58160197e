/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SUPERVISOR_WIRE_H
#define ROOST_SUPERVISOR_WIRE_H

/* An open connection to a supervisor: messages out, messages in, and its end. */

#include <uv.h>

#include "wire/supervise/message.h"

struct wire;

struct wire_hears {
	void (*message)(void *argument, const struct message *message);	/* lent */
	void (*lost)(void *argument);	/* once, and nothing after it */
	void *argument;
};

/* Takes the connected socket. */
struct wire *wire_new(uv_loop_t *loop, int fd, const struct wire_hears *hears) must_check;

/* Nothing is heard any more; also the end of one that was lost. */
void wire_free(struct wire *wire);

void wire_send(struct wire *wire, const struct message *message);

#endif
