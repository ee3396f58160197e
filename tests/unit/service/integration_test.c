/* SPDX-License-Identifier: Apache-2.0 */
/* An operator's backend that answers when the test says so, and clients that hear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../keeper/fixture.h"
#include "service/integration.h"

#define ID   "VFoyGcaIjoECIjw="
#define LIST 600

struct backend {
	struct fixture world;
	struct http_port http;
	struct connections_port connections;
	struct integrations *all;
	struct websocket_endpoint endpoint;
	struct websocket_route routes[4];
	/* What was asked, in order, and what was told clients. */
	struct asked {
		struct ticket ticket;
		char url[64];
		json_t *event;
		int64_t within;
	} asked[LIST];
	size_t asked_count, seen;
	char *told[LIST];
	size_t told_count;
	unsigned closed;
	int judged_status, judged_times;
	char protocol[32], body[200], type[40];
};

static void
on_send(struct http_port *port, struct ticket ticket, const struct http_order *order)
{
	struct backend *b = CONTAINER_OF(port, struct backend, http);
	struct asked *asked = &b->asked[b->asked_count++];

	assert_in_range(b->asked_count, 1, LIST);
	assert_string_equal(order->method, "POST");
	assert_int_equal(order->header_count, 1);
	assert_string_equal(order->headers[0], "Content-Type: application/json");
	assert_int_equal(order->reach, HTTP_REACH_ANY);
	asked->ticket = ticket;
	asked->within = order->within.ms;
	assert_true(text_put(asked->url, sizeof asked->url, order->url));
	asked->event = json_loadb(order->body, order->body_length, 0, NULL);
	assert_non_null(asked->event);
}

static void
on_tell(struct connections_port *port, const char *id, const void *bytes, size_t length)
{
	struct backend *b = CONTAINER_OF(port, struct backend, connections);

	assert_string_equal(id, ID);
	assert_in_range(b->told_count, 0, LIST - 1);
	b->told[b->told_count++] = text_copy_n(bytes, length);
}

static void
on_close(struct connections_port *port, const char *id, unsigned code, const char *reason)
{
	assert_string_equal(id, ID);
	assert_true(strlen(reason) <= 123);
	CONTAINER_OF(port, struct backend, connections)->closed = code;
}

static int
backend_new(void **state)
{
	struct backend *b = mem_new(sizeof *b);
	static char *const keys[] = { "$connect", "$disconnect", "$default", "5" };
	static char *const urls[] = { "http://b/connect", "http://b/disconnect", "http://b/default",
				      "http://b/five" };

	b->http.send = on_send;
	b->connections = (struct connections_port){ .send = on_tell, .close = on_close };
	b->world.http = &b->http;
	fixture_start(&b->world);
	plane_clock(b->world.plane, b->world.now);
	for (size_t i = 0; i < ELEMENTS(keys); i++)
		b->routes[i] = (struct websocket_route){ keys[i], urls[i], DURATION_S(5), i == 2 };
	b->endpoint = (struct websocket_endpoint){ .path = "/dev",
						   .stage = "dev",
						   .api_id = "roost",
						   .selection = "$request.body.action",
						   .routes = b->routes,
						   .route_count = ELEMENTS(keys) };
	b->all = integrations_new(b->world.plane);
	integrations_use(b->all, &b->connections);
	*state = b;
	return 0;
}

static int
backend_free(void **state)
{
	struct backend *b = *state;

	fixture_stop(&b->world);
	integrations_free(b->all);
	for (size_t i = 0; i < b->asked_count; i++)
		json_decref(b->asked[i].event);
	for (size_t i = 0; i < b->told_count; i++)
		mem_free(b->told[i]);
	mem_free(b);
	return 0;
}

static void
on_judged(void *argument, const struct integration_verdict *verdict)
{
	struct backend *b = argument;

	b->judged_times++;
	b->judged_status = verdict->status;
	(void)text_put(b->protocol, sizeof b->protocol,
		       verdict->subprotocol != NULL ? verdict->subprotocol : "");
	if (verdict->answer == NULL)
		return;
	(void)text_put(b->body, sizeof b->body, buf_text(&verdict->answer->body));
	(void)text_put(b->type, sizeof b->type, verdict->answer->content_type);
}

