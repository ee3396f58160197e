/* SPDX-License-Identifier: Apache-2.0 */
/* A backup is downloaded: whether it may be is asked here, the edge brings it. */

#include "api/call.h"

/* "survival-20261121T0412Z.tar.zst" */
static char *
file_name_of(const struct backup *b)
{
	char text[INSTANT_TEXT_SIZE];

	instant_text(instant_is_set(b->packed_at) ? b->packed_at : b->made, text);
	return text_format("%s-%.4s%.2s%.2sT%.2s%.2sZ.tar.zst", b->server, text, text + 5, text + 8,
			   text + 11, text + 14);
}

void
handle_backup_archive(struct call *call)
{
	const struct backup *b;
	struct api_answer *answer;

	if (call_server(call) == NULL)
		return;
	b = backups_find(call->api->backups, call->parameter, call->second);
	if (b == NULL) {
		call_refuse(call, PROBLEM_NOT_FOUND, "%s has no backup %s.", call->parameter,
			    call->second);
		return;
	}
	if (b->state != BACKUP_GOOD) {
		call_refuse(call, PROBLEM_CONFLICT,
			    "The backup is %s; only one that is good can be downloaded.",
			    backup_state_word(b->state));
		return;
	}
	answer = mem_new(sizeof *answer);
	answer->kind = ANSWER_DOWNLOAD;
	answer->status = 200;
	answer->content_type = "application/zstd";
	answer->download.store = text_copy(b->store);
	answer->download.name = text_format("%s/%s", b->server, b->archive);
	answer->download.file_name = file_name_of(b);
	answer->download.size = b->size;
	call_answer_with(call, answer);
}
