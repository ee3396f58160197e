/* SPDX-License-Identifier: Apache-2.0 */
/* Events for integrations: see the header. What a client sent may be any bytes; JSON is UTF-8. */

#include "service/integration_event.h"

#include <stdio.h>
#include <string.h>

#include "wire/http1/text.h"

static void
set_bytes(json_t *object, const char *key, const char *bytes, size_t length)
{
	json_t *text = json_stringn(bytes, length);
	char *clean;

	if (text == NULL) {
		clean = mem_new(length + 1);
		text_clean(clean, length + 1, bytes, length);
		text = json_string(clean);
		mem_free(clean);
	}
	json_object_set_new(object, key, text);
}

static void
add_multiple(json_t *object, const char *key, const json_t *value)
{
	json_t *list = json_object_get(object, key);

	if (list == NULL) {
		list = json_array();
		json_object_set_new(object, key, list);
	}
	json_array_append_new(list, json_incref((json_t *)value));
}

/* Of a repeated name the last is the one; all are in the other map. */
static void
add_both(json_t *single, json_t *multiple, const char *key, const char *value)
{
	set_bytes(single, key, value, strlen(value));
	add_multiple(multiple, key, json_object_get(single, key));
}

/* ---- headers ---- */

/* As they are mostly written: "Sec-WebSocket-Key". */
static void
name_put(char *to, size_t size, const char *name)
{
	char *web;

	(void)text_put(to, size, name);
	for (size_t i = 0; to[i] != '\0'; i++)
		if ((i == 0 || to[i - 1] == '-') && to[i] >= 'a' && to[i] <= 'z')
			to[i] = (char)(to[i] - 'a' + 'A');
	web = strstr(to, "Websocket");
	if (web != NULL)
		web[3] = 'S';
}

static bool
is_of_one_hop(const char *name)
{
	return strcmp(name, "connection") == 0 || strcmp(name, "upgrade") == 0 ||
	       strcmp(name, "x-forwarded-for") == 0 || strcmp(name, "x-forwarded-proto") == 0 ||
	       strcmp(name, "x-forwarded-port") == 0;
}

static const char *
port_of(const struct event_subject *subject, bool secure)
{
	const char *colon = strrchr(subject->domain, ':');

	if (colon != NULL && colon[1] != '\0' && colon[1 + strspn(colon + 1, "0123456789")] == '\0')
		return colon + 1;
	return secure ? "443" : "80";
}

static void
put_headers(json_t *event, const struct event_subject *subject,
	    const struct event_handshake *handshake)
{
	json_t *single = json_object(), *multiple = json_object();
	const char *before = NULL;
	char ip[IP_TEXT_SIZE], name[128];
	CLEANUP(text_freep) char *forwarded = NULL;

	ip_text(&subject->ip, ip);
	for (size_t i = 0; i < handshake->header_count; i++) {
		const struct event_header *header = &handshake->headers[i];

		if (strcmp(header->name, "x-forwarded-for") == 0)
			before = header->value;
		if (is_of_one_hop(header->name) || strlen(header->name) >= sizeof name)
			continue;
		name_put(name, sizeof name, header->name);
		add_both(single, multiple, name, header->value);
	}
	forwarded = before != NULL ? text_format("%s, %s", before, ip) : text_copy(ip);
	add_both(single, multiple, "X-Forwarded-For", forwarded);
	add_both(single, multiple, "X-Forwarded-Port", port_of(subject, handshake->secure));
	add_both(single, multiple, "X-Forwarded-Proto", handshake->secure ? "https" : "http");
	json_object_set_new(event, "headers", single);
	json_object_set_new(event, "multiValueHeaders", multiple);
}

/* ---- the query ---- */

static void
decode(struct buf *to, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int high = -1, low = -1;

		if (text[i] == '%' && i + 2 < length) {
			high = http_hex_value(text[i + 1]);
			low = http_hex_value(text[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			buf_put_byte(to, (unsigned char)(high * 16 + low));
			i += 2;
		} else {
			buf_put_byte(to, text[i] == '+' ? ' ' : (unsigned char)text[i]);
		}
	}
}

static void
put_parameter(json_t *single, json_t *multiple, const char *text, size_t length)
{
	const char *equals = memchr(text, '=', length);
	size_t name_length = equals != NULL ? (size_t)(equals - text) : length;
	CLEANUP(buf_deinit) struct buf name = BUF_NULL, value = BUF_NULL;
	char key[256];

	decode(&name, text, name_length);
	if (equals != NULL)
		decode(&value, equals + 1, length - name_length - 1);
	if (name.length == 0 || name.length >= sizeof key)
		return;
	text_clean(key, sizeof key, (const char *)name.data, name.length);
	set_bytes(single, key, buf_text(&value), value.length);
	add_multiple(multiple, key, json_object_get(single, key));
}

static void
put_query(json_t *event, const char *query)
{
	json_t *single, *multiple;

	if (query == NULL || *query == '\0')
		return;
	single = json_object();
	multiple = json_object();
	while (*query != '\0') {
		size_t length = strcspn(query, "&");

		if (length > 0)
			put_parameter(single, multiple, query, length);
		query += length + (query[length] == '&');
	}
	json_object_set_new(event, "queryStringParameters", single);
	json_object_set_new(event, "multiValueQueryStringParameters", multiple);
}

/* ---- the context ---- */

/* "23/Mar/2024:15:00:03 +0000", the common log's form. */
static void
set_log_time(json_t *object, const char *key, struct instant at)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char iso[INSTANT_TEXT_SIZE], text[40];
	size_t month;

	instant_text(at, iso);
	month = (size_t)(iso[5] - '0') * 10 + (size_t)(iso[6] - '0') - 1;
	ASSERT(month < 12);
	(void)snprintf(text, sizeof text, "%.2s/%.3s/%.4s:%.8s +0000", iso + 8, months + month * 3,
		       iso, iso + 11);
	json_set_text(object, key, text);
}

