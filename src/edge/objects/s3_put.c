/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A put: whole, or in parts. The hard part is its end: a lost answer to the last call leaves
 * it open whether the object is there, and its ETag tells.
 */

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/base64.h"
#include "objects/s3_call.h"
#include "wire/sigv4/canonical.h"

#define PART_UNKNOWN 16777216 /* bytes of a part when the whole is not known: 150 GB */

/* ---- digests ---- */

static void
md5(const void *bytes, size_t length, unsigned char ret_hash[static 16])
{
	ASSERT(EVP_Digest(length > 0 ? bytes : "", length, ret_hash, NULL, EVP_md5(), NULL) == 1);
}

static void
md5_text(const unsigned char hash[static 16], char ret_text[static 33])
{
	for (size_t i = 0; i < 16; i++)
		(void)snprintf(ret_text + 2 * i, 3, "%02x", hash[i]);
}

/* An ETag that is not of this form (encrypted by another key) says nothing. */
static bool
contradicts(const char *etag, const char *wanted)
{
	size_t hex = strspn(etag, "0123456789abcdef");

	return strlen(etag) == strlen(wanted) && hex == 32 && strcmp(etag, wanted) != 0;
}

static bool
is_encrypted_elsewhere(const struct http_result *http)
{
	const char *how = http_result_header(http, "x-amz-server-side-encryption");

	return (how != NULL && strcmp(how, "AES256") != 0) ||
	       http_result_header(http, "x-amz-server-side-encryption-customer-algorithm") != NULL;
}

/* ---- one put ---- */

struct upload {
	struct s3_session session;
	struct job *job;
	unsigned char *part;
	size_t room, length; /* of the part */
	bool ended;	     /* the source */
	uint64_t size;
	unsigned count; /* of parts */
	char id[S3_TEXT_LIMIT + 1];
	struct buf etags;  /* the parts of the last document */
	struct buf hashes; /* MD5 after MD5 */
};

static size_t
part_size(uint64_t expected)
{
	uint64_t size = expected / (OBJECT_PARTS_LIMIT - 1000) + 1;

	if (expected == 0)
		return PART_UNKNOWN;
	if (size <= OBJECT_PART_LEAST)
		return OBJECT_PART_LEAST;
	size = (size + 1048575) / 1048576 * 1048576;
	return size < OBJECT_PART_MOST ? (size_t)size : OBJECT_PART_MOST;
}

/* Fill the part; false when the source failed, and that is said. */
static bool
fill(struct upload *u)
{
	ptrdiff_t got = 1;

	u->length = 0;
	while (u->length < u->room &&
	       (got = job_read(u->job, u->part + u->length, u->room - u->length)) > 0)
		u->length += (size_t)got;
	u->ended = got == 0;
	u->size += u->length;
	if (got < 0)
		job_refuse(u->job, "%s", u->job->source->why);
	return got >= 0;
}

enum ours { OURS_YES, OURS_NO, OURS_NONE, OURS_UNKNOWN };

/* Is what stands under the key what we put? */
static enum ours
is_ours(struct upload *u, const char *etag)
{
	const struct s3_call call = { .method = "HEAD", .key = u->job->key };
	struct s3_answer answer;
	char found[S3_ETAG_SIZE];
	enum ours ours = OURS_UNKNOWN;

	if (s3_ask(&u->session, &call, &answer)) {
		s3_etag(answer.http, found);
		if (strcmp(found, etag) == 0)
			ours = OURS_YES;
		else if (strspn(found, "0123456789abcdef") == 32 &&
			 !is_encrypted_elsewhere(answer.http))
			ours = OURS_NO;
	} else if (answer.came && answer.status == 404) {
		ours = OURS_NONE;
	}
	s3_answer_deinit(&answer);
	return ours;
}

/*
 * The last call of a put was answered with no, or not: what does that mean? Also "there is
 * one already" and "no such upload" may be the answers to a second asking: libcurl asks
 * again by itself when a kept connection was closed.
 */
