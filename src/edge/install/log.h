/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INSTALL_LOG_H
#define ROOST_INSTALL_LOG_H

/*
 * What an installation says as it goes on: a file in the server's directory for people,
 * begun anew each time, and its last lines for events. What programs print is cleaned, cut
 * and bounded.
 */

#include "base/buf.h"
#include "base/limits.h"

#define INSTALL_LOG_PATH  ".roost/install.log"
#define INSTALL_LOG_LIMIT 1048576	/* bytes of the file; then only the tail goes on */

struct install_log {
	int fd;
	size_t written;
	bool full;
	struct buf tail;		/* the last lines, each with its end */
	struct buf line;		/* of a program, not ended yet */
};

/* `folder` is the descriptor of .roost. 0 or -errno. */
int install_log_open(struct install_log *log, int folder) must_check;
void install_log_close(struct install_log *log);

void install_log_say(struct install_log *log, const char *format, ...) printf_like(2, 3);

/* Output of a program, in whatever pieces; and its end. */
void install_log_output(struct install_log *log, const char *bytes, size_t length);
void install_log_output_end(struct install_log *log);

/* The last lines, at most TAIL_LINES_LIMIT; valid until more is said. */
const char *install_log_tail(struct install_log *log);

#endif
