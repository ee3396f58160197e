/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_KEEPING_H
#define ROOST_KEEPING_H

/*
 * The life of one supervised run between its start and its end: what the game
 * says goes to the file, the tail and the clients; what roost asks is done; and
 * when nothing of it runs any more, its end is recorded and told.
 */

#include "process/desk.h"
#include "process/game.h"
#include "process/logbook.h"
#include "wire/supervise/backlog.h"
#include "wire/supervise/console.h"
#include "wire/supervise/record.h"

struct supervisor {
	int folder, lock;
	int children; /* signalfd of SIGCHLD */
	int leader;   /* pidfd of a game that is not our child; else -1 */
	bool took_over;
	bool leader_ended;
	bool told_to_end;	/* a signal that ends programs was passed on */
	struct instant kill_at; /* leftovers are killed then; NEVER */
	struct game game;
	struct run_record record;
	struct desk desk;
	struct logbook logbook;
	struct console_splitter splitter;
	struct backlog backlog;	/* for a roost that comes back */
	int64_t next_place;
	struct buf input;	/* console bytes that the game has not taken yet (terminal only) */
	struct instant used_at; /* when processor time was last looked at */
	int64_t used_micros;
};

/* The game itself has ended (its children may go on); EXIT_UNKNOWN when nobody heard how. */
void leader_has_ended(struct supervisor *s, int exit_status, int exit_signal);

void supervisor_refuse(struct client *client, int64_t serial, const char *why);

/* Until nothing of the run is left. */
void supervisor_watch(struct supervisor *s);

/* Record the end, tell it, and let go of everything. */
void supervisor_finish(struct supervisor *s);

#endif
