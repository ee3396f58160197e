/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is live and no event: who comes to a channel and leaves it, and the lines of
 * consoles. Those who asked for it are listed by channel, so that what is not asked
 * for costs nothing; a message is encoded once for all of them.
 */

#include "web/web_inner.h"

#include <string.h>

#include "sys/clock.h"

#define TOPIC_BUCKETS 512
#define MEMBERS_TOLD  1000 /* in one list; the rest is counted */

struct topic {
	struct topic *next;
	enum live_what what;
	struct channel channel;
	struct socket **sockets;
	size_t count, room;
};

/* A console's line on its way from the control thread. */
struct line {
	struct letter letter;
	struct web *web;
	int64_t number;
	char server[SERVER_NAME_LIMIT + 1];
	char *styled; /* in `text`, behind the plain one; or NULL */
	char text[];
};

/* --- topics --------------------------------------------------------------------------------- */

static struct topic **
find(struct web *web, const struct channel *channel, enum live_what what)
{
	unsigned hash = (unsigned)what * 31 + (unsigned)channel->kind;
	struct topic **at;

	for (const char *c = channel->name; *c != '\0'; c++)
		hash = hash * 31 + (unsigned char)*c;
	at = &web->topics[hash % TOPIC_BUCKETS];
	while (*at != NULL && ((*at)->what != what || !channel_equal(&(*at)->channel, channel)))
		at = &(*at)->next;
	return at;
}

void
live_watch(struct socket *s, const struct channel *channel, enum live_what what)
{
	struct web *web = s->reader.web;
	struct topic **at = find(web, channel, what);
	struct topic *topic = *at;

	if (topic == NULL) {
		topic = *at = mem_new(sizeof *topic);
		topic->what = what;
		topic->channel = *channel;
		if (what == LIVE_CONSOLE)
			web->consoles_watched++;
	}
	if (topic->count == topic->room) {
		topic->room = topic->room > 0 ? topic->room * 2 : 2;
		topic->sockets = mem_resize(topic->sockets, topic->room * sizeof(struct socket *));
	}
	topic->sockets[topic->count++] = s;
}

void
live_unwatch(struct socket *s, const struct channel *channel, enum live_what what)
{
	struct web *web = s->reader.web;
	struct topic **at = find(web, channel, what);
	struct topic *topic = *at;
	size_t i = 0;

	ASSERT(topic != NULL);
	while (topic->sockets[i] != s) {
		i++;
		ASSERT(i < topic->count);
	}
	topic->sockets[i] = topic->sockets[--topic->count];
	if (topic->count > 0)
		return;
	*at = topic->next;
	if (what == LIVE_CONSOLE)
		web->consoles_watched--;
	mem_free(topic->sockets);
	mem_free(topic);
}

static void
tell(struct web *web, const struct topic *topic, const struct buf *text, const struct socket *but)
{
	CLEANUP(buf_deinit) struct buf frame = BUF_NULL;

	(void)web;
	websocket_put(&frame, WEBSOCKET_TEXT, text->data, text->length);
	for (size_t i = 0; i < topic->count; i++)
		if (topic->sockets[i] != but)
			(void)socket_send_frame(topic->sockets[i], &frame);
}

/* --- presence ------------------------------------------------------------------------------- */

static void
tell_presence(struct socket *s, const struct channel *channel, const char *word)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	const struct topic *topic = *find(s->reader.web, channel, LIVE_PRESENCE);
	const char *user = s->identity->user;
	char name[CHANNEL_TEXT_SIZE];

	if (topic == NULL)
		return;
	channel_text(channel, name);
	buf_format(&text, "{\"type\":\"presence\",\"channel\":\"%s\",\"%s\":{\"%s\":\"%s\"}}", name,
		   word, user[0] != '\0' ? "user" : "connection_id",
		   user[0] != '\0' ? user : s->id);
	tell(s->reader.web, topic, &text, s);
}

