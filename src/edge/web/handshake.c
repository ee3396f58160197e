/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake that opens a WebSocket: read with the request, answered once the API has allowed it. */

#include "web/web_inner.h"

#include <string.h>

#include "wire/http1/print.h"

void
handshake_read(const struct web *web, const struct http_request *request,
	       struct handshake *ret_handshake)
{
	*ret_handshake = (struct handshake){
		.upgrade = websocket_upgrade_check(request->head, request->bytes),
		.local = request->local,
	};
	if (ret_handshake->upgrade != WEBSOCKET_UPGRADE_RIGHT)
		return;
	websocket_accept(request->head, request->bytes, ret_handshake->accept);
	if (web->options.sockets.compress)
		(void)websocket_terms_agree(request->head, request->bytes, &ret_handshake->terms);
}

/* The route asks for a WebSocket, and this is none: what exactly is missing. */
void
handshake_refuse(struct http_exchange *exchange, const struct handshake *handshake)
{
	int status = websocket_refusal_status(handshake->upgrade);
	CLEANUP(json_freep)
	json_t *problem = api_problem(status, websocket_refusal_detail(handshake->upgrade));
	CLEANUP(text_freep) char *body = json_text(problem);
	struct http_response response = { .status = status,
					  .content_type = "application/problem+json",
					  .headers = status == 405 ? "Cache-Control: no-store\r\n"
								     "Allow: GET\r\n"
						     : status == 426
							     ? "Cache-Control: no-store\r\n"
							       "Upgrade: websocket\r\n"
							       "Connection: Upgrade\r\n"
							       "Sec-WebSocket-Version: 13\r\n"
							     : "Cache-Control: no-store\r\n",
					  .body = body,
					  .body_length = strlen(body) };

	http_answer(exchange, &response);
}

void
handshake_put_head(struct buf *headers, const struct handshake *handshake, const char *subprotocol)
{
	http_print_header(headers, "Upgrade", "websocket");
	http_print_header(headers, "Connection", "Upgrade");
	http_print_header(headers, "Sec-WebSocket-Accept", handshake->accept);
	if (subprotocol != NULL)
		http_print_header(headers, "Sec-WebSocket-Protocol", subprotocol);
	if (handshake->terms.window_bits == 0)
		return;
	buf_put_text(headers, "Sec-WebSocket-Extensions: ");
	websocket_terms_print(&handshake->terms, headers);
	buf_put_text(headers, "\r\n");
}
