/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WebSocket's life: opened by a handshake that the API has allowed, read from,
 * pinged, and ended with a code that says whether to come back. What makes it hard is
 * that a socket may be found wanting while it is one of many being told something:
 * then it is only doomed, and ended at the next turn of the loop.
 */

#include "web/web_inner.h"

#define FRAGMENTS_LIMIT	  1024	/* frames of one message: a message of small frames costs work */
#define UNFINISHED_TENTHS 600	/* a message that began is whole within a minute */
#define TRY_AGAIN_LATER	  1013u /* IANA's registry */

static struct socket *
socket_of(struct reader *r)
{
	return CONTAINER_OF(r, struct socket, reader);
}

bool
socket_is_integrated(const struct socket *s)
{
	return s->endpoint != NULL && s->endpoint->route_count > 0;
}

size_t
socket_unsent(const struct socket *s)
{
	return http_stream_unsent(s->reader.stream);
}

/* --- ending --------------------------------------------------------------------------------- */

static void
socket_free(struct socket *s)
{
	struct web *web = s->reader.web;

	web->counters.sockets_closed += s->opened;
	subscriptions_end(s);
	wheel_clear(&web->wheel, &s->timer);
	if (s->opened)
		sockets_remove(web, s);
	web->sockets_held -= websocket_in_held(&s->in);
	websocket_in_deinit(&s->in);
	identity_leave(web, s->identity);
	reader_leave(&s->reader);
	mem_free(s);
}

/* The peer's side or the server's ended it: nothing can be said any more. */
static void
on_closed(void *argument)
{
	struct socket *s = argument;

	socket_tell_closed(s, 1006, "");
	socket_free(s);
}

void
socket_finish(struct socket *s, unsigned code, const char *reason)
{
	CLEANUP(buf_deinit) struct buf frame = BUF_NULL;

	websocket_put_close(&frame, code, reason);
	(void)http_stream_send(s->reader.stream, frame.data, frame.length);
	http_stream_close(s->reader.stream);
	socket_tell_closed(s, code, reason != NULL ? reason : "");
	socket_free(s);
}

void
socket_doom(struct socket *s, unsigned code)
{
	struct reader *r = &s->reader;

	if (s->doom != 0)
		return;
	s->doom = (uint16_t)code;
	if (r->page != NULL) {
		page_forget(r->page);
		r->page = NULL;
	}
	reader_put(r, READER_DOOMED);
	readers_run(r->web);
}

static const char *
reason_of(const struct socket *s)
{
	switch (s->doom) {
	case CLOSE_RIGHTS:
		return "your rights have changed, or have ended";
	case CLOSE_SLOW:
		return "you do not keep up; come back with your place";
	case CLOSE_NO_PONG:
		return "no pong came";
	case CLOSE_TOO_MANY:
		return "too many messages";
	case WEBSOCKET_POLICY:
		return "the message took too long";
	case WEBSOCKET_UNSUPPORTED:
		return "messages are text";
	case TRY_AGAIN_LATER:
		return "busy; come back with your place";
	default:
		return "come back with your place";
	}
}

void
sockets_reap(struct web *web)
{
	struct reader_list *doomed = &web->lists[READER_DOOMED];

	while (doomed->first != NULL) {
		struct socket *s = socket_of(doomed->first);

		socket_finish(s, s->doom, reason_of(s));
	}
}

/* --- sending -------------------------------------------------------------------------------- */

bool
socket_send_frame(struct socket *s, const struct buf *frame)
{
	struct reader *r = &s->reader;
	struct web *web = r->web;

	if (s->doom != 0)
		return false;
	if (socket_unsent(s) + frame->length > web->options.sockets.queue_limit) {
		web->counters.readers_slow++;
		socket_doom(s, CLOSE_SLOW);
		return false;
	}
	web->counters.socket_messages_out++;
	r->sent_beat = web_tenths(web);
	if (!http_stream_send(r->stream, frame->data, frame->length) && r->place != READER_QUIET &&
	    r->place != READER_NOWHERE)
		reader_put(r, READER_BLOCKED);
	return true;
}

bool
socket_send_text(struct socket *s, const struct buf *text)
{
	CLEANUP(buf_deinit) struct buf frame = BUF_NULL;

	websocket_put(&frame, WEBSOCKET_TEXT, text->data, text->length);
	return socket_send_frame(s, &frame);
}

void
socket_send_control(struct socket *s, enum websocket_opcode opcode, const void *bytes,
		    size_t length)
{
	CLEANUP(buf_deinit) struct buf frame = BUF_NULL;
	uint32_t sent = s->reader.sent_beat;

	websocket_put(&frame, opcode, bytes, length);
	(void)socket_send_frame(s, &frame);
	s->reader.sent_beat = sent; /* it is no message */
}

/* --- receiving ------------------------------------------------------------------------------ */