void
live_join(struct socket *s, const struct channel *channel)
{
	if (presence_add(s->reader.web->presence, channel, s->identity->user, s->id, sys_now()))
		tell_presence(s, channel, "joined");
}

void
live_leave(struct socket *s, const struct channel *channel)
{
	if (presence_remove(s->reader.web->presence, channel, s->identity->user, s->id))
		tell_presence(s, channel, "left");
}

struct listing {
	struct buf *to;
	size_t told;
};

static void
put_member(void *argument, const struct presence_member *member)
{
	struct listing *listing = argument;
	char since[INSTANT_TEXT_SIZE];

	if (listing->told == MEMBERS_TOLD)
		return;
	instant_text(member->since, since);
	buf_format(listing->to, "%s{\"%s\":\"%s\",\"connections\":%u,\"since\":\"%s\"}",
		   listing->told++ > 0 ? "," : "", member->is_user ? "user" : "connection_id",
		   member->member, member->connections, since);
}

void
live_put_members(const struct web *web, const struct channel *channel, struct buf *to)
{
	struct listing listing = { .to = to };
	size_t count;

	buf_put_text(to, ",\"members\":[");
	count = presence_list(web->presence, channel, put_member, &listing);
	buf_format(to, "],\"count\":%zu", count);
}

/* --- consoles ------------------------------------------------------------------------------- */

static void
put_quoted(struct buf *to, const char *plain)
{
	CLEANUP(json_freep) json_t *text = json_string(plain);
	char *quoted;

	ASSERT(text != NULL);
	quoted = json_dumps(text, JSON_ENCODE_ANY);
	ASSERT(quoted != NULL);
	buf_put_text(to, quoted);
	free(quoted);
}

static void
put_line(struct buf *to, const struct line *line)
{
	buf_format(to, "{\"type\":\"console\",\"server\":\"%s\",\"number\":%lld,\"line\":",
		   line->server, (long long)line->number);
	put_quoted(to, line->text);
	if (line->styled != NULL) {
		buf_put_text(to, ",\"ansi\":");
		put_quoted(to, line->styled);
	}
	buf_put_byte(to, '}');
}

/* In the web thread. */
static void
open_line(void *reader, struct letter *letter)
{
	struct line *line = CONTAINER_OF(letter, struct line, letter);
	struct channel channel = { .kind = CHANNEL_CONSOLE };
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	const struct topic *topic;

	(void)reader;
	(void)text_put(channel.name, sizeof channel.name, line->server);
	topic = *find(line->web, &channel, LIVE_CONSOLE);
	if (topic != NULL) {
		put_line(&text, line);
		tell(line->web, topic, &text, NULL);
	}
	mem_free(line);
}

/* In the control thread. Nobody watches any console: nothing is sent. */
static void
on_line(void *argument, const struct api_line *said)
{
	struct web *web = argument;
	size_t size = strlen(said->line) + 1;
	size_t more = said->styled != NULL ? strlen(said->styled) + 1 : 0;
	struct line *line;

	if (web->consoles_watched == 0)
		return;
	line = mem_new(sizeof *line + size + more);
	line->web = web;
	line->number = said->number;
	(void)text_put(line->server, sizeof line->server, said->server);
	memcpy(line->text, said->line, size);
	if (more > 0)
		line->styled = memcpy(line->text + size, said->styled, more);
	mailbox_post(web->mailbox, &line->letter, open_line);
}

/* --- beginning and end ---------------------------------------------------------------------- */

/* In the control thread, before ours begins. */
void
live_start(struct web *web)
{
	web->topics = mem_new_array(TOPIC_BUCKETS, sizeof(struct topic *));
	web->presence = presence_new();
	api_on_console(web->options.api, on_line, web);
}

void
live_free(struct web *web)
{
	for (size_t i = 0; i < TOPIC_BUCKETS; i++)
		ASSERT(web->topics[i] == NULL);
	mem_free(web->topics);
	presence_free(web->presence);
}
