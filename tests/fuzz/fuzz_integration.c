/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody's backend answers: the first two bytes are its status, the third its type,
 * the rest its body. A client is told one of two types, a status that is one, and a body that
 * is no longer than what came.
 */

#include "fuzz.h"
#include "service/integration_event.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char type[] = "content-type";
	static char *types[] = { "application/json", "Application/JSON; charset=utf-8", "text/html",
				 "" };
	struct integration_answer answer;
	struct http_result *result;

	if (size < 3)
		return 0;
	result = mem_new(sizeof *result);
	result->status = 100 + (data[0] << 8 | data[1]) % 500;
	result->headers[0].name = type;
	result->headers[0].value = types[data[2] % ELEMENTS(types)];
	result->header_count = 1;
	result->body_length = size - 3;
	result->body = text_copy_n((const char *)data + 3, size - 3);
	if (integration_answer_read(result, &answer)) {
		ASSERT(answer.status >= 100 && answer.status <= 599);
		ASSERT(strcmp(answer.content_type, "application/json") == 0 ||
		       strcmp(answer.content_type, "text/plain; charset=utf-8") == 0);
		ASSERT(answer.body.length <= result->body_length);
		ASSERT(answer.is_wrapped || answer.status == result->status);
		ASSERT(answer.is_wrapped ||
		       (answer.body.length == result->body_length &&
			memcmp(buf_text(&answer.body), result->body, answer.body.length) == 0));
	}
	integration_answer_deinit(&answer);
	mem_free(result->body);
	mem_free(result);
	return 0;
}
