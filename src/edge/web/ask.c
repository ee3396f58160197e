/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question and its answer as one letter that travels twice: to the control
 * thread, where it calls the API, and back with what the API said. Its exchange
 * stays with us all the while; a peer that has gone meanwhile costs one letter.
 */

#include "web/web_inner.h"

#include <string.h>
#include <strings.h>

#include "wire/http1/print.h"
#include "wire/http1/text.h"

#define SESSION_COOKIE "roost_session"

static const char api_headers[] = "Cache-Control: no-store\r\n"
				  "X-Content-Type-Options: nosniff\r\n"
				  "Referrer-Policy: same-origin\r\n"
				  "Content-Security-Policy: default-src 'none'; "
				  "frame-ancestors 'none'\r\n";

struct question {
	struct letter letter;
	struct web *web;
	struct http_exchange *exchange; /* the web thread's */
	bool is_head;
	struct handshake handshake;
	struct api_request request; /* ours until posted, then the control thread's */
	struct api_answer *answer;  /* the control thread's until posted back */
	struct download *download;  /* begun in the control thread; or NULL */
};

static void
question_free(struct question *question)
{
	api_request_deinit(&question->request);
	api_answer_free(question->answer);
	mem_free(question);
}

/* --- the request as the API knows it -------------------------------------------------------- */

static enum api_method
method_of(enum http_method method)
{
	switch (method) {
	case HTTP_GET:
	case HTTP_HEAD:
		return API_GET;
	case HTTP_POST:
		return API_POST;
	case HTTP_PUT:
		return API_PUT;
	case HTTP_DELETE:
		return API_DELETE;
	case HTTP_PATCH:
	case HTTP_OPTIONS:
	case HTTP_METHOD_MAX:
		break;
	}
	ASSERT(!"other methods are answered before");
	return API_METHOD_MAX;
}

static char *
bearer_of(const struct http_request *r)
{
	CLEANUP(text_freep) char *value = web_header(r, "authorization");
	const char *token;

	if (value == NULL || strncasecmp(value, "bearer ", 7) != 0)
		return NULL;
	for (token = value + 7; *token == ' '; token++)
		continue;
	return text_copy(token);
}

static char *
session_of(const struct http_request *r)
{
	const struct http_header *header;
	char *value = NULL;

	for (size_t n = 0; value == NULL; n++) {
		header = http_header_find(r->head, r->bytes, "cookie", n);
		if (header == NULL)
			break;
		value = http_cookie_get(r->bytes + header->value.at, header->value.length,
					SESSION_COOKIE);
	}
	return value;
}

/* Browsers can set no header on their first request; polyfills have a name of their own. */
static char *
last_event_id_of(const struct http_request *r)
{
	char *value = web_header(r, "last-event-id");

	if (value == NULL)
		value = http_query_get(r->query, "last_event_id");
	if (value == NULL)
		value = http_query_get(r->query, "lastEventId");
	return value;
}

static bool
wants_stream(const struct http_request *r)
{
	CLEANUP(text_freep) char *accept = web_header(r, "accept");

	return accept != NULL && http_accepts(accept, strlen(accept), "text/event-stream");
}

/* The bytes and a NUL behind them. */
static char *
copy_body(const struct http_request *r)
{
	char *body = mem_new(r->body_length + 1);

	if (r->body_length > 0)
		memcpy(body, r->body, r->body_length);
	return body;
}

static void
fill_request(const struct web *web, struct api_request *to, const struct http_request *r)
{
	CLEANUP(text_freep) char *agent = web_header(r, "user-agent");

	*to = (struct api_request){ .method = method_of(r->head->method),
				    .path = text_copy(r->path),
				    .query = text_copy(r->query),
				    .body = copy_body(r),
				    .body_length = r->body_length,
				    .content_type = web_header(r, "content-type"),
				    .bearer = bearer_of(r),
				    .session = session_of(r),
				    .csrf = web_header(r, "x-csrf-token"),
				    .connection_id = web_header(r, "x-connection-id"),
				    .last_event_id = last_event_id_of(r),
				    .wants_stream = wants_stream(r),
				    .subprotocols = web_header(r, "sec-websocket-protocol"),
				    .local = r->local,
				    .secure = r->secure || web->public_is_secure,
				    .ip = r->ip };
	request_fill_whole(to, r);
	if (agent != NULL)
		text_clean(to->user_agent, sizeof to->user_agent, agent, strlen(agent));
}

/* --- the answer as HTTP --------------------------------------------------------------------- */