/* A handshake as edge/web hands it over. */
static void
visit(struct backend *b, const char *id, const char *user)
{
	static const struct event_header headers[] = {
		{ "host", "play.example.org:8080" },
		{ "connection", "Upgrade" },
		{ "sec-websocket-key", "k" },
		{ "x-token", "one" },
		{ "x-token", "two" },
		{ "x-forwarded-for", "198.51.100.7" },
		{ "sec-websocket-version", "\xff"
					   "13" },
	};
	struct integration_visit visit = {
		.subject = { .endpoint = &b->endpoint,
			     .connection = id,
			     .domain = "play.example.org:8080",
			     .user = user,
			     .role = "player",
			     .user_agent = "browser",
			     .connected_at = b->world.now },
		.handshake = { .headers = headers,
			       .header_count = ELEMENTS(headers),
			       .query = "a=1&a=2&b=x%20y+z&c&=d" },
		.subprotocols = "chat, other",
	};

	assert_true(ip_parse("192.0.2.9", &visit.subject.ip));
	integrations_connect(b->all, &visit, on_judged, b);
}

static struct http_result *
result_new(int status, const char *type, const char *body)
{
	struct http_result *result = mem_new(sizeof *result);

	result->status = status;
	result->body = text_copy(body);
	result->body_length = strlen(body);
	if (type != NULL) {
		result->headers[0].name = text_copy("content-type");
		result->headers[0].value = text_copy(type);
		result->header_count = 1;
	}
	return result;
}

/* The next that was asked, which must be this URL. */
static struct asked *
next(struct backend *b, const char *url)
{
	assert_true(b->seen < b->asked_count);
	assert_string_equal(b->asked[b->seen].url, url);
	return &b->asked[b->seen++];
}

static void
answer_result(struct backend *b, const struct asked *asked, struct http_result *result)
{
	struct reply reply = { .ticket = asked->ticket, .holds = REPLY_HTTP };

	reply.as.http = result;
	fixture_reply(&b->world, reply);
	fixture_run(&b->world, DURATION_MS(0));
}

static void
answer(struct backend *b, const struct asked *asked, int status, const char *body)
{
	answer_result(b, asked, result_new(status, "text/plain", body));
}

static void
leave_out(struct backend *b, const struct asked *asked, enum reply_result result)
{
	fixture_reply(&b->world, (struct reply){ .ticket = asked->ticket, .result = result });
	fixture_run(&b->world, DURATION_MS(0));
}

static void
open_one(struct backend *b)
{
	visit(b, ID, "");
	answer(b, next(b, "http://b/connect"), 200, "");
	assert_int_equal(b->judged_status, 101);
	integrations_opened(b->all, ID);
}

static void
say(struct backend *b, const char *text)
{
	integrations_heard(b->all, ID, text, strlen(text), true);
}

static const char *
text_at(const json_t *value, const char *path)
{
	char name[64];

	while (value != NULL && *path != '\0') {
		size_t length = strcspn(path, ".");

		memcpy(name, path, length);
		name[length] = '\0';
		value = json_object_get(value, name);
		path += length + (path[length] == '.');
	}
	return json_is_string(value) ? json_string_value(value) : "(none)";
}

static void
assert_error(const char *frame, const char *message)
{
	CLEANUP(json_freep) json_t *json = json_loads(frame, 0, NULL);

	assert_string_equal(text_at(json, "message"), message);
	assert_string_equal(text_at(json, "connectionId"), ID);
	assert_true(connection_id_is_valid(text_at(json, "requestId")));
	assert_int_equal(json_object_size(json), 3);
}

/* ---- tests ---- */

