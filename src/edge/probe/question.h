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

struct question_terms {
	struct ticket ticket;
	enum game game;
	const struct endpoint *address;
	int protocol;
	bool proxy_protocol;
	struct duration within;
};

/* Exactly one reply goes to the courier. */
void question_ask(struct question_list *list, const struct question_terms *terms);

/* Drop all; nothing is answered. */
void questions_drop(struct question_list *list);

#endif
