/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INTEGRATION_EVENT_H
#define ROOST_INTEGRATION_EVENT_H

/*
 * What integrations are told and what they answer, as values. Events have the shape that
 * AWS Lambda is given by API Gateway's WebSocket APIs (proxy integration): members, formats
 * and types alike, so that a handler written for it needs no change.
 */

#include "base/address.h"
#include "base/buf.h"
#include "model/config.h"
#include "port/connections.h"
#include "port/http.h"

/* Whom an event is about. */
struct event_subject {
	const struct websocket_endpoint *endpoint;
	const char *connection;
	const char *domain;		/* the handshake's Host */
	const char *user, *role;	/* "" = nobody by name; then there is no authorizer */
	const char *user_agent;		/* "" = none */
	struct ip ip;
	struct instant connected_at;
};

/* One event: its id is of the form of a connection's. */
struct event_request {
	char id[CONNECTION_ID_SIZE];
	struct instant at;
};

struct event_header { const char *name, *value; };	/* the name in lower case */

/* A handshake. X-Forwarded-... is added to its headers; Connection and Upgrade are left out. */
struct event_handshake {
	const struct event_header *headers;
	size_t header_count;
	const char *query;		/* raw; or NULL */
	bool secure;
};

json_t *event_connect(const struct event_subject *subject, const struct event_request *request,
		      const struct event_handshake *handshake) must_check;
json_t *event_message(const struct event_subject *subject, const struct event_request *request,
		      const char *route_key, const char *message_id,
		      const struct buf *text) must_check;
json_t *event_disconnect(const struct event_subject *subject, const struct event_request *request,
			 unsigned code, const char *reason) must_check;

/* {"message":"Forbidden","connectionId":...,"requestId":...}: what a client is sent. */
char *event_error_frame(const char *message, const char *connection, const char *request_id)
	must_check;

/*
 * What an integration answered: the HTTP answer itself, or, when that is a 2xx of JSON with a
 * member `statusCode`, what Lambda would have returned: {statusCode, headers?, multiValueHeaders?,
 * body?, isBase64Encoded?}.
 */
struct integration_answer {
	int status;
	bool is_wrapped;		/* it came in Lambda's form */
	struct buf body;
	const char *content_type;	/* static text */
	char *subprotocol;		/* Sec-WebSocket-Protocol; or NULL */
};

/* False when it is in Lambda's form and malformed. Deinit it either way. */
bool integration_answer_read(const struct http_result *result,
			     struct integration_answer *ret_answer) must_check;
void integration_answer_deinit(struct integration_answer *answer);

#endif
