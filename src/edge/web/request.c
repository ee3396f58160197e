/* SPDX-License-Identifier: Apache-2.0 */
/* A request that came in is for the page's files or for the API, and this decides which. */

#include "web/web_inner.h"

#include <string.h>

#include "wire/http1/print.h"

static const char own_headers[] = "Cache-Control: no-store\r\n"
				  "X-Content-Type-Options: nosniff\r\n";

char *
web_header(const struct http_request *request, const char *name)
{
	return http_header_text(request->head, request->bytes, name);
}

void
web_answer_problem(struct http_exchange *exchange, int status, const char *detail)
{
	CLEANUP(buf_deinit) struct buf headers = BUF_NULL;
	CLEANUP(json_freep) json_t *problem = json_object();
	CLEANUP(text_freep) char *body = NULL;
	struct http_response response = { .status = status,
					  .content_type = "application/problem+json" };

	json_set_text(problem, "type", "about:blank");
	json_set_text(problem, "title", http_status_phrase(status));
	json_set_integer(problem, "status", status);
	json_set_text(problem, "detail", detail);
	body = json_text(problem);
	buf_put_text(&headers, own_headers);
	if (status == 503)
		http_print_header(&headers, "Retry-After", "1");
	if (status == 405)
		http_print_header(&headers, "Allow", "GET, HEAD, POST, PUT, DELETE");
	response.headers = buf_text(&headers);
	response.body = body;
	response.body_length = strlen(body);
	http_answer(exchange, &response);
}

static void
answer_options(struct http_exchange *exchange)
{
	struct http_response response = { .status = 204,
					  .headers = "Allow: GET, HEAD, POST, PUT, DELETE\r\n" };

	http_answer(exchange, &response);
}

void
web_on_request(void *argument, struct http_exchange *exchange, const struct http_request *request)
{
	struct web *web = argument;

	switch (request->head->method) {
	case HTTP_OPTIONS:
		answer_options(exchange);
		return;
	case HTTP_PATCH:
		web_refuse(exchange, request, 405, "Nothing here is changed by PATCH; use PUT.");
		return;
	case HTTP_GET:
	case HTTP_HEAD:
		if (assets_answer(web, exchange, request))
			return;
		break;
	case HTTP_POST:
	case HTTP_PUT:
	case HTTP_DELETE:
		if (origin_is_ours(web, request))
			break;
		web->counters.foreign_refused++;
		web_refuse(exchange, request, 403,
			   "This came from a page of another site. Open roost itself and "
			   "try there; programs use a token.");
		return;
	case HTTP_METHOD_MAX:
		ASSERT(!"a method of the parser");
	}
	web_ask(web, exchange, request);
}