static void
settle(struct upload *u, const struct s3_answer *answer, const char *etag)
{
	bool is_taken = u->job->only_new && answer->came && answer->status == 412;
	bool is_gone = answer->came && strcmp(answer->error.code, "NoSuchUpload") == 0;
	enum ours ours = OURS_NO;

	if (answer->unsure || is_taken || is_gone)
		ours = is_ours(u, etag);
	if (ours == OURS_YES)
		job_done(u->job, OBJECT_IS_DONE)->size = u->size;
	else if (is_taken && ours != OURS_UNKNOWN)
		(void)job_done(u->job, OBJECT_IS_TAKEN);
	else if (ours == OURS_UNKNOWN)
		job_unknown(u->job, "whether '%.80s' is in the object store is not known: %s",
			    u->job->key, answer->why);
	else
		job_refuse(u->job, "%s", answer->why);
}

static void
put_whole(struct upload *u)
{
	unsigned char hash[16];
	char wanted[33], etag[S3_ETAG_SIZE];
	CLEANUP(buf_deinit) struct buf header = BUF_NULL;
	struct s3_call call = { .method = "PUT",
				.key = u->job->key,
				.body = u->part,
				.length = u->length,
				.answer_limit = OBJECT_ANSWER_LIMIT };
	struct s3_answer answer;

	md5(u->part, u->length, hash);
	md5_text(hash, wanted);
	buf_put_text(&header, "content-md5: ");
	base64_put(&header, hash, sizeof hash);
	call.headers[0] = buf_text(&header);
	call.headers[1] = u->job->only_new ? "if-none-match: *" : NULL;
	if (!s3_ask(&u->session, &call, &answer)) {
		settle(u, &answer, wanted);
	} else {
		s3_etag(answer.http, etag);
		if (contradicts(etag, wanted) && !is_encrypted_elsewhere(answer.http))
			job_refuse(u->job,
				   "what the object store kept of '%.120s' is not what "
				   "was sent (its ETag differs)",
				   u->job->key);
		else
			job_done(u->job, OBJECT_IS_DONE)->size = u->size;
	}
	s3_answer_deinit(&answer);
}

/* ---- in parts ---- */

static char *
upload_query(const struct upload *u, const char *format_before)
{
	CLEANUP(buf_deinit) struct buf query = BUF_NULL;

	buf_put_text(&query, format_before);
	buf_put_text(&query, "uploadId=");
	sigv4_encode(&query, u->id, strlen(u->id), false);
	return buf_take_text(&query);
}

static bool
parts_begin(struct upload *u)
{
	const struct s3_call call = { .method = "POST",
				      .key = u->job->key,
				      .query = "uploads=",
				      .answer_limit = OBJECT_ANSWER_LIMIT };
	struct s3_answer answer;
	bool fine = s3_ask(&u->session, &call, &answer);

	if (fine)
		fine = s3_upload_id_parse(answer.http->body, answer.http->body_length, u->id);
	if (!fine)
		job_refuse(u->job, "%s",
			   answer.why[0] != '\0' ? answer.why
						 : "the object store's answer to the "
						   "beginning of an upload has no id");
	s3_answer_deinit(&answer);
	return fine;
}

static bool
part_put(struct upload *u)
{
	unsigned char hash[16];
	char wanted[33], etag[S3_ETAG_SIZE], number[40];
	CLEANUP(text_freep) char *query = NULL;
	CLEANUP(buf_deinit) struct buf header = BUF_NULL;
	struct s3_call call = { .method = "PUT",
				.key = u->job->key,
				.body = u->part,
				.length = u->length,
				.answer_limit = OBJECT_ANSWER_LIMIT };
	struct s3_answer answer;
	bool fine;

	if (u->count == OBJECT_PARTS_LIMIT) {
		job_refuse(u->job, "it is larger than %llu bytes, which is more than was expected",
			   (unsigned long long)u->room * OBJECT_PARTS_LIMIT);
		return false;
	}
	(void)snprintf(number, sizeof number, "partNumber=%u&", ++u->count);
	call.query = query = upload_query(u, number);
	md5(u->part, u->length, hash);
	md5_text(hash, wanted);
	buf_put_text(&header, "content-md5: ");
	base64_put(&header, hash, sizeof hash);
	call.headers[0] = buf_text(&header);
	fine = s3_ask(&u->session, &call, &answer);
	if (fine) {
		s3_etag(answer.http, etag);
		fine = etag[0] != '\0' && strpbrk(etag, "<>&") == NULL &&
		       (!contradicts(etag, wanted) || is_encrypted_elsewhere(answer.http));
		buf_format(&u->etags, "<Part><PartNumber>%u</PartNumber><ETag>\"%s\"</ETag></Part>",
			   u->count, etag);
		buf_put(&u->hashes, hash, sizeof hash);
	}
	if (!fine)
		job_refuse(u->job, "%s",
			   answer.why[0] != '\0' ? answer.why
						 : "what the object store kept of a part is not "
						   "what was sent (its ETag differs)");
	s3_answer_deinit(&answer);
	return fine;
}

