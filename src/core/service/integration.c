/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of endpoints with routes, and what is asked for each. At most one question of a
 * connection is out; what the client said meanwhile waits. What makes it hard is the end: a
 * client may say something and leave, and then all of it is still told before its leaving is.
 */

#include "service/integration.h"

#include <string.h>

#include "model/selection.h"
#include "model/websocket.h"
#include "service/keyed.h"
#include "wire/http1/text.h"

#define OPENED_WITHIN DURATION_S(30) /* the edge only has to write the 101 */
#define SWEEP_EVERY   DURATION_S(5)

struct message {
	struct message *next;
	struct buf text;
};

enum visitor_is { VISITOR_ASKED, VISITOR_EXPECTED, VISITOR_OPEN, VISITOR_LEFT };

struct visitor {
	char id[CONNECTION_ID_SIZE]; /* first: its key in the list */
	struct integrations *all;
	struct event_subject subject; /* its texts are ours */
	enum visitor_is is;
	struct instant expected_since;
	char *subprotocols;
	struct message *first, *last; /* not asked yet */
	size_t message_count, message_bytes;
	struct ticket ticket; /* of the question that is out */
	const struct websocket_route *asked;
	struct event_request request;
	bool is_last; /* $disconnect is told, or there is none */
	unsigned close_code;
	char close_reason[124];
	integration_judged *judged; /* ASKED */
	void *argument;
};

/* The expression of an endpoint, parsed once. */
struct chooser {
	const struct websocket_endpoint *endpoint;
	struct selection *selection;
};

struct integrations {
	struct plane *plane;
	struct connections_port *connections;
	struct keyed visitors;
	struct chooser choosers[WEBSOCKET_ENDPOINTS_LIMIT];
	size_t chooser_count;
	size_t asked_count, waiting_count, waiting_bytes;
	struct instant swept_at;
	uint64_t calls, failures;
};

/* ---- visitors ---- */

static struct visitor *
visitor_new(struct integrations *all, const struct integration_visit *visit)
{
	struct visitor *visitor = mem_new(sizeof *visitor);
	const struct event_subject *subject = &visit->subject;

	ASSERT(text_put(visitor->id, sizeof visitor->id, subject->connection));
	visitor->all = all;
	visitor->subject = *subject;
	visitor->subject.connection = visitor->id;
	visitor->subject.domain = text_copy(subject->domain);
	visitor->subject.user = text_copy(subject->user);
	visitor->subject.user_agent = text_copy(subject->user_agent);
	visitor->subprotocols = text_copy(visit->subprotocols);
	keyed_add(&all->visitors, visitor);
	return visitor;
}

static struct message *
take_message(struct visitor *visitor)
{
	struct message *message = visitor->first;

	if (message == NULL)
		return NULL;
	visitor->first = message->next;
	if (visitor->first == NULL)
		visitor->last = NULL;
	visitor->message_count--;
	visitor->message_bytes -= message->text.length;
	visitor->all->waiting_count--;
	visitor->all->waiting_bytes -= message->text.length;
	return message;
}

static void
message_freep(struct message **message)
{
	if (*message == NULL)
		return;
	buf_deinit(&(*message)->text);
	mem_free(*message);
}

/* Its memory only; it is in no list and nothing is out. */
static void
visitor_free(struct visitor *visitor)
{
	for (struct message *m = take_message(visitor); m != NULL; m = take_message(visitor))
		message_freep(&m);
	mem_free((char *)visitor->subject.domain);
	mem_free((char *)visitor->subject.user);
	mem_free((char *)visitor->subject.user_agent);
	mem_free(visitor->subprotocols);
	mem_free(visitor);
}

static void
visitor_end(struct visitor *visitor)
{
	(void)keyed_remove(&visitor->all->visitors, visitor->id);
	visitor_free(visitor);
}

static struct event_request
new_request(const struct integrations *all)
{
	struct chance_port *chance = plane_ports(all->plane)->chance;
	struct event_request request = { .at = plane_now(all->plane) };
	unsigned char random[11];

	chance->fill(chance, random, sizeof random);
	connection_id_text(random, request.id);
	return request;
}

