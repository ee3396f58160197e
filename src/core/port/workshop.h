/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_WORKSHOP_H
#define ROOST_PORT_WORKSHOP_H

/*
 * Work in servers' directories before their games start, in worker threads. At most one
 * order of a server is under way at a time; every order may be repeated, for after a crash
 * nobody knows how far the last one came.
 *
 * Nothing is written or run outside the directory: no link in it is followed. A file is
 * written whole or not at all (by rename), and keeps its mode.
 */

#include "model/preparation.h"
#include "port/ticket.h"

/* Lent for the call. */
struct workshop_order {
	const char *server;
	const char *directory;			/* absolute; made when it is not there */
	const struct preparation *preparation;
	bool again;				/* install: also when it was installed before */
};

struct workshop_progress {
	size_t step, step_count;		/* which one is done now, from 0 */
	char title[REASON_LIMIT + 1];		/* "Download the server" */
	uint64_t bytes, bytes_expected;		/* of a download; 0 = not known */
	bool begun;				/* it was not installed before, and its steps are being done */
};

struct workshop_port {
	/*
	 * Do the steps, unless the directory says that they were done with these values: its
	 * file .roost/installed.json holds preparation_digest() of the last that came to its end.
	 * What they print and find is in .roost/install.log.
	 * REPLY_TEXT: what people should know of it in one sentence, or "" when it was installed
	 * before. Refused: a step failed (which, why, what to do); the mark is not there then.
	 */
	void (*install)(struct workshop_port *port, struct ticket ticket,
			const struct workshop_order *order);

	/* Render the files. REPLY_NOTHING; refused: one could not be (which, why, what to do). */
	void (*render)(struct workshop_port *port, struct ticket ticket,
		       const struct workshop_order *order);

	/* End it soon; its reply (refused) still comes. */
	void (*cancel)(struct workshop_port *port, struct ticket ticket);

	/* How far an installation is, at once; false: there is no such order. */
	bool (*progress)(struct workshop_port *port, struct ticket ticket,
			 struct workshop_progress *ret_progress);
};

#endif
