/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_COURIER_H
#define ROOST_COURIER_H

/*
 * Brings facts to the plane: in the thread of the loop, in order, and never
 * inside the call that asked (the rule every port keeps, here kept once).
 */

#include <uv.h>

#include "keeper/fact.h"

/* Called in the loop's thread; what the fact carries is the receiver's from then on. */
typedef void courier_deliver(void *argument, const struct fact *fact);

struct courier;

struct courier *courier_new(uv_loop_t *loop, courier_deliver *deliver, void *argument) must_check;

/* Facts not yet delivered are dropped. The loop must run once more to finish the closing. */
void courier_free(struct courier *courier);

/* Deliver soon. Both take over what the fact or reply carries. */
void courier_fact(struct courier *courier, const struct fact *fact);
void courier_reply(struct courier *courier, const struct reply *reply);

/* Replies that carry only a reason (one sentence for people). */
void courier_refuse(struct courier *courier, struct ticket ticket, const char *format, ...)
	printf_like(3, 4);
void courier_unknown(struct courier *courier, struct ticket ticket, const char *format, ...)
	printf_like(3, 4);

/* Free what a fact carries and nobody took. */
void fact_drop(struct fact *fact);

#endif
