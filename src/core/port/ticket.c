/* SPDX-License-Identifier: Apache-2.0 */
/* Replies own what they carry. */

#include "port/ticket.h"

#include "port/store.h"

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
	}
	*reply = (struct reply){ .result = reply->result };
}