static void
answer_whole(struct web *web, struct question *question)
{
	struct api_answer *a = question->answer;
	CLEANUP(buf_deinit) struct buf headers = BUF_NULL;
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;
	struct http_response response = { .status = a->status, .content_type = a->content_type };

	buf_put_text(&headers, api_headers);
	if (a->set_cookie != NULL)
		http_print_header(&headers, "Set-Cookie", a->set_cookie);
	if (a->location != NULL)
		http_print_header(&headers, "Location", a->location);
	if (a->allow != NULL)
		http_print_header(&headers, "Allow", a->allow);
	if (a->retry_after > 0)
		buf_format(&headers, "Retry-After: %d\r\n", a->retry_after);
	if (a->error_type != NULL)
		http_print_header(&headers, "x-amzn-ErrorType", a->error_type);
	if (a->status == 401)
		http_print_header(&headers, "WWW-Authenticate", "Bearer realm=\"roost\"");
	response.headers = buf_text(&headers);
	response.body = a->body != NULL ? a->body : "";
	response.body_length = a->body_length;
	if (a->status == 200 && strcmp(question->request.path, "/metrics") == 0) {
		buf_put(&body, response.body, response.body_length);
		metrics_put(web, &body);
		response.body = body.data;
		response.body_length = body.length;
	}
	http_answer(question->exchange, &response);
}

static void
answer_connection(struct web *web, struct question *question)
{
	struct api_answer *done = connection_do(web, question->answer);

	api_answer_free(question->answer);
	question->answer = done;
	answer_whole(web, question);
}

static void
answer_head_of_stream(struct http_exchange *exchange)
{
	struct http_response response = { .status = 200, .content_type = "text/event-stream" };

	http_answer(exchange, &response);
}

/* In the web thread: the answer is here. */
static void
open_answer(void *reader, struct letter *letter)
{
	struct question *question = CONTAINER_OF(letter, struct question, letter);
	struct web *web = question->web;

	(void)reader;
	ASSERT(web->in_flight > 0);
	web->in_flight--;
	switch (question->answer->kind) {
	case ANSWER_WHOLE:
		if (question->answer->status == 426 &&
		    question->handshake.upgrade != WEBSOCKET_UPGRADE_RIGHT)
			handshake_refuse(question->exchange, &question->handshake);
		else
			answer_whole(web, question);
		break;
	case ANSWER_STREAM:
		if (question->is_head)
			answer_head_of_stream(question->exchange);
		else
			streams_add(web, question->exchange, question->answer);
		break;
	case ANSWER_CONNECTION:
		answer_connection(web, question);
		break;
	case ANSWER_DOWNLOAD:
		if (question->download != NULL)
			download_answer(question->download, question->exchange);
		else
			answer_whole(web, question); /* only its head */
		break;
	case ANSWER_SOCKET:
		sockets_add(web, question->exchange, question->answer, &question->handshake,
			    question->request.user_agent);
		break;
	}
	question_free(question);
}

/* --- in the control thread ------------------------------------------------------------------ */

static void
on_answered(void *argument, struct api_answer *answer)
{
	struct question *question = argument;
	struct web *web = question->web;
	struct download *download = NULL;

	question->answer = answer;
	if (answer->kind == ANSWER_DOWNLOAD && !question->is_head)
		download = download_new(web, answer);
	question->download = download;
	mailbox_post(web->mailbox, &question->letter, open_answer);
	if (download != NULL)
		download_start(download);
}

static void
open_question(void *reader, struct letter *letter)
{
	struct question *question = CONTAINER_OF(letter, struct question, letter);

	(void)reader;
	api_handle(question->web->options.api, &question->request, on_answered, question);
}

/* --- from the web thread -------------------------------------------------------------------- */

void
web_ask(struct web *web, struct http_exchange *exchange, const struct http_request *request)
{
	struct question *question;

	if (web->in_flight >= API_IN_FLIGHT_LIMIT) {
		web->counters.api_refused++;
		/* A browser's EventSource never comes back from a 503. */
		if (wants_stream(request) && request->head->method == HTTP_GET)
			streams_refuse(exchange);
		else
			web_refuse(exchange, request, 503, "roost is busy. Try again in a moment.");
		return;
	}
	web->in_flight++;
	web->counters.api_requests++;
	question = mem_new(sizeof *question);
	question->web = web;
	question->exchange = exchange;
	question->is_head = request->head->method == HTTP_HEAD;
	fill_request(web, &question->request, request);
	handshake_read(web, request, &question->handshake);
	question->request.wants_socket = question->handshake.upgrade == WEBSOCKET_UPGRADE_RIGHT;
	/* A WebSocket is not held to its page's origin: whose page opens it is asked here. */
	question->request.foreign = request->head->upgrade && !origin_is_ours(web, request);
	mailbox_post(web->options.control, &question->letter, open_question);
}