static void
tell_error(const struct visitor *visitor, const char *what, const char *request_id)
{
	CLEANUP(text_freep) char *frame = event_error_frame(what, visitor->id, request_id);
	struct connections_port *connections = visitor->all->connections;

	if (connections != NULL && visitor->is == VISITOR_OPEN)
		connections->send(connections, visitor->id, frame, strlen(frame));
}

/* ---- asking ---- */

static void on_answer(void *argument, const struct reply *reply);

/* Takes `event`. */
static void
ask(struct visitor *visitor, const struct websocket_route *route, json_t *event)
{
	static const char *const headers[] = { "Content-Type: application/json" };
	struct http_port *http = plane_ports(visitor->all->plane)->http;
	CLEANUP(text_freep) char *body = json_text(event);

	json_decref(event);
	visitor->asked = route;
	visitor->all->calls++;
	visitor->ticket = plane_expect(visitor->all->plane, on_answer, visitor);
	http->send(http, visitor->ticket,
		   &(struct http_order){ .method = "POST",
					 .url = route->url,
					 .headers = headers,
					 .header_count = ELEMENTS(headers),
					 .body = body,
					 .body_length = strlen(body),
					 .within = route->within,
					 .answer_limit = INTEGRATION_ANSWER_LIMIT,
					 .reach = HTTP_REACH_ANY });
}

static const struct selection *
selection_of(struct integrations *all, const struct websocket_endpoint *endpoint)
{
	struct chooser *chooser;
	const char *why;

	for (size_t i = 0; i < all->chooser_count; i++)
		if (all->choosers[i].endpoint == endpoint)
			return all->choosers[i].selection;
	ASSERT(all->chooser_count < ELEMENTS(all->choosers));
	chooser = &all->choosers[all->chooser_count++];
	chooser->endpoint = endpoint;
	chooser->selection = selection_parse(endpoint->selection, &why);
	ASSERT(chooser->selection != NULL); /* the configuration was checked */
	return chooser->selection;
}

