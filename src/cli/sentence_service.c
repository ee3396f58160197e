/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences of messages, webhooks and rosters. */

#include "cli/sentence_inner.h"

#include <string.h>

static void
put_message(struct buf *b, const char *subject, const json_t *data)
{
	const json_t *message = json_object_get(data, "message");
	CLEANUP(text_freep) char *text = NULL;

	if (json_is_string(message))
		text = text_copy(json_string_value(message));
	else if (message != NULL)
		text = json_text(message);

	put_clean(b, subject);
	buf_put_text(b, ": ");
	put_clean(b, text != NULL ? text : "");
}

void
say_messaged(struct buf *b, const char *subject, const json_t *data)
{
	put_or(b, text_of(data, "by"), "somebody");
	buf_put_text(b, " writes to ");
	put_message(b, subject, data);
}

void
say_posted(struct buf *b, const char *subject, const json_t *data)
{
	put_or(b, text_of(data, "by"), "somebody");
	buf_put_text(b, " posts to ");
	put_message(b, subject, data);
}

static void
put_webhook(struct buf *b, const json_t *data)
{
	buf_put_text(b, "the webhook ");
	put_or(b, text_of(data, "label"), "without a label");
}

void
say_webhook_made(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	put_asker(b, data);
	buf_put_text(b, " made ");
	put_webhook(b, data);
}

void
say_webhook_changed(struct buf *b, const char *subject, const json_t *data)
{
	const char *change = text_of(data, "change");

	(void)subject;
	put_asker(b, data);
	buf_put_text(b, strcmp(change, "enabled") == 0	  ? " switched on "
			: strcmp(change, "disabled") == 0 ? " switched off "
			: strcmp(change, "secret") == 0	  ? " gave a new secret to "
							  : " changed ");
	put_webhook(b, data);
}

void
say_webhook_disabled(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	put_webhook(b, data);
	buf_put_text(b, " was given up");
	put_because(b, data, "reason");
}

void
say_webhook_missed(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	put_webhook(b, data);
	buf_put_text(b, " was off for so long that what it has not been told of is forgotten");
}

void
say_webhook_removed(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	put_asker(b, data);
	buf_put_text(b, " removed ");
	put_webhook(b, data);
}