static void
a_handshake_is_held_until_connect_has_answered(void **state)
{
	struct backend *b = *state;
	struct asked *asked;

	visit(b, ID, "anna");
	assert_int_equal(b->judged_times, 0);
	asked = next(b, "http://b/connect");
	assert_int_equal(asked->within, 5000);
	integrations_opened(b->all, ID); /* not before */
	say(b, "early");
	assert_int_equal(b->asked_count, 1);
	answer(b, asked, 204, "");
	assert_int_equal(b->judged_times, 1);
	assert_int_equal(b->judged_status, 101);
	assert_string_equal(b->protocol, "");
}

static void
the_connect_event_is_what_lambda_would_get(void **state)
{
	struct backend *b = *state;
	const json_t *event, *context;
	CLEANUP(text_freep) char *headers = NULL;
	CLEANUP(text_freep) char *query = NULL;
	CLEANUP(text_freep) char *multiple = NULL;

	visit(b, ID, "anna");
	event = next(b, "http://b/connect")->event;
	context = json_object_get(event, "requestContext");
	headers = json_text(json_object_get(event, "headers"));
	assert_string_equal(headers,
			    "{\"Host\":\"play.example.org:8080\",\"Sec-WebSocket-Key\":\"k\","
			    "\"X-Token\":\"two\",\"Sec-WebSocket-Version\":\"?13\","
			    "\"X-Forwarded-For\":\"198.51.100.7, 192.0.2.9\","
			    "\"X-Forwarded-Port\":\"8080\",\"X-Forwarded-Proto\":\"http\"}");
	multiple =
		json_text(json_object_get(json_object_get(event, "multiValueHeaders"), "X-Token"));
	assert_string_equal(multiple, "[\"one\",\"two\"]");
	query = json_text(json_object_get(event, "queryStringParameters"));
	assert_string_equal(query, "{\"a\":\"2\",\"b\":\"x y z\",\"c\":\"\"}");
	mem_free(TAKE(query));
	query = json_text(json_object_get(event, "multiValueQueryStringParameters"));
	assert_string_equal(query, "{\"a\":[\"1\",\"2\"],\"b\":[\"x y z\"],\"c\":[\"\"]}");
	assert_string_equal(text_at(context, "routeKey"), "$connect");
	assert_string_equal(text_at(context, "eventType"), "CONNECT");
	assert_string_equal(text_at(context, "messageDirection"), "IN");
	assert_string_equal(text_at(context, "stage"), "dev");
	assert_string_equal(text_at(context, "apiId"), "roost");
	assert_string_equal(text_at(context, "connectionId"), ID);
	assert_string_equal(text_at(context, "domainName"), "play.example.org:8080");
	assert_string_equal(text_at(context, "identity.sourceIp"), "192.0.2.9");
	assert_string_equal(text_at(context, "identity.userAgent"), "browser");
	assert_string_equal(text_at(context, "authorizer.principalId"), "anna");
	assert_string_equal(text_at(context, "requestTime"), "14/Nov/2023:22:13:20 +0000");
	assert_true(connection_id_is_valid(text_at(context, "requestId")));
	assert_string_equal(text_at(context, "extendedRequestId"), text_at(context, "requestId"));
	assert_int_equal(json_get_integer(context, "connectedAt", 0), 1700000000000);
	assert_int_equal(json_get_integer(context, "requestTimeEpoch", 0), 1700000000000);
	assert_null(json_object_get(context, "messageId"));
	assert_null(json_object_get(event, "body"));
	assert_true(json_is_false(json_object_get(event, "isBase64Encoded")));
}

static void
what_connect_refuses_is_refused_with_its_status(void **state)
{
	struct backend *b = *state;
	struct integration_counts counts;

	visit(b, ID, "");
	answer(b, next(b, "http://b/connect"), 403, "not you");
	assert_int_equal(b->judged_status, 403);
	assert_string_equal(b->body, "not you");
	assert_string_equal(b->type, "text/plain; charset=utf-8");
	integrations_opened(b->all, ID);
	integrations_closed(b->all, ID, 1000, "");
	assert_int_equal(b->asked_count, 1);
	integrations_count(b->all, &counts);
	assert_int_equal(counts.connections, 0);
}

