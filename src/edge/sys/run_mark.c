/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a process: see the header. */

#include "sys/run_mark.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "sys/files.h"

#define ENVIRONMENT_LIMIT 2097152 /* the kernel's ARG_MAX */

bool
run_mark_is_on(int64_t pid, const char *token)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	CLEANUP(text_freep) char *mark = text_format("%s=%s", RUN_MARK, token);
	char path[40];
	const char *at, *end;

	(void)snprintf(path, sizeof path, "/proc/%lld/environ", (long long)pid);
	if (file_read(AT_FDCWD, path, ENVIRONMENT_LIMIT, &content) < 0)
		return false;
	at = buf_text(&content);
	for (end = at + content.length; at < end; at += strlen(at) + 1) {
		if (text_equal(at, mark))
			return true;
	}
	return false;
}
