/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connection has the API do, as letters to the control thread and back. A
 * connection may end meanwhile, so letters carry its id; who it was opened for is sent
 * along and asked about again there, for it may have been revoked since.
 */

#include "web/web_inner.h"

#include <string.h>

#include "feed/talk.h"

struct called {
	struct letter letter;
	struct web *web;
	char id[CONNECTION_ID_SIZE];
	struct talk talk; /* its action and its id only */
	struct caller_proof proof;
	char user[USER_NAME_LIMIT + 1], digest[DIGEST_TEXT_SIZE];
	struct api_request request;
	struct api_answer *answer;
};

/* Something an endpoint's integrations are told. */
struct telling {
	struct letter letter;
	struct web *web;
	char id[CONNECTION_ID_SIZE];
	enum { TELL_OPENED, TELL_HEARD, TELL_CLOSED } what;
	unsigned code;
	bool is_text;
	size_t length;
	unsigned char bytes[];
};

/* --- actions -------------------------------------------------------------------------------- */

static void
called_free(struct called *called)
{
	talk_deinit(&called->talk);
	api_request_deinit(&called->request);
	api_answer_free(called->answer);
	mem_free(called);
}

/* The members of the body go beside ours. */
static void
give_answer(struct socket *s, const struct called *called)
{
	CLEANUP(buf_deinit) struct buf members = BUF_NULL;
	const struct api_answer *answer = called->answer;
	size_t length = answer->body_length;

	if (answer->status >= 400) {
		socket_answer_refused(s, &called->talk, answer->status,
				      answer->body != NULL ? answer->body : "{}");
		return;
	}
	buf_format(&members, ",\"status\":%d", answer->status);
	if (length > 2 && answer->body[0] == '{' && answer->body[length - 1] == '}') {
		buf_put_byte(&members, ',');
		buf_put(&members, answer->body + 1, length - 2);
	}
	socket_answer(s, &called->talk, buf_text(&members));
}

/* In the web thread: the answer is here. */
static void
open_answer(void *reader, struct letter *letter)
{
	struct called *called = CONTAINER_OF(letter, struct called, letter);
	struct web *web = called->web;
	struct socket *s = sockets_find(web, called->id);

	(void)reader;
	ASSERT(web->in_flight > 0);
	web->in_flight--;
	if (s != NULL) {
		s->calls--;
		give_answer(s, called);
	}
	called_free(called);
}

static void
on_answered(void *argument, struct api_answer *answer)
{
	struct called *called = argument;

	called->answer = answer;
	mailbox_post(called->web->mailbox, &called->letter, open_answer);
}

/* In the control thread. */
static void
open_call(void *reader, struct letter *letter)
{
	struct called *called = CONTAINER_OF(letter, struct called, letter);

	(void)reader;
	api_handle(called->web->options.api, &called->request, on_answered, called);
}

static json_t *
body_of(const struct talk *talk)
{
	char name[CHANNEL_TEXT_SIZE];
	json_t *body = json_object();

	if (talk->action == TALK_SLEEP && talk->now)
		json_set_bool(body, "now", true);
	if (talk->action == TALK_COMMAND)
		json_set_text(body, "line", talk->line);
	if (talk->action == TALK_POST) {
		channel_text(&talk->channels[0], name);
		json_set_text(body, "channel", name);
		ASSERT(json_object_set_new(body, "message",
					   json_loads(talk->message, JSON_DECODE_ANY, NULL)) == 0);
	}
	return body;
}

static void
fill_request(struct called *called, const struct socket *s, const struct talk *talk)
{
	CLEANUP(json_freep) json_t *body = body_of(talk);
	struct api_request *to = &called->request;
	const struct identity *identity = s->identity;

	(void)text_put(called->user, sizeof called->user, identity->user);
	(void)text_put(called->digest, sizeof called->digest, identity->digest);
	called->proof = (struct caller_proof){ .role = identity->role,
					       .user = called->user,
					       .digest = called->digest,
					       .connection = called->id };
	to->method = API_POST;
	to->path = talk->action == TALK_POST ? text_copy("/v1/messages")
					     : text_format("/v1/servers/%s/%s", talk->server,
							   talk_word(talk->action));
	to->body = json_text(body);
	to->body_length = strlen(to->body);
	to->content_type = text_copy("application/json");
	if (talk->action == TALK_WAKE || talk->action == TALK_SLEEP)
		to->connection_id = text_copy(s->id);
	to->proof = &called->proof;
	to->local = identity->local;
	to->ip = *http_stream_ip(s->reader.stream);
	(void)text_put(to->user_agent, sizeof to->user_agent, identity->agent);
}

