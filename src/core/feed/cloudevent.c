/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in their outer form. The data is JSON already and is copied, not
 * parsed: an event is encoded once for each transport, and often.
 */

#include "feed/cloudevent.h"

#include <string.h>

#include "feed/channel.h"
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

static const struct {
	const char *noun;
	enum event_about about;
} nouns[] = {
	{ "server.", ABOUT_SERVER },  { "player.", ABOUT_SERVER }, { "backup.", ABOUT_SERVER },
	{ "restore.", ABOUT_SERVER }, { "roster.", ABOUT_SERVER }, { "install.", ABOUT_SERVER },
	{ "user.", ABOUT_USER },      { "token.", ABOUT_USER },	   { "channel.", ABOUT_CHANNEL },
};

enum event_about
event_about(const char *type)
{
	for (size_t i = 0; i < ELEMENTS(nouns); i++) {
		if (type[0] == nouns[i].noun[0] && text_starts_with(type, nouns[i].noun))
			return nouns[i].about;
	}
	return ABOUT_ROOST;
}

static void
put_source(struct buf *b, const struct store_event *e)
{
	static const char *const folders[] = { [ABOUT_ROOST] = "/",
					       [ABOUT_SERVER] = "/servers/",
					       [ABOUT_USER] = "/users/",
					       [ABOUT_CHANNEL] = "/channels/" };
	enum event_about about = event_about(e->type);
	char source[sizeof e->subject + sizeof "/channels/"];

	(void)text_put(source, sizeof source, folders[about]);
	if (e->subject[0] == '\0')
		about = ABOUT_ROOST;
	else if (about != ABOUT_ROOST)
		(void)text_put(source + strlen(source), sizeof source - strlen(source), e->subject);
	put_json_text(b, about == ABOUT_ROOST ? "/" : source);
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

static bool
is_of_type(const char *wanted, const char *type)
{
	size_t length = strlen(wanted);

	if (length == 0)
		return true;
	if (wanted[length - 1] == '.')
		return strncmp(type, wanted, length) == 0;
	return strcmp(type, wanted) == 0;
}

/* Asked for each reader and each event: what is cheap and decides most comes first. */
bool
feed_filter_passes(const struct feed_filter *filter, unsigned audience, const char *type,
		   const char *subject)
{
	if (audience > (unsigned)filter->role &&
	    (filter->user == NULL || filter->user[0] == '\0' ||
	     strcmp(filter->user, subject) != 0 || event_about(type) != ABOUT_USER))
		return false;
	if (filter->server[0] != '\0' &&
	    (strcmp(filter->server, subject) != 0 || event_about(type) != ABOUT_SERVER))
		return false;
	if (!is_of_type(filter->type, type))
		return false;
	return filter->channels == NULL || channel_set_has_event(filter->channels, type, subject);
}
