/* SPDX-License-Identifier: Apache-2.0 */
/* Objects in a bucket: reading and removing them, and the store itself. */

#include "objects/objects_s3.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fetch/exchange.h"
#include "objects/s3_call.h"

/* ---- get: pieces of bounded size, each tried again by itself ---- */

struct pieces {
	struct object_source source;
	struct s3_session *session;
	char match[S3_ETAG_SIZE + 16]; /* all of them are of one object */
	uint64_t offset, left;
	struct http_result *piece;
	size_t at;
};

static ptrdiff_t
next_piece(struct pieces *p)
{
	uint64_t wish = p->left < OBJECT_PART_LEAST ? p->left : OBJECT_PART_LEAST;
	CLEANUP(text_freep)
	char *range = text_format("range: bytes=%llu-%llu", (unsigned long long)p->offset,
				  (unsigned long long)(p->offset + wish - 1));
	const struct s3_call call = { .method = "GET",
				      .key = p->session->job->key,
				      .headers = { range, p->match[0] != '\0' ? p->match : NULL },
				      .answer_limit = (size_t)wish };
	struct s3_answer answer;
	ptrdiff_t r = -EIO;

	http_result_free(TAKE(p->piece));
	p->at = 0;
	if (s3_ask(p->session, &call, &answer)) {
		if (answer.http->body_length == wish &&
		    (answer.status == 206 || (p->offset == 0 && answer.status == 200))) {
			p->piece = TAKE(answer.http);
			r = 0;
		} else {
			(void)text_put(
				answer.why, sizeof answer.why,
				"the object store answered with another piece than was asked");
		}
	}
	if (r < 0)
		(void)text_put(p->source.why, sizeof p->source.why, answer.why);
	s3_answer_deinit(&answer);
	return r;
}

static ptrdiff_t
pieces_read(struct object_source *source, void *bytes, size_t size)
{
	struct pieces *p = CONTAINER_OF(source, struct pieces, source);
	size_t length;
	ptrdiff_t r;

	if (p->left == 0)
		return 0;
	if (p->piece == NULL || p->at == p->piece->body_length) {
		r = next_piece(p);
		if (r < 0)
			return r;
	}
	length = p->piece->body_length - p->at;
	if (length > size)
		length = size;
	memcpy(bytes, p->piece->body + p->at, length);
	p->at += length;
	p->offset += length;
	p->left -= length;
	return (ptrdiff_t)length;
}

static struct instant
modified_of(const struct http_result *http)
{
	const char *text = http_result_header(http, "last-modified");
	struct instant t;

	return text != NULL && http_date_parse(text, &t) ? t : NEVER;
}

/* Ask for the object's head; false when that is the end of it, and said. */
static bool
look(struct s3_session *session, uint64_t *ret_size, struct s3_answer *ret_answer)
{
	const struct s3_call call = { .method = "HEAD", .key = session->job->key };
	unsigned long long size;
	const char *length;

	if (!s3_ask(session, &call, ret_answer)) {
		if (ret_answer->came && ret_answer->status == 404)
			(void)job_done(session->job, OBJECT_IS_NONE);
		else
			job_refuse(session->job, "%s", ret_answer->why);
		return false;
	}
	length = http_result_header(ret_answer->http, "content-length");
	if (length == NULL || sscanf(length, "%20llu", &size) != 1) {
		job_refuse(session->job, "the object store did not tell how large '%.150s' is",
			   session->job->key);
		return false;
	}
	*ret_size = size;
	return true;
}

static void
s3_head(struct desk_store *store, struct job *job)
{
	struct s3_session session = s3_session_of(store, job);
	struct s3_answer answer;
	uint64_t size;

	if (look(&session, &size, &answer)) {
		struct object_answer *done = job_done(job, OBJECT_IS_DONE);

		done->size = size;
		done->modified = modified_of(answer.http);
	}
	s3_answer_deinit(&answer);
	s3_session_deinit(&session);
}

