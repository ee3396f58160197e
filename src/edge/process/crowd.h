/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CROWD_H
#define ROOST_CROWD_H

/*
 * All processes of one run: the game, its children, and what slipped away from
 * its session. The supervisor is their subreaper, so what loses its parent
 * becomes the supervisor's child; a supervisor that took over from a dead one
 * knows them by the mark ROOST_RUN=TOKEN in their environment.
 */

#include <sys/types.h>

#include "wire/supervise/procfs.h"
#include "wire/supervise/record.h"

struct crowd {
	pid_t leader;		/* the game; 0 once it has ended */
	const char *token;
	bool by_mark;		/* look at environments too */
	const char *group;	/* "" = none */
};

/* /proc/PID/stat of one process. False when there is none (a zombie is one). */
bool process_look(pid_t pid, struct proc_stat *ret_stat) must_check;

/* Is the very process of the record still running (same boot, pid and start)? */
bool process_is_same(const struct run_record *record);

/* /proc/sys/kernel/random/boot_id; "" when it cannot be read. */
void boot_id_read(char ret_id[static BOOT_ID_SIZE]);

/* How many of it live (zombies do not count). */
size_t crowd_count(const struct crowd *crowd);

/* Signal every one that is outside the leader's process group, too. */
void crowd_signal(const struct crowd *crowd, int signal);

/* SIGKILL for all, again until none is left or they will not die (bounded to 0.5 s). */
void crowd_kill(const struct crowd *crowd);

/* Resident memory of all, and processor time used so far by those that live. */
void crowd_use(const struct crowd *crowd, int64_t *ret_bytes, int64_t *ret_micros);

#endif
