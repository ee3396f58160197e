/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What most requests are never asked for, and signed ones and handshakes are: the path as
 * it came and every header. And how requests are refused that the server never hands over.
 */

#include "web/web_inner.h"

#include <string.h>

#include "wire/sigv4/sigv4.h"

/* A header's name is a token: ASCII (RFC 9110 §5.1). */
static char *
lower_case(const char *bytes, struct http_span span)
{
	char *text = http_span_text(bytes, span);

	for (char *c = text; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return text;
}

void
request_fill_whole(struct api_request *to, const struct http_request *r)
{
	CLEANUP(text_freep) char *authorization = web_header(r, "authorization");
	const struct http_head *head = r->head;

	to->is_head = head->method == HTTP_HEAD;
	if (!head->upgrade && !sigv4_is_claimed(authorization, r->query))
		return;
	to->authorization = TAKE(authorization);
	to->wire_path = http_span_text(r->bytes, head->path);
	to->headers = mem_new_array(head->header_count + 1, sizeof *to->headers);
	for (size_t i = 0; i < head->header_count; i++) {
		struct api_header *header = &to->headers[to->header_count++];

		header->name = lower_case(r->bytes, head->headers[i].name);
		header->value = http_span_text(r->bytes, head->headers[i].value);
	}
}

void
web_refuse(struct http_exchange *exchange, const struct http_request *request, int status,
	   const char *detail)
{
	CLEANUP(buf_deinit) struct buf headers = BUF_NULL;
	struct api_answer *answer;

	if (!api_is_connection_path(request->path)) {
		web_answer_problem(exchange, status, detail);
		return;
	}
	answer = api_connection_refusal(status);
	buf_format(&headers, "x-amzn-ErrorType: %s\r\n", answer->error_type);
	http_answer(exchange, &(struct http_response){ .status = answer->status,
						       .content_type = answer->content_type,
						       .headers = buf_text(&headers),
						       .body = answer->body,
						       .body_length = answer->body_length });
	api_answer_free(answer);
}

void
web_on_refusal(void *argument, const char *path, int status, struct http_refusal *ret_refusal)
{
	struct api_answer *answer;

	(void)argument;
	if (!api_is_connection_path(path))
		return;
	answer = api_connection_refusal(status);
	ret_refusal->status = answer->status;
	ret_refusal->content_type = answer->content_type;
	ret_refusal->headers = text_format("x-amzn-ErrorType: %s\r\n", answer->error_type);
	ret_refusal->body = TAKE(answer->body);
	api_answer_free(answer);
}
