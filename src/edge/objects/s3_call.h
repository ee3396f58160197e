/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_S3_CALL_H
#define ROOST_S3_CALL_H

/* One call to S3: signed, tried again as often as it makes sense, its error read. */

#define S3_ETAG_SIZE 80

#include "objects/objects_s3.h"
#include "port/http.h"
#include "wire/s3.h"

/* A store's settings, and what it learned. */
struct s3 {
	struct desk_store store;
	char *base, *host, *path;	/* "https://host", "host", "/bucket" or "" */
	char *region, *prefix, *key, *secret, *token;
	char *user_agent, *ca_file;
	struct duration within, wait;
	unsigned tries;
	_Atomic int64_t skew_ms;	/* what is signed is ahead of our clock by so much */
	_Atomic int64_t seen_ms;	/* the server's clock is, as it says */
	atomic_bool seen;
};

struct s3_session {
	struct s3 *s3;
	struct job *job;
	struct exchange *exchange;
};

struct s3_call {
	const char *method;
	const char *key;		/* NULL: the bucket */
	const char *query;		/* encoded; or NULL */
	const char *headers[3];		/* "name: value", names in lower case, NULL-ended */
	const void *body;
	size_t length;
	size_t answer_limit;
	bool answers_late;		/* 200 may hold an <Error> */
};

struct s3_answer {
	bool came;			/* false: `why` says why there is none */
	bool unsure;			/* an earlier try, or this one, may have been carried out */
	int status;
	struct s3_error error;
	struct http_result *http;
	char why[REASON_LIMIT + 1];	/* also for an answer that is an error */
};

void s3_answer_deinit(struct s3_answer *answer);

/* Fine (true), or an answer that says no, or none. */
bool s3_ask(struct s3_session *session, const struct s3_call *call, struct s3_answer *ret_answer)
	must_check;

/* The answer's ETag without quotes, or "". */
void s3_etag(const struct http_result *http, char ret_etag[static S3_ETAG_SIZE]);

struct s3_session s3_session_of(struct desk_store *store, struct job *job);
void s3_session_deinit(struct s3_session *session);

/* Abort an upload: `query` names it. What stays all the same is swept another time. */
void s3_abort(struct s3_session *session, const char *key, const char *query);

/* Of struct desk_store. */
void s3_put(struct desk_store *store, struct job *job);
void s3_list(struct desk_store *store, struct job *job);
void s3_sweep(struct desk_store *store, struct job *job);

#endif