/* Each message uses up a part of a second; saved up to the burst. */
static bool
is_allowed(struct socket *s)
{
	const struct socket_settings *o = &s->reader.web->options.sockets;
	uint64_t now = uv_now(&s->reader.web->loop) * 1000, cost;

	if (o->messages_per_second <= 0)
		return true;
	cost = (uint64_t)(1000000 / o->messages_per_second);
	if (s->allowance < now)
		s->allowance = now;
	s->allowance += cost;
	return s->allowance <= now + (uint64_t)((double)cost * o->messages_burst);
}

static bool
on_message(void *argument, const struct websocket_message *message)
{
	struct socket *s = argument;
	struct web *web = s->reader.web;

	s->unfinished = 0;
	if (message->opcode == WEBSOCKET_CLOSE) {
		s->peer_code = (uint16_t)message->code;
		text_clean(web->goodbye, sizeof web->goodbye, (const char *)message->bytes,
			   message->length);
		return false;
	}
	if (!is_allowed(s)) {
		web->counters.sockets_too_many++;
		socket_doom(s, CLOSE_TOO_MANY);
		return false;
	}
	if (message->opcode == WEBSOCKET_PING)
		socket_send_control(s, WEBSOCKET_PONG, message->bytes, message->length);
	if (message->opcode != WEBSOCKET_TEXT && message->opcode != WEBSOCKET_BINARY)
		return s->doom == 0;
	web->counters.socket_messages_in++;
	s->heard = s->alive;
	if (socket_is_integrated(s))
		socket_tell_heard(s, message);
	else if (message->opcode == WEBSOCKET_BINARY)
		socket_doom(s, WEBSOCKET_UNSUPPORTED);
	else
		socket_hear(s, message);
	return s->doom == 0;
}

/* A goodbye is said back with its own code (RFC 6455 §5.5.1). */
static void
say_goodbye(struct socket *s)
{
	CLEANUP(buf_deinit) struct buf frame = BUF_NULL;

	websocket_put_close(&frame, s->peer_code, NULL);
	(void)http_stream_send(s->reader.stream, frame.data, frame.length);
	http_stream_close(s->reader.stream);
	socket_tell_closed(s, s->peer_code, s->reader.web->goodbye);
	socket_free(s);
}

static void
on_bytes(void *argument, const void *bytes, size_t length)
{
	struct socket *s = argument;
	struct web *web = s->reader.web;
	const struct socket_settings *o = &web->options.sockets;
	const struct websocket_reader reader = {
		.scratch = web->scratch,
		.limits = { .frame = o->frame_limit,
			    .message = o->message_limit,
			    .fragments = FRAGMENTS_LIMIT },
		.on_message = on_message,
		.argument = s,
	};
	size_t held = websocket_in_held(&s->in);
	unsigned code;

	if (s->doom != 0)
		return;
	s->alive = web_tenths(web);
	s->pinged = 0;
	code = websocket_take(&s->in, &reader, bytes, length);
	web->sockets_held += websocket_in_held(&s->in) - held;
	if (s->doom != 0)
		return;
	if (code != 0)
		socket_finish(s, code, s->in.fault);
	else if (s->peer_code != 0)
		say_goodbye(s);
	else if (web->sockets_held > SOCKETS_HELD_LIMIT)
		socket_doom(s, TRY_AGAIN_LATER);
	else if (s->in.partial == NULL)
		s->unfinished = 0;
	else if (s->unfinished == 0)
		s->unfinished = s->alive;
}

static void
on_drained(void *argument)
{
	struct socket *s = argument;

	reader_drained(&s->reader);
}

static const struct http_stream_events socket_events = {
	.on_bytes = on_bytes,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

/* --- as a reader ---------------------------------------------------------------------------- */

static void
put_event(struct buf *to, const struct web *web, const struct store_event *e)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	buf_put_text(&text, "{\"type\":\"event\",\"event\":");
	cloudevent_put(&text, web->epoch, e);
	buf_put_byte(&text, '}');
	websocket_put(to, WEBSOCKET_TEXT, text.data, text.length);
}

void
socket_put_frame(struct buf *to, struct web *web, const struct store_event *e)
{
	put_event(to, web, e);
}

void
socket_put_deflated_frame(struct buf *to, struct web *web, const struct store_event *e)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	CLEANUP(buf_deinit) struct buf deflated = BUF_NULL;

	buf_put_text(&text, "{\"type\":\"event\",\"event\":");
	cloudevent_put(&text, web->epoch, e);
	buf_put_byte(&text, '}');
	if (websocket_deflate(web->scratch, text.data, text.length, &deflated))
		websocket_put_deflated(to, WEBSOCKET_TEXT, deflated.data, deflated.length);
	else
		websocket_put(to, WEBSOCKET_TEXT, text.data, text.length);
}