static void
a_connect_that_fails_is_502(void **state)
{
	static const enum reply_result results[] = { REPLY_REFUSED, REPLY_UNKNOWN };
	struct backend *b = *state;

	for (size_t i = 0; i < ELEMENTS(results); i++) {
		visit(b, ID, "");
		leave_out(b, next(b, "http://b/connect"), results[i]);
		assert_int_equal(b->judged_status, 502);
	}
	visit(b, ID, "");
	answer_result(b, next(b, "http://b/connect"),
		      result_new(200, "application/json", "{\"statusCode\":\"many\"}"));
	assert_int_equal(b->judged_status, 502);
	assert_int_equal(b->judged_times, 3);
}

static void
connect_may_answer_as_lambda_does(void **state)
{
	struct backend *b = *state;

	visit(b, ID, "");
	answer_result(
		b, next(b, "http://b/connect"),
		result_new(
			200, "application/json; charset=utf-8",
			"{\"statusCode\":401,\"headers\":{\"Content-Type\":\"application/json\"},"
			"\"body\":\"{}\"}"));
	assert_int_equal(b->judged_status, 401);
	assert_string_equal(b->body, "{}");
	assert_string_equal(b->type, "application/json");
	visit(b, ID, "");
	answer_result(b, next(b, "http://b/connect"),
		      result_new(200, "application/json",
				 "{\"statusCode\":\"200\",\"headers\":{\"Sec-WebSocket-Protocol\":"
				 "\"chat\"}}"));
	assert_int_equal(b->judged_status, 101);
	assert_string_equal(b->protocol, "chat");
}

static void
a_subprotocol_is_confirmed_only_if_it_was_offered(void **state)
{
	struct backend *b = *state;
	static const struct {
		const char *says, *confirmed;
	} rows[] = { { "chat", "chat" }, { "other", "other" }, { "cha", "" }, { "evil", "" } };

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct http_result *result = result_new(200, NULL, "");

		result->headers[0].name = text_copy("sec-websocket-protocol");
		result->headers[0].value = text_copy(rows[i].says);
		result->header_count = 1;
		visit(b, ID, "");
		answer_result(b, next(b, "http://b/connect"), result);
		assert_int_equal(b->judged_status, 101);
		assert_string_equal(b->protocol, rows[i].confirmed);
		integrations_opened(b->all, ID);
		integrations_closed(b->all, ID, 1000, "");
		answer(b, next(b, "http://b/disconnect"), 200, "");
	}
}

static void
a_message_goes_to_its_route_and_the_answer_comes_back(void **state)
{
	struct backend *b = *state;
	const struct asked *asked;
	const json_t *context;

	open_one(b);
	say(b, "{\"action\":\"else\"}");
	asked = next(b, "http://b/default");
	context = json_object_get(asked->event, "requestContext");
	assert_string_equal(text_at(context, "routeKey"), "$default");
	assert_string_equal(text_at(context, "eventType"), "MESSAGE");
	assert_true(connection_id_is_valid(text_at(context, "messageId")));
	assert_string_not_equal(text_at(context, "messageId"), text_at(context, "requestId"));
	assert_string_equal(text_at(asked->event, "body"), "{\"action\":\"else\"}");
	assert_null(json_object_get(asked->event, "headers"));
	assert_null(json_object_get(asked->event, "queryStringParameters"));
	assert_null(json_object_get(context, "authorizer"));
	answer(b, asked, 200, "You said so");
	assert_int_equal(b->told_count, 1);
	assert_string_equal(b->told[0], "You said so");
	/* A number is a key as well; this route does not answer. */
	say(b, "{\"action\":5}");
	answer(b, next(b, "http://b/five"), 200, "unheard");
	say(b, "no JSON");
	answer(b, next(b, "http://b/default"), 200, "");
	say(b, "{\"action\":\"$connect\"}");
	answer(b, next(b, "http://b/default"), 200, "");
	say(b, "{\"action\":\"$disconnect\"}");
	answer(b, next(b, "http://b/default"), 200, "");
	assert_int_equal(b->told_count, 1);
}

