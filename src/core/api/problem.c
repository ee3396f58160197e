/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: the ends of a call. A refusal is application/problem+json (RFC 9457). */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"

void
call_free(struct call *call)
{
	channel_set_deinit(&call->channels);
	json_decref(call->fields);
	json_decref(call->body);
	json_decref(call->result);
	api_socket_free(call->socket);
	mem_free(call->session);
	mem_free(call);
}

static void
call_end(struct call *call)
{
	struct api *api = call->api;
	struct call **at = &api->calls;

	while (*at != call) {
		ASSERT(*at != NULL);
		at = &(*at)->next;
	}
	*at = call->next;
	api->call_count--;
	call_free(call);
}

void
call_answer_with(struct call *call, struct api_answer *answer)
{
	if (call->session != NULL && answer->set_cookie == NULL)
		answer->set_cookie = session_cookie(call->session, call->secure);
	call->answered(call->argument, answer);
	call_end(call);
}

void
call_answer_text(struct call *call, int status, const char *content_type, char *text)
{
	struct api_answer *answer = mem_new(sizeof *answer);

	answer->status = status;
	answer->content_type = content_type;
	answer->body = text;
	answer->body_length = text != NULL ? strlen(text) : 0;
	call_answer_with(call, answer);
}

void
call_answer(struct call *call, int status, json_t *body)
{
	char *text = body != NULL ? json_text(body) : NULL;

	json_decref(body);
	call_answer_text(call, status, "application/json", text);
}

static json_t *
errors_json(const struct field_errors *errors)
{
	json_t *list = json_array();

	for (size_t i = 0; i < errors->count; i++) {
		json_t *error = json_object();

		json_set_text(error, "pointer", errors->list[i].pointer);
		json_set_text(error, "detail", errors->list[i].detail);
		ASSERT(json_array_append_new(list, error) == 0);
	}
	return list;
}

struct api_answer *
problem_answer(enum problem problem, const char *detail, const struct field_errors *errors)
{
	CLEANUP(json_freep) json_t *body = problem_json(problem, detail);
	struct api_answer *answer = mem_new(sizeof *answer);

	if (errors != NULL && errors->count > 0)
		ASSERT(json_object_set_new(body, "errors", errors_json(errors)) == 0);
	answer->status = (int)json_get_integer(body, "status", 500);
	answer->content_type = "application/problem+json";
	answer->body = json_text(body);
	answer->body_length = strlen(answer->body);
	return answer;
}

struct api_answer *
call_refusal(const struct call *call, enum problem problem, const char *detail)
{
	const char *type = problem == PROBLEM_SIGNATURE ? call->error_type : NULL;
	struct api_answer *answer;

	if (call->is_management)
		return connection_refusal(problem, type, detail);
	answer = problem_answer(problem, detail, NULL);
	answer->error_type = type;
	return answer;
}

void
call_refuse(struct call *call, enum problem problem, const char *format, ...)
{
	char detail[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(detail, sizeof detail, format, args);
	va_end(args);
	call_answer_with(call, call_refusal(call, problem, detail));
}

void
call_refuse_later(struct call *call, enum problem problem, struct duration wait, const char *detail)
{
	struct api_answer *answer = call_refusal(call, problem, detail);

	answer->retry_after = (int)((wait.ms + 999) / 1000);
	call_answer_with(call, answer);
}

/* Those who show the detail show the errors behind it. */
void
call_refuse_fields(struct call *call, const struct field_errors *errors)
{
	CLEANUP(text_freep)
	char *detail = errors->count == 1 ? text_copy("What was sent is not right")
					  : text_format("What was sent is not right in %zu places",
							errors->count);

	call_answer_with(call, problem_answer(PROBLEM_INVALID, detail, errors));
}

/* Kept, for it is in the batch that is tried again; who asked need not wait for that. */
static void
on_stuck(void *argument)
{
	CLEANUP(text_freep) char *detail = NULL;
	struct call *call = argument;
	const char *why;

	(void)plane_is_durable(call->api->plane, &why);
	detail = text_format("%s. What you asked for has not been done. It is kept, and done once "
			     "the record takes it, unless roost is stopped before.",
			     why);
	call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(5), detail);
}

void
call_after_commit(struct call *call, plane_done *done)
{
	plane_after_commit_or(call->api->plane, done, on_stuck, call);
}

static void
on_durable(void *argument)
{
	struct call *call = argument;

	call_answer(call, call->status, TAKE(call->result));
}

void
call_answer_after_commit(struct call *call, int status, json_t *body)
{
	call->status = status;
	call->result = body;
	call_after_commit(call, on_durable);
}

char *
session_cookie(const char *secret, bool secure)
{
	int64_t seconds = secret[0] != '\0' ? SESSION_LASTS.ms / 1000 : 0;

	return text_format(API_SESSION_COOKIE "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
			   secret, (long long)seconds, secure ? "; Secure" : "");
}
