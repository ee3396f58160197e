/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the management API of connections is, and how it answers: as AWS API Gateway does, for its SDKs
 * are the clients. They know an error by `x-amzn-ErrorType` alone, and try again what is
 * 429 or 5xx by themselves; so nothing is refused with those after a message was queued.
 */

#include <string.h>

#include "api/call.h"

#define SEGMENT	     "/@connections"
#define WIRE_SEGMENT "/%40connections"

static const struct {
	int status;
	const char *type;
} refusals[PROBLEM_MAX] = {
	[PROBLEM_BAD_REQUEST] = { 400, "BadRequestException" },
	[PROBLEM_SIGN_IN] = { 403, "MissingAuthenticationTokenException" },
	[PROBLEM_SIGNATURE] = { 403, "InvalidSignatureException" },
	[PROBLEM_FORBIDDEN] = { 403, "ForbiddenException" },
	[PROBLEM_CSRF] = { 403, "ForbiddenException" },
	[PROBLEM_NOT_FOUND] = { 403, "ForbiddenException" },
	[PROBLEM_METHOD] = { 405, "MethodNotAllowedException" },
	[PROBLEM_TOO_LARGE] = { 413, "PayloadTooLargeException" },
	[PROBLEM_TOO_MANY] = { 429, "LimitExceededException" },
	[PROBLEM_BROKEN] = { 500, "InternalServerErrorException" },
	[PROBLEM_NOT_READY] = { 503, "ServiceUnavailableException" },
};

/* Where `segment` begins as a whole segment of the path, or NULL. */
static const char *
segment_in(const char *path, const char *segment)
{
	size_t length = strlen(segment);

	for (path = strstr(path, segment); path != NULL; path = strstr(path + 1, segment)) {
		if (path[length] == '/' || path[length] == '\0')
			return path;
	}
	return NULL;
}

const char *
connection_path(const char *path)
{
	return segment_in(path, SEGMENT);
}

bool
api_is_connection_path(const char *path)
{
	return segment_in(path, SEGMENT) != NULL || segment_in(path, WIRE_SEGMENT) != NULL;
}

static struct api_answer *
typed(int status, const char *type, const char *message)
{
	CLEANUP(json_freep) json_t *body = json_object();
	struct api_answer *answer = mem_new(sizeof *answer);
	char clean[768]; /* what is told may hold a stranger's bytes */

	text_clean(clean, sizeof clean, message, strlen(message));
	json_set_text(body, "message", clean);
	answer->status = status;
	answer->error_type = type;
	answer->content_type = "application/json";
	answer->body = json_text(body);
	answer->body_length = strlen(answer->body);
	return answer;
}

struct api_answer *
connection_refusal(enum problem problem, const char *type, const char *message)
{
	bool known = refusals[problem].type != NULL;

	if (type == NULL)
		type = known ? refusals[problem].type : "BadRequestException";
	return typed(known ? refusals[problem].status : 400, type, message);
}

struct api_answer *
api_connection_refusal(int status)
{
	if (status == 413)
		return connection_refusal(PROBLEM_TOO_LARGE, NULL,
					  "The message is larger than one to a connection may be.");
	if (status == 403)
		return connection_refusal(PROBLEM_FORBIDDEN, NULL,
					  "This came from a page of another site; programs sign or "
					  "use a token.");
	if (status == 405)
		return connection_refusal(PROBLEM_METHOD, NULL,
					  "A connection takes POST, GET and DELETE.");
	if (status >= 500)
		return connection_refusal(PROBLEM_NOT_READY, NULL,
					  "roost is busy. Try again in a moment.");
	return connection_refusal(PROBLEM_BAD_REQUEST, NULL,
				  "This is no request about a connection.");
}

static struct api_answer *
found_answer(const struct connection_found *found)
{
	CLEANUP(json_freep) json_t *body = json_object();
	json_t *identity = json_object();
	struct api_answer *answer = mem_new(sizeof *answer);
	char ip[IP_TEXT_SIZE], agent[256];

	ip_text(&found->ip, ip);
	json_set_instant(body, "connectedAt", found->connected_at);
	text_clean(agent, sizeof agent, found->user_agent != NULL ? found->user_agent : "",
		   found->user_agent != NULL ? strlen(found->user_agent) : 0);
	json_set_text(identity, "sourceIp", ip);
	json_set_text(identity, "userAgent", agent);
	ASSERT(json_object_set_new(body, "identity", identity) == 0);
	json_set_instant(body, "lastActiveAt", found->last_active_at);
	answer->status = 200;
	answer->content_type = "application/json";
	answer->body = json_text(body);
	answer->body_length = strlen(answer->body);
	return answer;
}

struct api_answer *
api_connection_answer(enum connection_what what, const struct connection_found *found)
{
	struct api_answer *answer;

	switch (found->is) {
	case CONNECTION_GONE:
		return typed(410, "GoneException",
			     "The connection is gone, or there was never one of this id.");
	case CONNECTION_FULL:
		answer = connection_refusal(PROBLEM_TOO_MANY, NULL,
					    "The WebSocket client side buffer is full: this "
					    "connection does not read what it is sent.");
		answer->retry_after = 1;
		return answer;
	case CONNECTION_DONE:
		break;
	}
	if (what == CONNECTION_GET)
		return found_answer(found);
	answer = mem_new(sizeof *answer);
	answer->status = what == CONNECTION_DELETE ? 204 : 200;
	return answer;
}
