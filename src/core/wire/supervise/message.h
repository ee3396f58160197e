/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MESSAGE_H
#define ROOST_MESSAGE_H

/*
 * What roost and a supervisor tell each other: JSON objects, one a line, at most
 * SUPERVISE_MESSAGE_LIMIT bytes with the newline. Each request of roost carries
 * a serial, and exactly one of done, refused or status comes back with it; what
 * a supervisor tells unasked has serial 0.
 */

#include "base/buf.h"
#include "base/limits.h"
#include "wire/supervise/record.h"

enum message_kind {
#define MESSAGE(name, wire, from, carries) MESSAGE_##name,
#include "wire/supervise/message.def"
	MESSAGE_MAX
};

struct message {
	enum message_kind kind;
	int64_t serial;
	int number;			/* SIGNAL: 1..64 */
	char *text;			/* SAY, REFUSED, LINE: printable */
	char *styled;			/* LINE: the text with its colours (wire/ansi.h); NULL: it has none */
	int64_t place;			/* LINE: where it stands (backlog.h); 0: not told */
	bool past;			/* LINE: it came before whoever hears it did */
	struct run_record *status;	/* STATUS */
};

/* Appends the message and its newline. Texts are cleaned and cut to fit. */
void message_put(const struct message *message, struct buf *to);

enum message_found {
	MESSAGE_FOUND,		/* *ret_message is the caller's (message_deinit) */
	MESSAGE_UNFINISHED,	/* more bytes are needed */
	MESSAGE_WRONG		/* whoever speaks so is dropped */
};

/* The first message in `bytes`; *ret_used is how many bytes it took (FOUND only). */
enum message_found message_take(const void *bytes, size_t length, struct message *ret_message,
				size_t *ret_used) must_check;

void message_deinit(struct message *message);

#endif
