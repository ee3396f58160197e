/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of rosters: by people, by games and by those who know accounts. */

#include "cli/sentence_inner.h"

#include <string.h>

static void
put_who(struct buf *b, const json_t *data)
{
	const char *player = text_of(data, "player"), *address = text_of(data, "address");

	put_clean(b, *player != '\0' ? player : *address != '\0' ? address : "somebody");
}

/* By a user of roost, or in the game, where its own word says by whom. */
static void
put_by_whom(struct buf *b, const json_t *data)
{
	const char *by = text_of(data, "by"), *source = text_of(data, "source");

	if (*by == '\0')
		return;
	if (strcmp(by, "game") != 0) {
		buf_put_text(b, " by ");
		put_clean(b, by);
		return;
	}
	buf_put_text(b, ", in the game");
	if (*source == '\0')
		return;
	buf_put_text(b, " by ");
	put_clean(b, source);
}

void
sentence_roster_changed(struct buf *b, const char *subject, const json_t *data)
{
	const char *change = text_of(data, "change");

	put_who(b, data);
	buf_put_text(b, strcmp(change, "added") == 0	 ? " was put on the list of "
			: strcmp(change, "removed") == 0 ? " was taken off the list of "
			: strcmp(change, "opped") == 0	 ? " was made an operator of "
			: strcmp(change, "deopped") == 0 ? " is no operator any more of "
			: strcmp(change, "banned") == 0	 ? " was banned from "
							 : " is not banned any more from ");
	put_clean(b, subject);
	if (json_get_bool(data, "for_run", false))
		buf_put_text(b, " until it sleeps");
	put_by_whom(b, data);
	put_because(b, data, "reason");
}

void
sentence_roster_failed(struct buf *b, const char *subject, const json_t *data)
{
	buf_put_text(b, "who may play on ");
	put_clean(b, subject);
	buf_put_text(b, " could not be given to the game");
	put_because(b, data, "reason");
}

void
sentence_roster_unknown(struct buf *b, const char *subject, const json_t *data)
{
	buf_put_text(b, "there is no Minecraft account called ");
	put_who(b, data);
	buf_put_text(b, ", who is on the roster of ");
	put_clean(b, subject);
}

void
sentence_op_offered(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " may operate ");
	put_clean(b, text_of(data, "server"));
	buf_put_text(b, " until it sleeps (roost op ");
	put_clean(b, text_of(data, "server"));
	buf_put_text(b, ")");
}
