/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_GAME_H
#define ROOST_GAME_H

/*
 * The supervised program: started in its directory, environment, session and
 * control group, with its console on named pipes or on a pseudo-terminal.
 */

#include <sys/types.h>

#include "wire/supervise/order.h"

struct game {
	pid_t pid;
	int input;	/* to write console lines to; -1 = none */
	int output;	/* to read its output from; -1 = ended */
};

/*
 * Start in two steps, so that at no moment a game runs that no record tells of.
 * game_fork() makes the process, which waits; after the record is written,
 * game_let_go() lets it become the program. When the supervisor dies in between,
 * the process ends by itself.
 *
 * Both: 0, or -errno with a sentence for people in ret_why.
 */
struct game_start {
	struct game game;
	int go, heard;	/* pipes to and from the waiting process */
};

int game_fork(const struct supervise_order *order, int folder, struct game_start *ret_start,
	      char ret_why[static REASON_LIMIT + 1]) must_check;
int game_let_go(const struct supervise_order *order, struct game_start *start,
		char ret_why[static REASON_LIMIT + 1]) must_check;

/* Open the console of a game that another supervisor started; -1 where that is not possible. */
void game_open_console(int folder, struct game *game);

#endif
