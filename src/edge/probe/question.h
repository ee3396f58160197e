/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_QUESTION_H
#define ROOST_QUESTION_H

/* One question to a game, from looking its name up to its answer or the deadline. */

#include "port/probe.h"
#include "sys/courier.h"

struct question;

struct question_list {
	uv_loop_t *loop;
	struct courier *courier;
	struct question *first;
};

/* Exactly one reply goes to the courier. */
void question_ask(struct question_list *list, struct ticket ticket,
		  const struct probe_question *asked);

/* Drop all; nothing is answered. */
void questions_drop(struct question_list *list);

#endif
