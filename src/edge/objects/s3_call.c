/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing, sending, and what to make of the answer. Which failures are worth another try is
 * the point: a lost answer may have been a deed, and a 200 may be an error.
 */

#include "objects/s3_call.h"

#include <stdio.h>
#include <string.h>

#include "fetch/exchange.h"
#include "sys/chance.h"
#include "sys/clock.h"
#include "wire/sigv4/sigv4.h"

#define WAIT_MOST 20000 /* ms */
#define HEADERS	  8

void
s3_answer_deinit(struct s3_answer *answer)
{
	http_result_free(answer->http);
	*answer = (struct s3_answer){ .came = false };
}

void
s3_etag(const struct http_result *http, char ret_etag[static 80])
{
	const char *etag = http_result_header(http, "etag");
	size_t length;

	ret_etag[0] = '\0';
	if (etag == NULL)
		return;
	etag += *etag == '"';
	length = strcspn(etag, "\"");
	if (length < 80)
		(void)snprintf(ret_etag, 80, "%.*s", (int)length, etag);
}

/* ---- one try ---- */

struct lines {
	char *texts[HEADERS];
	struct sigv4_header parts[HEADERS];
	size_t count, signed_count;
};

static void
lines_add(struct lines *lines, const char *name, const char *value)
{
	ASSERT(lines->count < HEADERS);
	lines->texts[lines->count++] = text_format("%s: %s", name, value);
}

static void
lines_deinit(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		explicit_bzero(lines->texts[i], strlen(lines->texts[i]));
		mem_free(lines->texts[i]);
	}
	for (size_t i = 0; i < lines->signed_count; i++)
		mem_free((char *)lines->parts[i].name);
}

/* What the caller sends and the host: all of it is signed. */
static void
lines_own(struct lines *lines, const struct s3 *s3, const struct s3_call *call)
{
	lines_add(lines, "host", s3->host);
	for (size_t i = 0; i < ELEMENTS(call->headers) && call->headers[i] != NULL; i++)
		lines->texts[lines->count++] = text_copy(call->headers[i]);
	for (size_t i = 0; i < lines->count; i++) {
		const char *line = lines->texts[i], *colon = strstr(line, ": ");

		lines->parts[i] =
			(struct sigv4_header){ .name = text_copy_n(line, (size_t)(colon - line)),
					       .value = colon + 2 };
	}
	lines->signed_count = lines->count;
}

static char *
path_of(const struct s3 *s3, const struct s3_call *call)
{
	if (call->key == NULL)
		return text_format("%s%s", s3->path, s3->path[0] == '\0' ? "/" : "");
	return text_format("%s/%s%s", s3->path, s3->prefix, call->key);
}

static struct reply
try_once(struct s3_session *session, const struct s3_call *call)
{
	struct s3 *s3 = session->s3;
	CLEANUP(text_freep) char *path = path_of(s3, call);
	CLEANUP(text_freep)
	char *url = text_format("%s%s%s%s", s3->base, path, call->query != NULL ? "?" : "",
				call->query != NULL ? call->query : "");
	struct lines lines = { .count = 0 };
	const struct sigv4_signer signer = { s3->key,	 s3->secret, s3->token,
					     s3->region, "s3",	     SIGV4_S3 };
	struct sigv4_message message = { .method = call->method,
					 .path = path,
					 .query = call->query,
					 .headers = lines.parts,
					 .body = call->body,
					 .body_length = call->length };
	struct http_order order = { .method = call->method,
				    .url = url,
				    .headers = (const char *const *)lines.texts,
				    .body = call->body,
				    .body_length = call->length,
				    .within = s3->within,
				    .answer_limit = call->answer_limit,
				    .reach = HTTP_REACH_ANY };
	struct sigv4_signature signature;
	struct reply reply;

	lines_own(&lines, s3, call);
	message.header_count = lines.signed_count;
	sigv4_sign(&signer, &message,
		   instant_add(sys_now(), DURATION_MS(atomic_load(&s3->skew_ms))), &signature);
	lines_add(&lines, "x-amz-date", signature.time);
	lines_add(&lines, "x-amz-content-sha256", signature.payload);
	if (s3->token != NULL)
		lines_add(&lines, "x-amz-security-token", s3->token);
	lines_add(&lines, "authorization", signature.authorization);
	order.header_count = lines.count;
	reply = exchange_ask(session->exchange, &order, &session->job->cancelled);
	sigv4_signature_deinit(&signature);
	lines_deinit(&lines);
	return reply;
}

/* ---- what came of it ---- */

