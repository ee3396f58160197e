/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PLACE_H
#define TEST_PLACE_H

/*
 * A place to try real processes in: a data directory of its own, a loop, the
 * port, and what it told. The test program is its own supervisor, as roost is.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <uv.h>

#include "process/process_port.h"

struct place {
	char data[64];
	char token[24];		/* not used by any other test on this machine */
	uv_loop_t loop;
	struct process_port *port;
	bool inside;		/* a call to the port is under way */
	uint64_t tickets;
	struct reply reply;	/* the last */
	size_t ended, ready;	/* facts told */
	char *lines;		/* console lines told, each with its newline */
	size_t past;		/* of these, said before the port heard of them */
	int64_t at;		/* where the last stands; each behind the one before, unless told again */
	char *styled;		/* of the last: with its colours, or NULL */
	char *command[4];
	char *environment[3];
	struct local_spec local;
	struct process_order order;
};

/* `main` of a test program calls this first; true when it was to be a supervisor. */
bool place_is_supervisor(int argc, char **argv, int *ret_status);

struct place *place_new(void);
void place_free(struct place *place);	/* kills and forgets what is left */

/* Roost goes and comes: the port is freed and made anew; the game is not told. */
void place_close_port(struct place *place);
void place_open_port(struct place *place);

/* One question and its answer, in place->reply. */
void place_ensure(struct place *place, const char *token, const char *script);
void place_find(struct place *place, const char *token);
void place_say(struct place *place, const char *token, const char *line);
void place_signal(struct place *place, const char *token, int signal);
void place_forget(struct place *place, const char *token);
void place_list(struct place *place);

/* Run the loop until it is so (aborts the test after 20 s). */
void place_wait_line(struct place *place, const char *text);
void place_wait_ended(struct place *place, size_t count);
void place_wait_ready(struct place *place, size_t count);
void place_wait_gone(struct place *place, const char *token);	/* asks until it is */

/* How many processes carry this run's mark, and are no zombies. */
size_t place_count_marked(const char *token);
bool pid_lives(int64_t pid);

/* The pid of the supervisor that holds the run's lock. */
int64_t place_supervisor(struct place *place, const char *token);

#endif