void
socket_call(struct socket *s, const struct talk *talk)
{
	struct web *web = s->reader.web;
	struct called *called;

	if (s->calls >= CALLS_LIMIT) {
		socket_answer_problem(s, talk, 429,
				      "Too many of your requests wait for their answers.");
		return;
	}
	if (web->in_flight >= API_IN_FLIGHT_LIMIT) {
		web->counters.api_refused++;
		socket_answer_problem(s, talk, 503, "roost is busy. Try again in a moment.");
		return;
	}
	s->calls++;
	web->in_flight++;
	web->counters.api_requests++;
	called = mem_new(sizeof *called);
	called->web = web;
	(void)text_put(called->id, sizeof called->id, s->id);
	called->talk.action = talk->action;
	called->talk.id = text_copy(talk->id);
	fill_request(called, s, talk);
	mailbox_post(web->options.control, &called->letter, open_call);
}

/* --- integrations --------------------------------------------------------------------------- */

/* In the web thread: the message was taken. */
static void
open_taken(void *reader, struct letter *letter)
{
	struct telling *telling = CONTAINER_OF(letter, struct telling, letter);
	struct socket *s = sockets_find(telling->web, telling->id);

	(void)reader;
	telling->web->in_flight--;
	if (s != NULL && telling->what == TELL_HEARD)
		s->calls--;
	mem_free(telling);
}

/* In the control thread. */
static void
open_telling(void *reader, struct letter *letter)
{
	struct telling *telling = CONTAINER_OF(letter, struct telling, letter);
	struct api *api = telling->web->options.api;

	(void)reader;
	switch (telling->what) {
	case TELL_OPENED:
		api_socket_opened(api, telling->id);
		break;
	case TELL_HEARD:
		api_socket_heard(api, telling->id, telling->bytes, telling->length,
				 telling->is_text);
		break;
	case TELL_CLOSED:
		api_socket_closed(api, telling->id, telling->code, (const char *)telling->bytes);
		break;
	}
	mailbox_post(telling->web->mailbox, &telling->letter, open_taken);
}

static struct telling *
telling_new(struct socket *s, const void *bytes, size_t length)
{
	struct telling *telling = mem_new(sizeof *telling + length + 1);

	telling->web = s->reader.web;
	telling->web->in_flight++;
	(void)text_put(telling->id, sizeof telling->id, s->id);
	if (length > 0)
		memcpy(telling->bytes, bytes, length);
	telling->length = length;
	return telling;
}

static void
post(struct telling *telling)
{
	mailbox_post(telling->web->options.control, &telling->letter, open_telling);
}

void
socket_tell_opened(struct socket *s)
{
	struct telling *telling = telling_new(s, NULL, 0);

	telling->what = TELL_OPENED;
	post(telling);
}

/* As many as may be on their way; whoever sends on meanwhile sends too much. */
void
socket_tell_heard(struct socket *s, const struct websocket_message *message)
{
	struct telling *telling;

	if (s->calls >= HEARD_LIMIT) {
		s->reader.web->counters.sockets_too_many++;
		socket_doom(s, CLOSE_TOO_MANY);
		return;
	}
	s->calls++;
	telling = telling_new(s, message->bytes, message->length);
	telling->what = TELL_HEARD;
	telling->is_text = message->opcode == WEBSOCKET_TEXT;
	post(telling);
}

void
socket_tell_closed(struct socket *s, unsigned code, const char *reason)
{
	struct telling *telling;

	if (!socket_is_integrated(s) || !s->opened)
		return;
	telling = telling_new(s, reason, strlen(reason));
	telling->what = TELL_CLOSED;
	telling->code = code;
	post(telling);
}