static bool
tell_gap(struct reader *r)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	char id[CURSOR_TEXT_SIZE];

	reader_position(r, id);
	buf_format(&text,
		   "{\"type\":\"position\",\"position\":\"%s\",\"verdict\":\"%s\",\"oldest\":%llu}",
		   id, resume_word(RESUME_GAP), (unsigned long long)r->web->oldest);
	return socket_send_text(socket_of(r), &text) && socket_unsent(socket_of(r)) == 0;
}

static void
end(struct reader *r, enum reader_end why)
{
	switch (why) {
	case READER_END_SLOW:
		socket_doom(socket_of(r), CLOSE_SLOW);
		return;
	case READER_END_RIGHTS:
		socket_doom(socket_of(r), CLOSE_RIGHTS);
		return;
	case READER_END_UNREADABLE:
		socket_doom(socket_of(r), TRY_AGAIN_LATER);
		return;
	}
}

static const char *
user(const struct reader *r)
{
	return CONTAINER_OF(r, struct socket, reader)->identity->user;
}

const struct reader_kind socket_kind = {
	.rest = READER_LISTENING,
	.filter = subscriptions_filter,
	.put = put_event,
	.caught_up = subscriptions_caught_up,
	.tell_gap = tell_gap,
	.end = end,
	.user = user,
};

/* --- coming --------------------------------------------------------------------------------- */

static void
welcome(struct socket *s)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	const struct socket_settings *o = &s->reader.web->options.sockets;
	char position[CURSOR_TEXT_SIZE];

	reader_position(&s->reader, position);
	buf_format(
		&text,
		"{\"type\":\"welcome\",\"connection_id\":\"%s\",\"user\":\"%s\",\"role\":\"%s\","
		"\"position\":\"%s\",\"limits\":{\"message\":%zu,\"idle_s\":%u,\"lifetime_s\":%u}}",
		s->id, s->identity->user, role_word(s->identity->role), position, o->message_limit,
		o->idle_ms / 1000, o->lifetime_ms / 1000);
	(void)socket_send_text(s, &text);
}

static struct socket *
socket_new(struct web *web, const struct api_socket *from, const struct handshake *handshake,
	   const char *agent)
{
	struct socket *s = mem_new(sizeof *s);
	uint32_t now = web_tenths(web);

	/* A peer with a smaller window than ours is sent its events as they are. */
	reader_enter(&s->reader, web,
		     handshake->terms.window_bits == 15 ? TRANSPORT_DEFLATED : TRANSPORT_TEXT);
	s->in.deflate = handshake->terms.window_bits > 0;
	s->identity = identity_of(web, from, handshake->local, agent);
	s->endpoint = from->endpoint;
	s->connected_at = from->connected_at;
	s->expires = deadline_tenths(web, from->expires_at);
	(void)text_put(s->id, sizeof s->id, from->id);
	s->reader.after = readers_last(web);
	s->began = s->heard = s->alive = s->reader.sent_beat = now;
	return s;
}

static void
begin(struct socket *s)
{
	struct web *web = s->reader.web;

	s->opened = true;
	sockets_put(web, s);
	reader_put(&s->reader, READER_QUIET);
	if (!web->bounds_asked) {
		web->bounds_asked = true;
		pages_learn_bounds(web);
	}
	web->counters.sockets_opened++;
	socket_set_deadline(s);
	if (socket_is_integrated(s))
		socket_tell_opened(s);
	else
		welcome(s);
	http_stream_take_early(s->reader.stream);
}

void
sockets_add(struct web *web, struct http_exchange *exchange, struct api_answer *answer,
	    const struct handshake *handshake, const char *user_agent)
{
	CLEANUP(buf_deinit) struct buf headers = BUF_NULL;
	struct http_response head = { .status = 101 };
	struct socket *s;

	if (readers_are_full(web) || web->stopping) {
		web->counters.readers_refused++;
		web_answer_problem(exchange, 503,
				   "There are too many connections. Try again later.");
		return;
	}
	handshake_put_head(&headers, handshake, answer->socket->subprotocol);
	head.headers = buf_text(&headers);
	s = socket_new(web, answer->socket, handshake, user_agent);
	s->reader.stream = http_answer_stream(exchange, &head, &socket_events, s);
	if (s->reader.stream == NULL)
		socket_free(s);
	else
		begin(s);
}

/* --- all of them ---------------------------------------------------------------------------- */

void
sockets_start(struct web *web)
{
	web->began_ms = uv_now(&web->loop);
	web->scratch = websocket_scratch_new();
	deadlines_start(web);
	live_start(web);
	connections_start(web);
}

/* The server is to stop: everybody is told so, and comes back to its next life. */
void
sockets_stop(struct web *web)
{
	for (size_t i = 0; i < web->sockets.room; i++)
		while (web->sockets.buckets[i] != NULL)
			socket_finish(web->sockets.buckets[i], WEBSOCKET_GOING_AWAY,
				      "roost stops; come back with your place");
}

void
sockets_free(struct web *web)
{
	socket_table_free(web);
	live_free(web);
	websocket_scratch_free(web->scratch);
}
