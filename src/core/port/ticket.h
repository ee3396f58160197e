/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TICKET_H
#define ROOST_TICKET_H

/*
 * What every port shares. A request carries a ticket; its answer comes back
 * later, never inside the call that asked, as one `struct reply` handed to the
 * plane with that ticket. A caller that no longer waits forgets the ticket and
 * the reply is dropped.
 */

#include "base/base.h"
#include "base/limits.h"
#include "base/ticket.h"

enum reply_result {
	REPLY_DONE,		/* it happened; the answer is in the union */
	REPLY_REFUSED,		/* it did not happen and will not; `reason` says why */
	REPLY_UNKNOWN		/* no answer: it may or may not have happened */
};

/* A process kept by a provider, as it is now. */
enum process_is {
	PROCESS_RUNNING,
	PROCESS_GONE,		/* it ended; how is in exit_status/exit_signal */
	PROCESS_NONE		/* nothing was ever started under this token */
};

struct process_answer {
	enum process_is is;
	int64_t pid;
	uint64_t start_time;	/* /proc/PID/stat field 22: with pid, the identity */
	int exit_status;	/* when exit_signal is 0; negative: nobody heard */
	int exit_signal;
	bool killed_for_memory;
	bool ready_line_seen;
	int64_t memory_bytes;
	int64_t cpu_millis;
	char tail[TAIL_TEXT_LIMIT];	/* last lines of output */
};

/* How it ended, for people: "ended with exit status 1". Of what does not run. */
void process_ending(const struct process_answer *process, char *text, size_t size);

/* A game's answer to "are you there, and who is on?" */
struct probe_answer {
	unsigned online, max;
	int protocol;			/* Minecraft; -1 when not told */
	char version[64];
	char motd[MOTD_LIMIT];		/* JSON text component, "" when none or too long */
	char *status_json;		/* whole answer, printable and bounded; receiver's to free; or NULL */
	size_t name_count;		/* who is on, or a sample */
	char names[PROBE_NAMES_LIMIT][PLAYER_NAME_LIMIT + 1];
	bool odd_names;			/* the list had more than players' names: lines of advertisement */
};

struct store_rows;
struct http_result;	/* port/http.h */
struct object_answer;	/* port/objects.h */
struct archive_answer;	/* port/archive.h */
struct files_answer;	/* port/files.h */

struct reply {
	struct ticket ticket;
	enum reply_result result;
	char reason[REASON_LIMIT + 1];
	union {
		struct process_answer *process;	/* receiver's to free (reply_deinit) */
		struct probe_answer *probe;
		struct store_rows *rows;
		char *text;			/* e.g. a password's hash */
		bool yes;			/* e.g. the password is right */
		struct http_result *http;
		struct object_answer *object;
		struct archive_answer *archive;
		struct files_answer *files;
	} as;
	enum {
		REPLY_NOTHING,
		REPLY_PROCESS,
		REPLY_PROBE,
		REPLY_ROWS,
		REPLY_TEXT,
		REPLY_YES_OR_NO,
		REPLY_HTTP,
		REPLY_OBJECT,
		REPLY_ARCHIVE,
		REPLY_FILES
	} holds;
};

void reply_deinit(struct reply *reply);

#endif
