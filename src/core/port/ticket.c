/* SPDX-License-Identifier: Apache-2.0 */
/* Replies own what they carry. */

#include "port/ticket.h"

#include <stdio.h>

#include "port/archive.h"
#include "port/files.h"
#include "port/http.h"
#include "port/objects.h"
#include "port/store.h"

void
process_ending(const struct process_answer *process, char *text, size_t size)
{
	if (process->killed_for_memory)
		(void)snprintf(text, size, "was ended because it used more memory than allowed");
	else if (process->exit_signal != 0)
		(void)snprintf(text, size, "was ended by signal %d", process->exit_signal);
	else if (process->is == PROCESS_NONE || process->exit_status < 0)
		(void)text_put(text, size,
			       "ended and nobody saw how: the machine was restarted, or it was "
			       "ended from outside");
	else
		(void)snprintf(text, size, "ended with exit status %d", process->exit_status);
}

void
reply_deinit(struct reply *reply)
{
	switch (reply->holds) {
	case REPLY_NOTHING:
	case REPLY_YES_OR_NO:
		break;
	case REPLY_PROCESS:
		mem_free(reply->as.process);
		break;
	case REPLY_PROBE:
		if (reply->as.probe != NULL)
			mem_free(reply->as.probe->status_json);
		mem_free(reply->as.probe);
		break;
	case REPLY_ROWS:
		rows_free(reply->as.rows);
		break;
	case REPLY_TEXT:
		mem_free(reply->as.text);
		break;
	case REPLY_HTTP:
		http_result_free(reply->as.http);
		break;
	case REPLY_OBJECT:
		object_answer_free(reply->as.object);
		break;
	case REPLY_ARCHIVE:
		archive_answer_free(reply->as.archive);
		break;
	case REPLY_FILES:
		files_answer_free(reply->as.files);
		break;
	}
	*reply = (struct reply){ .result = reply->result };
}
