/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_PROCESS_H
#define ROOST_PORT_PROCESS_H

/*
 * Games as processes on this machine, each under a supervisor of its own that
 * outlives roost. A process is named by a token (its run's id), so that asking
 * twice, also after a crash of roost, never starts two.
 */

#include "model/spec.h"
#include "port/ticket.h"

struct process_order {
	const char *token;		/* of this run: [A-Za-z0-9-]{1,60} */
	const char *server;		/* for names of files and control groups */
	const struct local_spec *local;
	const char *ready_line;		/* or NULL */
	const struct endpoint *address;	/* where it is to listen: refused when a stranger does; or NULL */
	bool is_datagrams;		/* it listens for UDP there */
};

struct process_port {
	/*
	 * Make sure that the order's process runs: start it unless one with this
	 * token runs or ran. REPLY_PROCESS; refused when it cannot be started
	 * (the reason names the file or limit).
	 */
	void (*ensure)(struct process_port *port, struct ticket ticket,
		       const struct process_order *order);

	/* What has become of it: REPLY_PROCESS. */
	void (*find)(struct process_port *port, struct ticket ticket, const char *token);

	/* One line to its console. Refused when there is none. */
	void (*say)(struct process_port *port, struct ticket ticket, const char *token,
		    const char *line);

	/* A signal to its whole process group; SIGKILL also ends what escaped the group. */
	void (*signal)(struct process_port *port, struct ticket ticket, const char *token,
		       int signal);

	/* Forget an ended process: its supervisor, control group and socket go. Refused while it runs. */
	void (*forget)(struct process_port *port, struct ticket ticket, const char *token);

	/*
	 * Tokens of everything of ours that exists on this machine, for the reaper:
	 * REPLY_TEXT, one token a line.
	 */
	void (*list)(struct process_port *port, struct ticket ticket);
};

#endif
