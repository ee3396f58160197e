/* SPDX-License-Identifier: Apache-2.0 */
/* What a client says over its WebSocket, and the answers. What is not right is answered, never the end. */

#include "web/web_inner.h"

#include <string.h>

#include "feed/talk.h"
#include "sys/clock.h"

/* --- answers -------------------------------------------------------------------------------- */

static void
begin_answer(struct buf *text, const struct talk *talk)
{
	buf_put_text(text, "{\"type\":\"answer\"");
	if (talk->id != NULL)
		buf_format(text, ",\"id\":%s", talk->id);
	if (talk->action != TALK_MAX)
		buf_format(text, ",\"action\":\"%s\"", talk_word(talk->action));
}

void
socket_answer(struct socket *s, const struct talk *talk, const char *members)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	begin_answer(&text, talk);
	buf_put_text(&text, ",\"ok\":true");
	buf_put_text(&text, members);
	buf_put_byte(&text, '}');
	(void)socket_send_text(s, &text);
}

void
socket_answer_refused(struct socket *s, const struct talk *talk, int status, const char *problem)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	begin_answer(&text, talk);
	buf_format(&text, ",\"ok\":false,\"status\":%d,\"problem\":", status);
	buf_put_text(&text, problem);
	buf_put_byte(&text, '}');
	(void)socket_send_text(s, &text);
}

void
socket_answer_problem(struct socket *s, const struct talk *talk, int status, const char *detail)
{
	CLEANUP(json_freep) json_t *problem = api_problem(status, detail);
	CLEANUP(text_freep) char *text = json_text(problem);

	socket_answer_refused(s, talk, status, text);
}

/* --- what is answered here ------------------------------------------------------------------ */

static void
ping(struct socket *s, const struct talk *talk)
{
	CLEANUP(buf_deinit) struct buf members = BUF_NULL;
	char now[INSTANT_TEXT_SIZE];

	instant_text(sys_now(), now);
	buf_format(&members, ",\"time\":\"%s\"", now);
	socket_answer(s, talk, buf_text(&members));
}

static void
whoami(struct socket *s, const struct talk *talk)
{
	CLEANUP(buf_deinit) struct buf members = BUF_NULL;
	char since[INSTANT_TEXT_SIZE];

	instant_text(s->connected_at, since);
	buf_format(&members,
		   ",\"connection_id\":\"%s\",\"user\":\"%s\",\"role\":\"%s\","
		   "\"connected_at\":\"%s\",\"channels\":",
		   s->id, s->identity->user, role_word(s->identity->role), since);
	subscriptions_put_names(s, &members);
	socket_answer(s, talk, buf_text(&members));
}

static void
presence(struct socket *s, const struct talk *talk)
{
	CLEANUP(buf_deinit) struct buf members = BUF_NULL;
	struct reader_rights rights = socket_rights(s);

	if (!channel_may_read(&talk->channels[0], &rights)) {
		socket_answer_problem(s, talk, 403,
				      "Who is on a channel is told to those who may read it.");
		return;
	}
	live_put_members(s->reader.web, &talk->channels[0], &members);
	socket_answer(s, talk, buf_text(&members));
}

static void
act(struct socket *s, const struct talk *talk)
{
	switch (talk->action) {
	case TALK_SUBSCRIBE:
		socket_subscribe(s, talk);
		return;
	case TALK_UNSUBSCRIBE:
		socket_unsubscribe(s, talk);
		return;
	case TALK_RESUME:
		socket_resume(s, talk);
		return;
	case TALK_PING:
		ping(s, talk);
		return;
	case TALK_WHOAMI:
		whoami(s, talk);
		return;
	case TALK_PRESENCE:
		presence(s, talk);
		return;
	case TALK_WAKE:
	case TALK_SLEEP:
	case TALK_COMMAND:
	case TALK_POST:
		socket_call(s, talk);
		return;
	case TALK_MAX:
		ASSERT(!"an action of the table");
	}
}

void
socket_hear(struct socket *s, const struct websocket_message *message)
{
	struct talk talk;
	char detail[TALK_DETAIL_SIZE];
	int status = talk_parse(message->bytes, message->length, &talk, detail);

	if (status != 0)
		socket_answer_problem(s, &talk, status, detail);
	else
		act(s, &talk);
	talk_deinit(&talk);
}
