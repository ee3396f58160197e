/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_FILES_H
#define ROOST_PORT_FILES_H

/*
 * A few small files of one directory, read and written whole: a game's own, which the
 * game and people change too. A link in place of a file is refused, so that nothing out
 * of the directory is read or replaced.
 */

#include "base/base.h"
#include "port/ticket.h"

#define FILES_AT_ONCE 6

struct file_text {
	bool is_there;
	char *text;			/* NULL when it is not; NUL-terminated for convenience */
	size_t length;
};

struct files_answer {
	bool is_there;			/* the directory */
	size_t count;
	struct file_text files[FILES_AT_ONCE];	/* in the order that was asked for */
};

void files_answer_free(struct files_answer *answer);	/* NULL is nothing */

/* Lent for the call. */
struct files_order {
	const char *directory;		/* absolute */
	size_t count;
	struct file_change {
		const char *name;	/* without a '/' */
		const char *text;	/* what it is to hold; NULL = it is left alone */
		size_t length;
		const struct file_text *was;	/* as it was read; it must be so still */
	} files[FILES_AT_ONCE];
};

struct files_port {
	/* REPLY_FILES, also when there is none. Refused: one cannot be read (the reason names it). */
	void (*read)(struct files_port *port, struct ticket ticket, const char *directory,
		     const char *const *names, size_t count);

	/*
	 * Each by rename, with the mode and owner it had (else 0600), durable when the
	 * answer comes. REPLY_YES_OR_NO: no when one is not as it was, and then nothing was
	 * written. Refused: one cannot be written; others may have been.
	 */
	void (*write)(struct files_port *port, struct ticket ticket,
		      const struct files_order *order);
};

#endif
