/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers as values: what they own, and its end. */

#include <string.h>

#include "api/api.h"

void
api_request_deinit(struct api_request *request)
{
	if (request->body != NULL)
		explicit_bzero(request->body, request->body_length);
	mem_free(request->path);
	mem_free(request->query);
	mem_free(request->body);
	mem_free(request->content_type);
	mem_free(request->bearer);
	mem_free(request->session);
	mem_free(request->csrf);
	mem_free(request->connection_id);
	mem_free(request->last_event_id);
	mem_free(request->subprotocols);
	mem_free(request->wire_path);
	mem_free(request->authorization);
	for (size_t i = 0; i < request->header_count; i++) {
		mem_free(request->headers[i].name);
		mem_free(request->headers[i].value);
	}
	mem_free(request->headers);
	*request = (struct api_request){ 0 };
}

void
api_answer_deinit(struct api_answer *answer)
{
	mem_free(answer->body);
	mem_free(answer->set_cookie);
	mem_free(answer->location);
	mem_free(answer->allow);
	mem_free(answer->stream.channels.channels);
	api_socket_free(answer->socket);
	mem_free(answer->connection.bytes);
	mem_free(answer->download.store);
	mem_free(answer->download.name);
	mem_free(answer->download.file_name);
	*answer = (struct api_answer){ 0 };
}

void
api_socket_free(struct api_socket *socket)
{
	if (socket == NULL)
		return;
	mem_free(socket->subprotocol);
	mem_free(socket);
}

void
api_answer_free(struct api_answer *answer)
{
	if (answer == NULL)
		return;
	api_answer_deinit(answer);
	mem_free(answer);
}
