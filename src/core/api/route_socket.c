/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket is opened: who it is has been asked as for any route; it gets a name, and the edge does the rest. */

#include <string.h>

#include "api/call.h"

struct api_socket *
socket_make(struct call *call)
{
	struct chance_port *chance = plane_ports(call->api->plane)->chance;
	struct api_socket *socket = mem_new(sizeof *socket);
	unsigned char random[11];

	chance->fill(chance, random, sizeof random);
	connection_id_text(random, socket->id);
	socket->role = call->caller.role;
	(void)text_put(socket->user, sizeof socket->user, call->caller.user);
	(void)text_put(socket->digest, sizeof socket->digest, call->caller.digest);
	socket->connected_at = plane_now(call->api->plane);
	return socket;
}

/* Only connections of endpoints with integrations are told of, and no route opens one. */

void
api_socket_opened(struct api *api, const char *id)
{
	(void)api;
	(void)id;
}

void
api_socket_heard(struct api *api, const char *id, const void *bytes, size_t length, bool is_text)
{
	(void)api;
	(void)id;
	(void)bytes;
	(void)length;
	(void)is_text;
}

void
api_socket_closed(struct api *api, const char *id, unsigned code, const char *reason)
{
	(void)api;
	(void)id;
	(void)code;
	(void)reason;
}

void
api_use_connections(struct api *api, struct connections_port *connections)
{
	api->connections = connections;
}

void
handle_socket(struct call *call)
{
	struct api_answer *answer;

	if (!call->wants_socket) {
		call_refuse(call, PROBLEM_UPGRADE,
			    "%s is a WebSocket: connect with a WebSocket client (RFC 6455, version "
			    "13).",
			    "/v1/ws");
		return;
	}
	answer = mem_new(sizeof *answer);
	answer->kind = ANSWER_SOCKET;
	answer->status = 101;
	answer->socket = socket_make(call);
	call_answer_with(call, answer);
}