static void
without_a_route_it_is_forbidden(void **state)
{
	struct backend *b = *state;

	b->routes[2].key = "other";
	open_one(b);
	say(b, "{\"action\":\"unknown\"}");
	say(b, "");
	assert_int_equal(b->asked_count, 1);
	assert_int_equal(b->told_count, 2);
	assert_error(b->told[0], "Forbidden");
	assert_error(b->told[1], "Forbidden");
}

static void
a_failed_integration_is_told_as_an_internal_error(void **state)
{
	struct backend *b = *state;
	struct integration_counts counts;
	const struct asked *asked;

	open_one(b);
	say(b, "1");
	asked = next(b, "http://b/default");
	leave_out(b, asked, REPLY_UNKNOWN);
	assert_error(b->told[0], "Internal server error");
	assert_non_null(strstr(b->told[0], text_at(asked->event, "requestContext.requestId")));
	say(b, "2");
	answer(b, next(b, "http://b/default"), 500, "trace");
	assert_error(b->told[1], "Internal server error");
	say(b, "3");
	answer_result(b, next(b, "http://b/default"),
		      result_new(200, "application/json", "{\"statusCode\":200,\"body\":5}"));
	assert_error(b->told[2], "Internal server error");
	say(b, "4");
	answer_result(
		b, next(b, "http://b/default"),
		result_new(200, "application/json", "{\"statusCode\":500,\"body\":\"mine\"}"));
	assert_string_equal(b->told[3], "mine");
	say(b, "5");
	answer_result(
		b, next(b, "http://b/default"),
		result_new(200, "application/json",
			   "{\"statusCode\":200,\"body\":\"eWVz\",\"isBase64Encoded\":true}"));
	assert_string_equal(b->told[4], "yes");
	assert_int_equal(b->told_count, 5);
	integrations_count(b->all, &counts);
	assert_int_equal(counts.calls, 6);
	assert_int_equal(counts.failures, 4);
}

static void
messages_of_a_connection_are_asked_one_by_one_in_order(void **state)
{
	struct backend *b = *state;
	char text[8];

	open_one(b);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(text, sizeof text, "m%d", i);
		say(b, text);
		assert_int_equal(b->asked_count, 2);
	}
	for (int i = 0; i < 10; i++) {
		const struct asked *asked = next(b, "http://b/default");

		(void)snprintf(text, sizeof text, "m%d", i);
		assert_string_equal(text_at(asked->event, "body"), text);
		answer(b, asked, 200, text);
		assert_string_equal(b->told[i], text);
	}
}

static void
what_waits_is_bounded_and_its_sender_told(void **state)
{
	struct backend *b = *state;
	CLEANUP(text_freep) char *long_text = mem_new(INTEGRATION_QUEUE_BYTES_LIMIT + 2);
	struct integration_counts counts;

	open_one(b);
	for (int i = 0; i < INTEGRATION_QUEUE_LIMIT + 3; i++)
		say(b, "x"); /* one is asked, the others wait */
	assert_int_equal(b->told_count, 2);
	assert_error(b->told[0], "Too Many Requests");
	integrations_count(b->all, &counts);
	assert_int_equal(counts.waiting, INTEGRATION_QUEUE_LIMIT);
	for (int i = 0; i < INTEGRATION_QUEUE_LIMIT + 1; i++)
		answer(b, next(b, "http://b/default"), 200, "");
	memset(long_text, 'x', INTEGRATION_QUEUE_BYTES_LIMIT + 1);
	say(b, long_text);
	assert_int_equal(b->told_count, 3);
	integrations_count(b->all, &counts);
	assert_int_equal(counts.waiting, 0);
}

static void
binary_is_refused(void **state)
{
	struct backend *b = *state;

	open_one(b);
	integrations_heard(b->all, ID, "\x01\x02", 2, false);
	assert_int_equal(b->closed, 1003);
	assert_int_equal(b->asked_count, 1);
}

