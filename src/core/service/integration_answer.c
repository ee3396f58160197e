/* SPDX-License-Identifier: Apache-2.0 */
/* What an integration answered, in either of its two forms: see integration_event.h. */

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "service/integration_event.h"
#include "wire/http1/text.h"

#define PROTOCOL "sec-websocket-protocol"

static bool
is_json(const char *type)
{
	return type != NULL && http_same(type, strcspn(type, "; \t"), "application/json");
}

/* Ours to choose from: what an integration says goes to a client as what it says it is. */
static const char *
type_of(const char *type)
{
	return is_json(type) ? "application/json" : "text/plain; charset=utf-8";
}

/* A number, or the same as text, which Lambda's callers are used to write. */
static int
status_of(const json_t *value)
{
	const char *text = json_string_value(value);
	json_int_t status = json_integer_value(value);

	if (text != NULL && strlen(text) == 3 && text[strspn(text, "0123456789")] == '\0')
		status = strtol(text, NULL, 10);
	return status >= 100 && status <= 599 ? (int)status : 0;
}

static const char *
header_of(const json_t *map, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)map, key, value)
	{
		if (!http_same(key, strlen(key), name))
			continue;
		return json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
	}
	return NULL;
}

static bool
unwrap(const json_t *whole, struct integration_answer *answer)
{
	const json_t *body = json_object_get(whole, "body");
	const json_t *headers = json_object_get(whole, "headers");
	const json_t *multiple = json_object_get(whole, "multiValueHeaders");
	const char *protocol = header_of(multiple, PROTOCOL),
		   *type = header_of(headers, "content-type");

	answer->is_wrapped = true;
	answer->status = status_of(json_object_get(whole, "statusCode"));
	if (protocol == NULL)
		protocol = header_of(headers, PROTOCOL);
	answer->subprotocol = text_copy(protocol);
	answer->content_type = type_of(type);
	if (answer->status == 0 || (body != NULL && !json_is_null(body) && !json_is_string(body)))
		return false;
	if (!json_is_string(body))
		return true;
	if (json_get_bool(whole, "isBase64Encoded", false))
		return base64_take(&answer->body, json_string_value(body),
				   json_string_length(body));
	buf_put(&answer->body, json_string_value(body), json_string_length(body));
	return true;
}

bool
integration_answer_read(const struct http_result *result, struct integration_answer *ret_answer)
{
	const char *type = http_result_header(result, "content-type");
	CLEANUP(json_freep) json_t *whole = NULL;

	*ret_answer = (struct integration_answer){ .status = result->status };
	if (is_json(type) && result->status >= 200 && result->status < 300)
		whole = json_loadb(result->body, result->body_length, JSON_ALLOW_NUL, NULL);
	if (json_object_get(whole, "statusCode") != NULL)
		return unwrap(whole, ret_answer);
	ret_answer->content_type = type_of(type);
	ret_answer->subprotocol = text_copy(http_result_header(result, PROTOCOL));
	buf_put(&ret_answer->body, result->body, result->body_length);
	return true;
}

void
integration_answer_deinit(struct integration_answer *answer)
{
	buf_deinit(&answer->body);
	mem_free(answer->subprotocol);
	answer->subprotocol = NULL;
}