static void
s3_get(struct desk_store *store, struct job *job)
{
	struct s3_session session = s3_session_of(store, job);
	struct pieces p = { .source = { .read = pieces_read }, .session = &session };
	struct s3_answer answer;
	char etag[S3_ETAG_SIZE];
	uint64_t size;

	if (look(&session, &size, &answer)) {
		s3_etag(answer.http, etag);
		if (etag[0] != '\0')
			(void)snprintf(p.match, sizeof p.match, "if-match: \"%s\"", etag);
		p.offset = job->offset;
		p.left = job->offset <= size ? size - job->offset : 0;
		if (job->length > 0 && job->length < p.left)
			p.left = job->length;
		if (job->offset > size)
			job_refuse(job, "'%.150s' ends before byte %llu", job->key,
				   (unsigned long long)job->offset);
		else
			job_take(job, &p.source);
	}
	http_result_free(p.piece);
	s3_answer_deinit(&answer);
	s3_session_deinit(&session);
}

static void
s3_remove(struct desk_store *store, struct job *job)
{
	struct s3_session session = s3_session_of(store, job);
	const struct s3_call call = { .method = "DELETE",
				      .key = job->key,
				      .answer_limit = OBJECT_ANSWER_LIMIT };
	struct s3_answer answer;

	if (s3_ask(&session, &call, &answer) || (answer.came && answer.status == 404))
		(void)job_done(job, OBJECT_IS_DONE);
	else if (answer.unsure)
		job_unknown(job, "%s", answer.why);
	else
		job_refuse(job, "%s", answer.why);
	s3_answer_deinit(&answer);
	s3_session_deinit(&session);
}

/* ---- beginning and end ---- */

static void
s3_free(struct desk_store *store)
{
	struct s3 *s3 = CONTAINER_OF(store, struct s3, store);

	explicit_bzero(s3->secret, strlen(s3->secret));
	if (s3->token != NULL)
		explicit_bzero(s3->token, strlen(s3->token));
	mem_free(s3->base);
	mem_free(s3->host);
	mem_free(s3->path);
	mem_free(s3->region);
	mem_free(s3->prefix);
	mem_free(s3->key);
	mem_free(s3->secret);
	mem_free(s3->token);
	mem_free(s3->user_agent);
	mem_free(s3->ca_file);
	mem_free(s3);
	exchange_stop();
}

/* "https://host" and the bucket, in the path or before the host. */
static void
set_address(struct s3 *s3, const struct s3_options *options)
{
	const char *host = strstr(options->endpoint, "://");
	int scheme;

	host = host != NULL ? host + 3 : options->endpoint;
	scheme = (int)(host - options->endpoint);
	s3->host = text_format("%s%s%.*s", options->in_host ? options->bucket : "",
			       options->in_host ? "." : "", (int)strcspn(host, "/"), host);
	s3->base = text_format("%.*s%s", scheme, options->endpoint, s3->host);
	s3->path = options->in_host ? text_copy("") : text_format("/%s", options->bucket);
}

struct objects_port *
objects_s3_new(uv_loop_t *loop, const struct s3_options *options, courier_deliver *deliver,
	       void *argument)
{
	struct s3 *s3 = mem_new(sizeof *s3);

	exchange_start();
	s3->store = (struct desk_store){ .put = s3_put,
					 .get = s3_get,
					 .head = s3_head,
					 .list = s3_list,
					 .remove = s3_remove,
					 .sweep = s3_sweep,
					 .free = s3_free };
	set_address(s3, options);
	s3->region = text_copy(options->region);
	s3->prefix = text_copy(options->prefix != NULL ? options->prefix : "");
	s3->key = text_copy(options->key);
	s3->secret = text_copy(options->secret);
	s3->token = text_copy(options->token);
	s3->user_agent = text_copy(options->fetch.user_agent);
	s3->ca_file = text_copy(options->fetch.ca_file);
	s3->within = options->within.ms > 0 ? options->within : DURATION_S(30);
	s3->wait = options->wait.ms > 0 ? options->wait : DURATION_MS(500);
	s3->tries = options->tries > 0 ? options->tries : 7;
	return desk_port_new(loop, &s3->store, deliver, argument);
}

bool
objects_s3_skew(struct objects_port *port, struct duration *ret_ahead)
{
	struct s3 *s3 = CONTAINER_OF(desk_store(port), struct s3, store);

	*ret_ahead = DURATION_MS(atomic_load(&s3->seen_ms));
	return atomic_load(&s3->seen);
}