/* The server's time, to the second; of a server that calls ours wrong, it is signed with. */
static void
see_time(struct s3 *s3, const struct http_result *http)
{
	const char *date = http_result_header(http, "date");
	struct instant t;

	if (date == NULL || !http_date_parse(date, &t))
		return;
	atomic_store(&s3->seen_ms, instant_since(t, sys_now()).ms);
	atomic_store(&s3->seen, true);
}

static bool
learn_skew(struct s3 *s3, const struct s3_answer *answer)
{
	if (strcmp(answer->error.code, "RequestTimeTooSkewed") != 0 || !atomic_load(&s3->seen))
		return false;
	atomic_store(&s3->skew_ms, atomic_load(&s3->seen_ms));
	return true;
}

static bool
is_worth_another(struct s3 *s3, const struct s3_answer *answer)
{
	static const char *const codes[] = { "SlowDown",	   "InternalError",
					     "ServiceUnavailable", "RequestTimeout",
					     "OperationAborted",   "ConditionalRequestConflict" };

	if (!answer->came || answer->status == 429 || answer->status == 408 ||
	    answer->status >= 500)
		return true;
	for (size_t i = 0; i < ELEMENTS(codes); i++)
		if (strcmp(answer->error.code, codes[i]) == 0)
			return true;
	return learn_skew(s3, answer);
}

/* Put the reply into the answer; true when it is fine. */
static bool
take_reply(struct s3_answer *answer, const struct s3_call *call, struct reply *reply)
{
	http_result_free(TAKE(answer->http));
	answer->came = reply->result == REPLY_DONE;
	answer->error = (struct s3_error){ .code = "" };
	if (!answer->came) {
		answer->unsure = answer->unsure || reply->result == REPLY_UNKNOWN;
		(void)text_put(answer->why, sizeof answer->why, reply->reason);
		return false;
	}
	answer->http = reply->as.http;
	answer->status = answer->http->status;
	if ((answer->status >= 300 || call->answers_late) &&
	    !s3_error_parse(answer->http->body, answer->http->body_length, &answer->error))
		answer->error.code[0] = '\0';
	if (answer->status < 300 && answer->error.code[0] == '\0' &&
	    (!call->answers_late || answer->http->body_length > 0))
		return true;
	answer->unsure = answer->unsure || answer->status >= 500 || answer->status < 300;
	(void)snprintf(answer->why, sizeof answer->why,
		       "the object store answered %d%s%.64s%s%.120s", answer->status,
		       answer->error.code[0] != '\0' ? " " : "", answer->error.code,
		       answer->error.message[0] != '\0' ? ": " : "", answer->error.message);
	return false;
}

/* Grows twofold; somewhere between half of it and all, so that many do not come together. */
static struct duration
wait_before(const struct s3 *s3, const struct s3_answer *answer, unsigned tried)
{
	int64_t most = s3->wait.ms << (tried < 10 ? tried : 10);
	struct duration told = { 0 };
	uint16_t chance;

	if (most > WAIT_MOST)
		most = WAIT_MOST;
	sys_chance()->fill(sys_chance(), &chance, sizeof chance);
	most = most / 2 + most * chance / 131072;
	if (answer->came)
		told = http_result_retry_after(answer->http, sys_now());
	if (told.ms > WAIT_MOST)
		told.ms = WAIT_MOST;
	return DURATION_MS(told.ms > most ? told.ms : most);
}

bool
s3_ask(struct s3_session *session, const struct s3_call *call, struct s3_answer *ret_answer)
{
	struct s3 *s3 = session->s3;

	*ret_answer = (struct s3_answer){ .came = false };
	for (unsigned tried = 0;; tried++) {
		struct reply reply = try_once(session, call);

		if (reply.result == REPLY_DONE)
			see_time(s3, reply.as.http);
		if (take_reply(ret_answer, call, &reply))
			return true;
		if (tried + 1 >= s3->tries || !is_worth_another(s3, ret_answer))
			return false;
		if (!job_wait(session->job, wait_before(s3, ret_answer, tried)))
			return false;
	}
}

struct s3_session
s3_session_of(struct desk_store *store, struct job *job)
{
	struct s3 *s3 = CONTAINER_OF(store, struct s3, store);
	const struct fetch_options fetch = { .user_agent = s3->user_agent, .ca_file = s3->ca_file };

	return (struct s3_session){ s3, job, exchange_new(&fetch) };
}

void
s3_session_deinit(struct s3_session *session)
{
	exchange_free(session->exchange);
}

void
s3_abort(struct s3_session *session, const char *key, const char *query)
{
	const struct s3_call call = {
		.method = "DELETE", .key = key, .query = query, .answer_limit = OBJECT_ANSWER_LIMIT
	};
	struct s3_answer answer;

	(void)!s3_ask(session, &call, &answer); /* what stays is swept another time */
	s3_answer_deinit(&answer);
}
