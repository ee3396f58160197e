/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ORDER_H
#define ROOST_ORDER_H

/*
 * What roost asks of a new supervisor: start this, or take over what a dead
 * supervisor left. One JSON object; it may hold secrets (the environment), so it
 * goes from memory to memory and never to a disk or an argument.
 */

#include "base/buf.h"
#include "base/limits.h"
#include "wire/supervise/record.h"

struct supervise_order {
	bool takes_over;		/* the run's `state` says the rest; all below is empty */
	char *token;
	char *server;
	char **command;			/* NULL-terminated, at least the program */
	char *directory;		/* absolute */
	char **environment;		/* NULL-terminated, whole: nothing is inherited */
	char *ready_line;		/* "" = none */
	char *group;			/* control group to make, "" = none */
	bool pty;
	int64_t memory, cpu_millis;	/* 0 = no limit */
};

/* Appends the order to `to`. Text that is not UTF-8 is left out of the environment. */
void supervise_order_put(const struct supervise_order *order, struct buf *to);

/* False when it is no order. On success it is the caller's (supervise_order_deinit). */
bool supervise_order_parse(const void *bytes, size_t length, struct supervise_order *ret_order)
	must_check;

void supervise_order_deinit(struct supervise_order *order);

#endif
