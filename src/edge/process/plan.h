/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PLAN_H
#define ROOST_PLAN_H

/* From what a port's caller orders to what a supervisor is told. */

#include "port/process.h"
#include "wire/supervise/order.h"

/*
 * The game gets roost's own environment without what is roost's alone, then the
 * declared variables, then ROOST_SERVER and the mark ROOST_RUN. `groups` is the
 * base of control groups ("" = none); limits are told only when they are kept.
 * The caller frees the plan with supervise_order_deinit().
 */
void plan_make(const struct process_order *order, const char *groups, bool limits_kept,
	       struct supervise_order *ret_plan);

/*
 * Secrets, only while the plan is handed over: what `files` ("NAME=path") hold, as variables.
 * False with one sentence, which holds none of it. Drop them in either case; they are overwritten.
 */
bool plan_add_secrets(struct supervise_order *plan, char *const *files, char *why, size_t size)
	must_check;
void plan_drop_secrets(struct supervise_order *plan, char *const *files);

/* A plan for a supervisor that takes over. */
void plan_take_over(const char *token, struct supervise_order *ret_plan);

#endif
