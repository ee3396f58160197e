/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in their outer form. The data is JSON already and is copied, not
 * parsed: an event is encoded once for each transport, and often.
 */

#include "feed/cloudevent.h"

#include <string.h>

#include "feed/cursor.h"

static void
put_json_text(struct buf *b, const char *text)
{
	buf_put_byte(b, '"');
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\') {
			buf_put_byte(b, '\\');
			buf_put_byte(b, (unsigned char)*c);
		} else if ((unsigned char)*c < 0x20) {
			buf_format(b, "\\u%04x", (unsigned)(unsigned char)*c);
		} else {
			buf_put_byte(b, (unsigned char)*c);
		}
	}
	buf_put_byte(b, '"');
}

/* Is the subject of this type a user, not a server? */
static bool
is_about_user(const char *type)
{
	return text_starts_with(type, "user.") || text_starts_with(type, "token.");
}

static bool
is_about_roost(const char *type)
{
	return text_starts_with(type, "roost.");
}

static void
put_source(struct buf *b, const struct store_event *e)
{
	char source[sizeof e->subject + sizeof "/servers/"];

	if (e->subject[0] == '\0' || is_about_roost(e->type)) {
		buf_put_text(b, "\"/\"");
		return;
	}
	(void)text_put(source, sizeof source, is_about_user(e->type) ? "/users/" : "/servers/");
	(void)text_put(source + strlen(source), sizeof source - strlen(source), e->subject);
	put_json_text(b, source);
}

void
cloudevent_put(struct buf *b, const char *epoch, const struct store_event *e)
{
	char time[INSTANT_TEXT_SIZE];

	instant_text(e->time, time);
	buf_format(b, "{\"specversion\":\"1.0\",\"id\":\"%s:%llu\",\"source\":", epoch,
		   (unsigned long long)e->offset);
	put_source(b, e);
	buf_put_text(b, ",\"type\":");
	put_json_text(b, e->type);
	if (e->subject[0] != '\0') {
		buf_put_text(b, ",\"subject\":");
		put_json_text(b, e->subject);
	}
	buf_format(b, ",\"time\":\"%s\",\"data\":", time);
	buf_put_text(b, e->data != NULL ? e->data : "{}");
	buf_put_byte(b, '}');
}

void
cloudevent_put_sse(struct buf *b, const char *epoch, const struct store_event *e)
{
	buf_format(b, "id: %s:%llu\nevent: %s\ndata: ", epoch, (unsigned long long)e->offset,
		   e->type);
	cloudevent_put(b, epoch, e);
	buf_put_text(b, "\n\n");
}

bool
feed_type_is_valid(const char *type)
{
	const char *dot = strchr(type, '.');

	if (dot == NULL || dot == type || strlen(type) >= sizeof((struct feed_filter *)NULL)->type)
		return false;
	for (const char *c = type; *c != '\0'; c++) {
		if (c != dot && *c != '_' && (*c < 'a' || *c > 'z'))
			return false;
	}
	return true;
}

bool
feed_filter_passes(const struct feed_filter *filter, unsigned audience, const char *type,
		   const char *subject)
{
	size_t length = strlen(filter->type);

	if (audience > (unsigned)filter->role)
		return false;
	if (filter->server[0] != '\0' &&
	    (strcmp(filter->server, subject) != 0 || is_about_user(type) || is_about_roost(type)))
		return false;
	if (length == 0)
		return true;
	if (filter->type[length - 1] == '.')
		return strncmp(type, filter->type, length) == 0;
	return strcmp(type, filter->type) == 0;
}