/* $connect and $disconnect are nobody's to ask for. */
static const struct websocket_route *
choose_route(struct visitor *visitor, const struct buf *text)
{
	const struct websocket_endpoint *endpoint = visitor->subject.endpoint;
	CLEANUP(json_freep)
	json_t *message = json_loadb(text->length > 0 ? (const char *)text->data : "", text->length,
				     JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	CLEANUP(text_freep)
	char *key = selection_key(selection_of(visitor->all, endpoint), message);
	const struct websocket_route *route = NULL;

	if (key != NULL && strcmp(key, "$connect") != 0 && strcmp(key, "$disconnect") != 0)
		route = websocket_route(endpoint, key);
	return route != NULL ? route : websocket_route(endpoint, "$default");
}

static void
ask_message(struct visitor *visitor, const struct message *message)
{
	const struct websocket_route *route = choose_route(visitor, &message->text);
	struct event_request about = new_request(visitor->all);

	visitor->request = new_request(visitor->all);
	if (route == NULL) {
		tell_error(visitor, "Forbidden", visitor->request.id);
		return;
	}
	ask(visitor, route,
	    event_message(&visitor->subject, &visitor->request, route->key, about.id,
			  &message->text));
}

static void
ask_disconnect(struct visitor *visitor)
{
	const struct websocket_route *route =
		websocket_route(visitor->subject.endpoint, "$disconnect");

	visitor->is_last = true;
	if (route == NULL)
		return;
	visitor->request = new_request(visitor->all);
	ask(visitor, route,
	    event_disconnect(&visitor->subject, &visitor->request, visitor->close_code,
			     visitor->close_reason));
}

/* What is next for it, if nothing is out. It may be gone afterwards. */
static void
advance(struct visitor *visitor)
{
	while (visitor->asked == NULL &&
	       (visitor->is == VISITOR_OPEN || visitor->is == VISITOR_LEFT)) {
		CLEANUP(message_freep) struct message *message = take_message(visitor);

		if (message != NULL) {
			ask_message(visitor, message);
		} else if (visitor->is == VISITOR_LEFT && !visitor->is_last) {
			ask_disconnect(visitor);
		} else {
			if (visitor->is == VISITOR_LEFT)
				visitor_end(visitor);
			return;
		}
	}
}

/* ---- answers ---- */

/* Only what the client offered may be confirmed (RFC 6455 §4.2.2). */
static bool
is_offered(const char *subprotocols, const char *wish)
{
	struct http_list list = { .text = subprotocols != NULL ? subprotocols : "" };
	const char *item;
	size_t length;

	list.length = strlen(list.text);
	while (wish != NULL && http_list_next(&list, &item, &length))
		if (strlen(wish) == length && memcmp(wish, item, length) == 0)
			return true;
	return false;
}

static void
judge(struct visitor *visitor, const struct integration_verdict *verdict)
{
	integration_judged *judged = visitor->judged;
	void *argument = visitor->argument;

	visitor->judged = NULL;
	visitor->all->asked_count--;
	if (verdict->status == 101) {
		visitor->is = VISITOR_EXPECTED;
		visitor->expected_since = plane_now(visitor->all->plane);
	}
	judged(argument, verdict);
	if (verdict->status != 101)
		visitor_end(visitor);
}

static void
connect_answered(struct visitor *visitor, struct integration_answer *answer)
{
	struct integration_verdict verdict = { .status = 502 };

	if (answer != NULL && answer->status >= 200 && answer->status < 300) {
		verdict.status = 101;
		if (is_offered(visitor->subprotocols, answer->subprotocol))
			verdict.subprotocol = answer->subprotocol;
	} else if (answer != NULL && answer->status >= 300) {
		verdict.status = answer->status;
		verdict.answer = answer;
	}
	judge(visitor, &verdict);
}

/*
 * As API Gateway: what Lambda returns goes back whatever its statusCode says; a plain HTTP
 * answer only when it is a success, and else the integration has failed.
 */
static void
message_answered(struct visitor *visitor, const struct integration_answer *answer)
{
	struct connections_port *connections = visitor->all->connections;

	if (answer == NULL ||
	    (!answer->is_wrapped && (answer->status < 200 || answer->status >= 300)))
		tell_error(visitor, "Internal server error", visitor->request.id);
	else if (visitor->asked->answers && answer->body.length > 0 && connections != NULL &&
		 visitor->is == VISITOR_OPEN)
		connections->send(connections, visitor->id, answer->body.data, answer->body.length);
}

static void
on_answer(void *argument, const struct reply *reply)
{
	struct visitor *visitor = argument;
	struct integration_answer answer = { .status = 0 };
	bool is_answer = reply->result == REPLY_DONE && reply->holds == REPLY_HTTP &&
			 integration_answer_read(reply->as.http, &answer);

	if (!is_answer || answer.status >= 500)
		visitor->all->failures++;
	if (visitor->is == VISITOR_ASKED) {
		visitor->asked = NULL;
		connect_answered(visitor, is_answer ? &answer : NULL);
	} else {
		if (!visitor->is_last)
			message_answered(visitor, is_answer ? &answer : NULL);
		visitor->asked = NULL;
		advance(visitor);
	}
	integration_answer_deinit(&answer);
}

/* ---- from the edge ---- */

static void
leave(struct visitor *visitor, unsigned code, const char *reason)
{
	visitor->is = VISITOR_LEFT;
	visitor->close_code = code;
	(void)text_put(visitor->close_reason, sizeof visitor->close_reason, reason);
	advance(visitor);
}

/* Those who were let in and never came: their client left while it was held. */
static void
sweep(struct integrations *all)
{
	struct instant now = plane_now(all->plane);

	if (instant_since(now, all->swept_at).ms < SWEEP_EVERY.ms)
		return;
	all->swept_at = now;
	for (size_t i = all->visitors.count; i-- > 0;) {
		struct visitor *visitor = all->visitors.items[i];

		if (visitor->is == VISITOR_EXPECTED &&
		    instant_since(now, visitor->expected_since).ms > OPENED_WITHIN.ms)
			leave(visitor, 1006, "");
	}
}

void
integrations_connect(struct integrations *integrations, const struct integration_visit *visit,
		     integration_judged *judged, void *argument)
{
	const struct websocket_route *route = websocket_route(visit->subject.endpoint, "$connect");
	struct visitor *visitor;

	sweep(integrations);
	if (integrations->visitors.count >= INTEGRATION_VISITORS_LIMIT ||
	    integrations->asked_count >= INTEGRATION_CONNECTS_LIMIT) {
		judged(argument, &(struct integration_verdict){ .status = 429 });
		return;
	}
	visitor = visitor_new(integrations, visit);
	visitor->judged = judged;
	visitor->argument = argument;
	integrations->asked_count++;
	if (route == NULL) {
		judge(visitor, &(struct integration_verdict){ .status = 101 });
		return;
	}
	visitor->request = new_request(visitor->all);
	ask(visitor, route, event_connect(&visitor->subject, &visitor->request, &visit->handshake));
}

void
integrations_opened(struct integrations *integrations, const char *id)
{
	struct visitor *visitor = keyed_find(&integrations->visitors, id);

	if (visitor != NULL && visitor->is == VISITOR_EXPECTED)
		visitor->is = VISITOR_OPEN;
}

void
integrations_heard(struct integrations *integrations, const char *id, const void *bytes,
		   size_t length, bool is_text)
{
	struct visitor *visitor = keyed_find(&integrations->visitors, id);
	struct connections_port *connections = integrations->connections;
	struct message *message;

	if (visitor == NULL || visitor->is != VISITOR_OPEN)
		return;
	if (!is_text) {
		if (connections != NULL)
			connections->close(connections, id, 1003, "only text messages");
		return;
	}
	if (visitor->message_count >= INTEGRATION_QUEUE_LIMIT ||
	    visitor->message_bytes + length > INTEGRATION_QUEUE_BYTES_LIMIT ||
	    integrations->waiting_bytes + length > INTEGRATION_HELD_LIMIT) {
		tell_error(visitor, "Too Many Requests", new_request(integrations).id);
		return;
	}
	message = mem_new(sizeof *message);
	buf_put(&message->text, bytes, length);
	if (visitor->last != NULL)
		visitor->last->next = message;
	else
		visitor->first = message;
	visitor->last = message;
	visitor->message_count++;
	visitor->message_bytes += length;
	integrations->waiting_count++;
	integrations->waiting_bytes += length;
	advance(visitor);
}

void
integrations_closed(struct integrations *integrations, const char *id, unsigned code,
		    const char *reason)
{
	struct visitor *visitor = keyed_find(&integrations->visitors, id);

	if (visitor != NULL && (visitor->is == VISITOR_OPEN || visitor->is == VISITOR_EXPECTED))
		leave(visitor, code, reason);
}

void
integrations_count(const struct integrations *integrations, struct integration_counts *ret_counts)
{
	*ret_counts = (struct integration_counts){ .connections = integrations->visitors.count,
						   .waiting = integrations->waiting_count,
						   .calls = integrations->calls,
						   .failures = integrations->failures };
}

/* ---- beginning and end ---- */

struct integrations *
integrations_new(struct plane *plane)
{
	struct integrations *integrations = mem_new(sizeof *integrations);

	integrations->plane = plane;
	return integrations;
}

void
integrations_use(struct integrations *integrations, struct connections_port *connections)
{
	integrations->connections = connections;
}

void
integrations_free(struct integrations *integrations)
{
	if (integrations == NULL)
		return;
	for (size_t i = 0; i < integrations->visitors.count; i++)
		visitor_free(integrations->visitors.items[i]);
	keyed_deinit(&integrations->visitors);
	for (size_t i = 0; i < integrations->chooser_count; i++)
		selection_free(integrations->choosers[i].selection);
	mem_free(integrations);
}
