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
	socket->expires_at = call->caller.expires_at;
	socket->connected_at = plane_now(call->api->plane);
	return socket;
}

void
socket_allow(struct call *call)
{
	struct api_answer *answer = mem_new(sizeof *answer);

	answer->kind = ANSWER_SOCKET;
	answer->status = 101;
	answer->socket = TAKE(call->socket);
	call_answer_with(call, answer);
}

void
handle_socket(struct call *call)
{
	if (!call->wants_socket) {
		call_refuse(call, PROBLEM_UPGRADE,
			    "%s is a WebSocket: connect with a WebSocket client (RFC 6455, version "
			    "13).",
			    call->endpoint != NULL ? call->endpoint->path : "/v1/ws");
		return;
	}
	call->socket = socket_make(call);
	call->socket->endpoint = call->endpoint;
	if (call->endpoint != NULL && call->endpoint->route_count > 0)
		endpoint_ask(call);
	else
		socket_allow(call);
}
