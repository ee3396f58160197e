/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PROCESS_PORT_H
#define ROOST_PROCESS_PORT_H

/*
 * port/process.h on this machine: each game under a supervisor of its own
 * (process/supervise.h) that outlives roost. What exists is found again when
 * the port is made: every folder under DATA/run is one run.
 *
 * Besides replies it delivers, as they happen and with `server` filled in:
 * FACT_PROCESS_ENDED once per run and roost process, FACT_READY_LINE (once per
 * attachment when it was seen already), FACT_CONSOLE_LINE.
 */

#include "port/process.h"
#include "sys/courier.h"

/*
 * `data` is the data directory; DATA/run is made when missing. 0, or -errno
 * with a sentence for people in `ret_why` (of REASON_LIMIT + 1 bytes). The
 * program is started again as its own supervisor: `/proc/self/exe supervise`.
 * SIGPIPE is ignored from then on.
 */
int process_port_new(uv_loop_t *loop, const char *data, courier_deliver *deliver,
		     void *argument, char ret_why[static REASON_LIMIT + 1],
		     struct process_port **ret_port) must_check;

/* Lets go of everything; games go on. Run the loop until it has no handles left. */
void process_port_free(struct process_port *port);

/*
 * What limits (memory, cpu) come to on this machine, for doctor and the log:
 * one sentence; *ret_kept is whether they are enforced. Lives as long as the program.
 */
const char *process_limits_note(bool *ret_kept);

#endif
