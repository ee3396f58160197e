/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The management API of connections: what it may be asked, at which paths. Connections
 * live at the edge, so an answer here is an order to it; see connection_answer.c for what
 * becomes of that.
 */

#include <string.h>

#include "api/call.h"

#define MESSAGE_LIMIT 131072 /* bytes; API Gateway's, and the SDKs' model says so */

/* At the root, and behind the path of each endpoint: what SDKs are given is its address. */
bool
connection_prefix_is_known(const struct api *api, const char *path, size_t length)
{
	for (size_t i = 0; i < api->settings.endpoint_count; i++) {
		const struct websocket_endpoint *endpoint = &api->settings.endpoints[i];

		if (strlen(endpoint->path) == length && memcmp(endpoint->path, path, length) == 0)
			return true;
		/* What events say: domainName and stage. */
		if (length > 0 && strlen(endpoint->stage) == length - 1 &&
		    memcmp(endpoint->stage, path + 1, length - 1) == 0)
			return true;
	}
	return length == 0;
}

/* How often a caller may ask, whatever becomes of it. */
static bool
is_too_often(struct call *call)
{
	const struct caller *caller = &call->caller;
	struct duration wait;

	if (call->api->settings.connection_calls.per_second <= 0)
		return false;
	wait = throttle_take(&call->api->connection_calls,
			     caller->digest[0] != '\0' ? caller->digest : caller->user,
			     plane_now(call->api->plane));
	if (wait.ms <= 0)
		return false;
	call_refuse_later(call, PROBLEM_TOO_MANY, wait,
			  "Too many requests a second from this caller; the bounds are "
			  "connections.limits.per_second and .burst in roost's configuration.");
	return true;
}

static bool
is_too_large(struct call *call)
{
	size_t limit = call->api->settings.connection_message_limit;

	if (limit == 0)
		limit = MESSAGE_LIMIT;
	if (call->byte_count <= limit)
		return false;
	call_refuse(call, PROBLEM_TOO_LARGE, "A message to a connection has at most %zu bytes.",
		    limit);
	return true;
}

static void
order(struct call *call, enum connection_what what)
{
	struct api_answer *answer;

	if (is_too_often(call) || (what == CONNECTION_POST && is_too_large(call)))
		return;
	if (!connection_id_is_valid(call->parameter)) {
		call_refuse(call, PROBLEM_BAD_REQUEST, "Invalid connectionId: %s", call->parameter);
		return;
	}
	answer = mem_new(sizeof *answer);
	answer->kind = ANSWER_CONNECTION;
	answer->connection.what = what;
	(void)text_put(answer->connection.id, sizeof answer->connection.id, call->parameter);
	if (what == CONNECTION_POST) {
		answer->connection.bytes = mem_new(call->byte_count + 1);
		if (call->byte_count > 0)
			memcpy(answer->connection.bytes, call->bytes, call->byte_count);
		answer->connection.length = call->byte_count;
	}
	call_answer_with(call, answer);
}

void
handle_connection_post(struct call *call)
{
	order(call, CONNECTION_POST);
}

void
handle_connection_get(struct call *call)
{
	order(call, CONNECTION_GET);
}

void
handle_connection_end(struct call *call)
{
	order(call, CONNECTION_DELETE);
}