/* "MD5 of the MD5s"-"how many": what AWS and most others make of an object in parts. */
static void
whole_etag(const struct upload *u, char ret_etag[static S3_ETAG_SIZE])
{
	unsigned char hash[16];
	char text[33];

	md5(u->hashes.data, u->hashes.length, hash);
	md5_text(hash, text);
	(void)snprintf(ret_etag, S3_ETAG_SIZE, "%s-%u", text, u->count);
}

static void
parts_complete(struct upload *u)
{
	CLEANUP(text_freep) char *query = upload_query(u, "");
	CLEANUP(buf_deinit) struct buf document = BUF_NULL;
	struct s3_call call = { .method = "POST",
				.key = u->job->key,
				.query = query,
				.headers = { u->job->only_new ? "if-none-match: *" : NULL },
				.answer_limit = OBJECT_ANSWER_LIMIT,
				.answers_late = true };
	struct s3_answer answer;
	char wanted[S3_ETAG_SIZE];

	buf_format(&document, "<CompleteMultipartUpload>%s</CompleteMultipartUpload>",
		   buf_text(&u->etags));
	call.body = document.data;
	call.length = document.length;
	whole_etag(u, wanted);
	if (s3_ask(&u->session, &call, &answer))
		job_done(u->job, OBJECT_IS_DONE)->size = u->size;
	else
		settle(u, &answer, wanted);
	s3_answer_deinit(&answer);
}

static void
put_in_parts(struct upload *u)
{
	CLEANUP(text_freep) char *query = NULL;
	bool fine = parts_begin(u);

	if (!fine)
		return;
	while (fine && u->length > 0)
		fine = part_put(u) && (u->ended ? (u->length = 0, true) : fill(u));
	if (fine)
		parts_complete(u);
	if (u->job->reply.result == REPLY_REFUSED || u->job->reply.holds == REPLY_NOTHING ||
	    u->job->reply.as.object->is == OBJECT_IS_TAKEN) {
		bool was_cancelled = atomic_exchange(&u->job->cancelled, false);

		query = upload_query(u, "");
		s3_abort(&u->session, u->job->key, query);
		atomic_store(&u->job->cancelled, was_cancelled);
	}
}

/*
 * Not every server that speaks S3 knows If-None-Match; this one is asked before, so that with
 * one writer nothing is replaced there either. False: it is taken, or not to be told.
 */
static bool
may_be_new(struct upload *u)
{
	const struct s3_call call = { .method = "HEAD", .key = u->job->key };
	struct s3_answer answer;
	bool is_there = s3_ask(&u->session, &call, &answer);

	if (is_there)
		(void)job_done(u->job, OBJECT_IS_TAKEN);
	else if (!answer.came || answer.status != 404)
		job_refuse(u->job, "%s", answer.why);
	is_there = is_there || !answer.came || answer.status != 404;
	s3_answer_deinit(&answer);
	return !is_there;
}

void
s3_put(struct desk_store *store, struct job *job)
{
	struct upload *u = mem_new(sizeof *u);

	u->session = s3_session_of(store, job);
	u->job = job;
	u->room = part_size(job->expected);
	u->part = mem_new(u->room);
	if ((!job->only_new || may_be_new(u)) && fill(u)) {
		if (u->ended)
			put_whole(u);
		else
			put_in_parts(u);
	}
	s3_session_deinit(&u->session);
	buf_deinit(&u->etags);
	buf_deinit(&u->hashes);
	mem_free(u->part);
	mem_free(u);
}
