/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RUNDIR_H
#define ROOST_RUNDIR_H

/*
 * The folder of one run, DATA/run/TOKEN (0700), and what is in it:
 *
 *   lock         flock(2)ed from before the supervisor is started until it ends:
 *                the lock is inherited, so two never run under one token
 *   state        the run's record (wire/supervise/record.h)
 *   begun        made by the game's process right before it becomes the program: a
 *                process that ended without it never ran
 *   socket       where a supervisor can be spoken to
 *   console.in   named pipes to and from the game: they outlive a supervisor,
 *   console.out  so that another can take over
 *   output       all it wrote, and `output.1` before that
 */

#include "wire/supervise/record.h"

#define RUNDIR_STATE "state"
#define RUNDIR_BEGUN "begun"
#define RUNDIR_SOCKET "socket"
#define RUNDIR_OUTPUT "output"
#define RUNDIR_INPUT_PIPE "console.in"
#define RUNDIR_OUTPUT_PIPE "console.out"

/* Open a run's folder under `runs` (DATA/run); made when `make`. Descriptor or -errno. */
int rundir_open(int runs, const char *token, bool make) must_check;

/* Take its lock: a descriptor, -EWOULDBLOCK when a supervisor holds it, or -errno. */
int rundir_lock(int folder) must_check;

/* 0, -ENOENT when nothing was ever started here, -EBADMSG when the record is not one, -errno. */
int rundir_read(int folder, struct run_record *ret_record) must_check;

/* How the record is written; see file_write(). */
int rundir_write(int folder, const struct run_record *record, bool survives_power) must_check;

/* A listening socket, or one connected to whoever listens. Descriptor or -errno. */
int rundir_listen(int folder) must_check;
int rundir_connect(int folder) must_check;

/* Delete a run's folder and all in it. The caller holds the lock. */
int rundir_remove(int runs, const char *token) must_check;

#endif
