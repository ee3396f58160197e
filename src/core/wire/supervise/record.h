/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RECORD_H
#define ROOST_RECORD_H

/*
 * What is known of one run on this machine: the file `state` of its folder, and
 * what a supervisor answers when asked. One JSON object, one form for both.
 */

#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"

#define RUN_TOKEN_LIMIT 60	/* port/process.h: [A-Za-z0-9-]{1,60} */
#define RUN_GROUP_LIMIT 512	/* bytes of a control group's path */
#define BOOT_ID_SIZE 37		/* /proc/sys/kernel/random/boot_id, and its end */
#define EXIT_UNKNOWN (-1)	/* nobody was there to hear how it ended */

struct run_record {
	char token[RUN_TOKEN_LIMIT + 1];
	char server[SERVER_NAME_LIMIT + 1];
	/* Who it is: a pid alone comes round again. */
	int64_t pid;
	uint64_t start_time;			/* /proc/PID/stat, field 22 */
	char boot_id[BOOT_ID_SIZE];
	struct instant started_at;
	/* How it ended; ended_at is NEVER while anything of it runs. */
	struct instant ended_at;
	int exit_status, exit_signal;		/* EXIT_UNKNOWN, 0: not heard */
	bool killed_for_memory;
	/* What a new supervisor must know to take over from a dead one. */
	bool pty;
	char ready_line[READY_LINE_LIMIT + 1];	/* "" = none declared */
	bool ready_line_seen;
	char group[RUN_GROUP_LIMIT];		/* its control group, "" = none */
	int64_t memory_limit, cpu_limit;	/* bytes, thousandths of a core; 0 = none */
	/* As of the last look. */
	int64_t memory_bytes, cpu_millis;
	char tail[TAIL_TEXT_LIMIT];
};

json_t *run_record_json(const struct run_record *record) must_check;

/* False for anything run_record_json() did not write. */
bool run_record_parse(const json_t *object, struct run_record *ret_record) must_check;

bool run_token_is_valid(const char *token);

#endif