static json_t *
context_new(const struct event_subject *subject, const struct event_request *request,
	    const char *route_key, const char *event_type)
{
	json_t *context = json_object(), *identity = json_object(), *authorizer;
	char ip[IP_TEXT_SIZE];

	json_set_text(context, "routeKey", route_key);
	json_set_text(context, "eventType", event_type);
	json_set_text(context, "extendedRequestId", request->id);
	set_log_time(context, "requestTime", request->at);
	json_set_text(context, "messageDirection", "IN");
	json_set_text(context, "stage", subject->endpoint->stage);
	json_set_integer(context, "connectedAt", subject->connected_at.ms);
	json_set_integer(context, "requestTimeEpoch", request->at.ms);
	if (subject->user_agent[0] != '\0')
		json_set_text(identity, "userAgent", subject->user_agent);
	ip_text(&subject->ip, ip);
	json_set_text(identity, "sourceIp", ip);
	json_object_set_new(context, "identity", identity);
	json_set_text(context, "requestId", request->id);
	set_bytes(context, "domainName", subject->domain, strlen(subject->domain));
	json_set_text(context, "connectionId", subject->connection);
	json_set_text(context, "apiId", subject->endpoint->api_id);
	if (subject->user[0] != '\0') {
		authorizer = json_object();
		json_set_text(authorizer, "principalId", subject->user);
		json_set_text(authorizer, "role", subject->role);
		json_object_set_new(context, "authorizer", authorizer);
	}
	return context;
}

json_t *
event_connect(const struct event_subject *subject, const struct event_request *request,
	      const struct event_handshake *handshake)
{
	json_t *event = json_object();

	put_headers(event, subject, handshake);
	put_query(event, handshake->query);
	json_object_set_new(event, "requestContext",
			    context_new(subject, request, "$connect", "CONNECT"));
	json_set_bool(event, "isBase64Encoded", false);
	return event;
}

json_t *
event_message(const struct event_subject *subject, const struct event_request *request,
	      const char *route_key, const char *message_id, const struct buf *text)
{
	json_t *event = json_object();
	json_t *context = context_new(subject, request, route_key, "MESSAGE");

	json_set_text(context, "messageId", message_id);
	json_object_set_new(event, "requestContext", context);
	set_bytes(event, "body", text->length > 0 ? (const char *)text->data : "", text->length);
	json_set_bool(event, "isBase64Encoded", false);
	return event;
}

json_t *
event_disconnect(const struct event_subject *subject, const struct event_request *request,
		 unsigned code, const char *reason)
{
	json_t *event = json_object(), *single = json_object(), *multiple = json_object();
	json_t *context = context_new(subject, request, "$disconnect", "DISCONNECT");
	char ip[IP_TEXT_SIZE];

	ip_text(&subject->ip, ip);
	add_both(single, multiple, "Host", subject->domain);
	add_both(single, multiple, "x-api-key", "");
	add_both(single, multiple, "X-Forwarded-For", ip);
	add_both(single, multiple, "x-restapi", "");
	json_object_set_new(event, "headers", single);
	json_object_set_new(event, "multiValueHeaders", multiple);
	json_set_integer(context, "disconnectStatusCode", (int64_t)code);
	set_bytes(context, "disconnectReason", reason, strlen(reason));
	json_object_set_new(event, "requestContext", context);
	json_set_bool(event, "isBase64Encoded", false);
	return event;
}

char *
event_error_frame(const char *message, const char *connection, const char *request_id)
{
	CLEANUP(json_freep) json_t *frame = json_object();

	json_set_text(frame, "message", message);
	json_set_text(frame, "connectionId", connection);
	json_set_text(frame, "requestId", request_id);
	return json_text(frame);
}