static void
leaving_is_told_after_all_that_was_said(void **state)
{
	struct backend *b = *state;
	const struct asked *asked;
	struct integration_counts counts;

	open_one(b);
	say(b, "one");
	say(b, "two");
	integrations_closed(b->all, ID, 1001, "going away");
	answer(b, next(b, "http://b/default"), 200, "lost");
	answer(b, next(b, "http://b/default"), 200, "lost");
	assert_int_equal(b->told_count, 0);
	asked = next(b, "http://b/disconnect");
	assert_string_equal(text_at(asked->event, "requestContext.eventType"), "DISCONNECT");
	assert_string_equal(text_at(asked->event, "requestContext.routeKey"), "$disconnect");
	assert_string_equal(text_at(asked->event, "requestContext.disconnectReason"), "going away");
	assert_int_equal(json_get_integer(json_object_get(asked->event, "requestContext"),
					  "disconnectStatusCode", 0),
			 1001);
	assert_string_equal(text_at(asked->event, "headers.Host"), "play.example.org:8080");
	assert_string_equal(text_at(asked->event, "headers.x-api-key"), "");
	assert_string_equal(text_at(asked->event, "headers.X-Forwarded-For"), "192.0.2.9");
	leave_out(b, asked, REPLY_UNKNOWN);
	integrations_count(b->all, &counts);
	assert_int_equal(counts.connections, 0);
	assert_int_equal(counts.waiting, 0);
}

static void
who_was_let_in_and_never_came_has_left(void **state)
{
	struct backend *b = *state;
	const struct asked *asked;

	visit(b, ID, "");
	answer(b, next(b, "http://b/connect"), 200, "");
	b->world.now = instant_add(b->world.now, DURATION_S(40));
	plane_clock(b->world.plane, b->world.now);
	visit(b, "AAAAAAAAAAAAAAA=", "");
	asked = next(b, "http://b/disconnect");
	assert_string_equal(text_at(asked->event, "requestContext.connectionId"), ID);
	next(b, "http://b/connect");
	integrations_opened(b->all, ID);
	say(b, "too late");
	assert_int_equal(b->asked_count, b->seen);
}

static void
only_so_many_are_held_at_once(void **state)
{
	struct backend *b = *state;
	unsigned char random[11] = { 0 };
	char id[CONNECTION_ID_SIZE];

	for (unsigned i = 0; i < INTEGRATION_CONNECTS_LIMIT + 2; i++) {
		random[0] = (unsigned char)i;
		random[1] = (unsigned char)(i >> 8);
		connection_id_text(random, id);
		visit(b, id, "");
	}
	assert_int_equal(b->asked_count, INTEGRATION_CONNECTS_LIMIT);
	assert_int_equal(b->judged_times, 2);
	assert_int_equal(b->judged_status, 429);
	answer(b, next(b, "http://b/connect"), 200, "");
	visit(b, ID, "");
	assert_int_equal(b->asked_count, INTEGRATION_CONNECTS_LIMIT + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, backend_new, backend_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_handshake_is_held_until_connect_has_answered),
		TEST(the_connect_event_is_what_lambda_would_get),
		TEST(what_connect_refuses_is_refused_with_its_status),
		TEST(a_connect_that_fails_is_502),
		TEST(connect_may_answer_as_lambda_does),
		TEST(a_subprotocol_is_confirmed_only_if_it_was_offered),
		TEST(a_message_goes_to_its_route_and_the_answer_comes_back),
		TEST(without_a_route_it_is_forbidden),
		TEST(a_failed_integration_is_told_as_an_internal_error),
		TEST(messages_of_a_connection_are_asked_one_by_one_in_order),
		TEST(what_waits_is_bounded_and_its_sender_told),
		TEST(binary_is_refused),
		TEST(leaving_is_told_after_all_that_was_said),
		TEST(who_was_let_in_and_never_came_has_left),
		TEST(only_so_many_are_held_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
