/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange after the other until no redirect is left, and a sink that counts, hashes and
 * writes. What makes it hard is that nobody elsewhere is believed: not the length, not the
 * way to go, not the bytes.
 */

#include "install/download.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "fetch/exchange.h"
#include "model/mirror.h"
#include "sys/files.h"

#define REDIRECTS   5
#define SILENCE_S   60
#define JSON_DEPTH  64
#define ANSWER_KEPT 1024 /* bytes of an answer that is none */
#define CHUNK	    131072
#define DIGEST_SIZE (2 * EVP_MAX_MD_SIZE + 1)

struct downloader {
	struct exchange *exchange;
	char **mirrors;
};

struct downloader *
downloader_new(const struct downloader_options *options)
{
	struct downloader *downloader = mem_new(sizeof *downloader);

	downloader->exchange = exchange_new(&options->fetch);
	downloader->mirrors = texts_copy(options->mirrors);
	return downloader;
}

void
downloader_free(struct downloader *downloader)
{
	if (downloader == NULL)
		return;
	exchange_free(downloader->exchange);
	texts_free(downloader->mirrors);
	mem_free(downloader);
}

/* ---- where ---- */

/* A way elsewhere, seen from `url`; NULL: it is none. */
static char *
redirect_of(const char *url, const struct http_result *result)
{
	const char *location = http_result_header(result, "location");
	CURLU *parts = curl_url();
	char *whole = NULL, *copy = NULL;

	ASSERT(parts != NULL);
	if (location != NULL && strlen(location) < FETCH_URL_LIMIT &&
	    curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_set(parts, CURLUPART_URL, location, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_URL, &whole, 0) == CURLUE_OK)
		copy = text_copy(whole);
	curl_free(whole);
	curl_url_cleanup(parts);
	return copy;
}

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* ---- what comes ---- */

struct sink {
	struct exchange_sink sink;
	const struct download *download;
	EVP_MD_CTX *digest; /* NULL: there is nothing to compare with */
	int fd;		    /* -1: into memory */
	struct buf memory;
	uint64_t length;
};

static int refuse(struct sink *sink, int error, const char *format, ...) printf_like(3, 4);

static int
refuse(struct sink *sink, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sink->sink.why, sizeof sink->sink.why, format, args);
	va_end(args);
	return error;
}

static int
write_all(struct sink *sink, const unsigned char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(sink->fd, bytes, length);

		if (wrote < 0 && errno != EINTR)
			return refuse(sink, -errno, "it cannot be written: %s", strerror(errno));
		if (wrote > 0) {
			bytes += wrote;
			length -= (size_t)wrote;
		}
	}
	return 0;
}

static int
on_bytes(struct exchange_sink *base, const void *bytes, size_t length)
{
	struct sink *sink = CONTAINER_OF(base, struct sink, sink);

	sink->length += length;
	if (sink->length > sink->download->most || base->expected > sink->download->most)
		return refuse(sink, -EFBIG,
			      "it is larger than %llu bytes, which is the most that "
			      "is taken",
			      (unsigned long long)sink->download->most);
	if (sink->download->bytes != NULL)
		atomic_store(sink->download->bytes, sink->length);
	if (sink->download->bytes_expected != NULL)
		atomic_store(sink->download->bytes_expected, base->expected);
	if (sink->digest != NULL)
		ASSERT(EVP_DigestUpdate(sink->digest, bytes, length) == 1);
	if (sink->fd >= 0)
		return write_all(sink, bytes, length);
	buf_put(&sink->memory, bytes, length);
	return 0;
}

static const EVP_MD *
kind(const struct download *download, const char **ret_wanted, const char **ret_name)
{
	*ret_wanted = download->sha512;
	*ret_name = "SHA-512";
	if (*ret_wanted != NULL)
		return EVP_sha512();
	*ret_wanted = download->sha256;
	*ret_name = "SHA-256";
	if (*ret_wanted != NULL)
		return EVP_sha256();
	*ret_wanted = download->sha1;
	*ret_name = "SHA-1";
	return *ret_wanted != NULL ? EVP_sha1() : NULL;
}

/* Nothing of an attempt before counts. */
static int
begin(struct sink *sink)
{
	const char *wanted, *name;
	const EVP_MD *md = kind(sink->download, &wanted, &name);

	sink->length = 0;
	buf_clear(&sink->memory);
	if (md != NULL && sink->digest == NULL)
		sink->digest = EVP_MD_CTX_new();
	if (md != NULL)
		ASSERT(sink->digest != NULL && EVP_DigestInit_ex(sink->digest, md, NULL) == 1);
	if (sink->fd >= 0 && (ftruncate(sink->fd, 0) < 0 || lseek(sink->fd, 0, SEEK_SET) < 0))
		return -errno;
	return 0;
}

static void
digest_end(EVP_MD_CTX *digest, char text[static DIGEST_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	ASSERT(EVP_DigestFinal_ex(digest, bytes, &length) == 1);
	for (unsigned i = 0; i < length; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * length] = '\0';
}

static int
compare(struct sink *sink, const char *url, char ret_why[static REASON_LIMIT + 1])
{
	const char *wanted, *name;
	char text[DIGEST_SIZE];

	if (kind(sink->download, &wanted, &name) == NULL)
		return 0;
	digest_end(sink->digest, text);
	if (strcasecmp(text, wanted) == 0)
		return 0;
	(void)snprintf(
		ret_why, REASON_LIMIT + 1,
		"%.120s is not what it should be: its %s is %.12s… and not %.12s…; it was thrown "
		"away",
		url, name, text, wanted);
	return -EBADMSG;
}

bool
download_fits(const char *sha1, const char *sha256, const char *sha512, int fd)
{
	const struct download download = { .sha1 = sha1, .sha256 = sha256, .sha512 = sha512 };
	CLEANUP(text_freep) char *chunk = mem_new(CHUNK);
	char text[DIGEST_SIZE] = "";
	const char *wanted, *name;
	const EVP_MD *md = kind(&download, &wanted, &name);
	EVP_MD_CTX *digest;
	ssize_t got;

	if (md == NULL)
		return false;
	digest = EVP_MD_CTX_new();
	ASSERT(digest != NULL && EVP_DigestInit_ex(digest, md, NULL) == 1);
	while ((got = read(fd, chunk, CHUNK)) > 0)
		ASSERT(EVP_DigestUpdate(digest, chunk, (size_t)got) == 1);
	digest_end(digest, text);
	EVP_MD_CTX_free(digest);
	return got == 0 && strcasecmp(text, wanted) == 0;
}

/* ---- asking ---- */

static struct reply
ask(struct downloader *downloader, struct sink *sink, const char *url)
{
	static const char *const headers[] = { "Accept: */*" };
	CLEANUP(text_freep) char *mirror = mirror_of(downloader->mirrors, url);
	const struct http_order order = { .method = "GET",
					  .url = mirror != NULL ? mirror : url,
					  .headers = headers,
					  .header_count = ELEMENTS(headers),
					  .within = DURATION_S(SILENCE_S),
					  .answer_limit = ANSWER_KEPT,
					  .reach = mirror != NULL ? HTTP_REACH_ANY
								  : HTTP_REACH_PUBLIC };
	struct reply refused = { .result = REPLY_REFUSED };
	int r = begin(sink);

	if (r < 0) {
		(void)snprintf(refused.reason, sizeof refused.reason, "it cannot be written: %s",
			       strerror(-r));
		return refused;
	}
	if (mirror == NULL && !text_starts_with(url, "https://")) {
		(void)snprintf(refused.reason, sizeof refused.reason,
			       "%.120s does not begin with https://", url);
		return refused;
	}
	return exchange_take(downloader->exchange, &order, &sink->sink, sink->download->cancelled);
}

static void
explain_status(int status, const char *url, char ret_why[static REASON_LIMIT + 1])
{
	const char *hint = status == 404 || status == 410   ? ": it is not there"
			   : status == 403 || status == 401 ? ": it is not given to roost"
			   : status == 429		    ? ": it was asked too often; try later"
			   : status >= 500		    ? ": the trouble is theirs; try later"
							    : "";

	(void)snprintf(ret_why, REASON_LIMIT + 1, "%.150s answers with status %d%s", url, status,
		       hint);
}

static int
take(struct downloader *downloader, struct sink *sink, char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(text_freep) char *url = text_copy(sink->download->url);

	for (unsigned i = 0; i <= REDIRECTS; i++) {
		struct reply reply = ask(downloader, sink, url);
		char *next = NULL;
		int status = 0;

		if (reply.result != REPLY_DONE) {
			(void)text_put(ret_why, REASON_LIMIT + 1,
				       atomic_load(sink->download->cancelled) ? "it was given up"
									      : reply.reason);
			reply_deinit(&reply);
			return atomic_load(sink->download->cancelled) ? -ECANCELED : -EIO;
		}
		status = reply.as.http->status;
		if (is_redirect(status))
			next = redirect_of(url, reply.as.http);
		reply_deinit(&reply);
		if (status == 200)
			return compare(sink, url, ret_why);
		if (next == NULL) {
			explain_status(status, url, ret_why);
			return -EIO;
		}
		mem_free(url);
		url = next;
	}
	(void)snprintf(ret_why, REASON_LIMIT + 1, "%.150s leads on and on", sink->download->url);
	return -ELOOP;
}

static void
sink_init(struct sink *sink, const struct download *download, int fd)
{
	*sink = (struct sink){ .sink = { .take = on_bytes }, .download = download, .fd = fd };
	if (download->bytes != NULL)
		atomic_store(download->bytes, 0);
	if (download->bytes_expected != NULL)
		atomic_store(download->bytes_expected, 0);
}

static void
sink_deinit(struct sink *sink)
{
	EVP_MD_CTX_free(sink->digest);
	buf_deinit(&sink->memory);
}

int
download_file(struct downloader *downloader, const struct download *download, int fd,
	      char ret_why[static REASON_LIMIT + 1])
{
	struct sink sink;
	int r;

	sink_init(&sink, download, fd);
	r = take(downloader, &sink, ret_why);
	sink_deinit(&sink);
	return r;
}

json_t *
download_json(struct downloader *downloader, const struct download *download,
	      char ret_why[static REASON_LIMIT + 1])
{
	struct download bounded = *download;
	struct sink sink;
	json_error_t error;
	json_t *document = NULL;

	if (bounded.most == 0 || bounded.most > DOWNLOAD_JSON_LIMIT)
		bounded.most = DOWNLOAD_JSON_LIMIT;
	sink_init(&sink, &bounded, -1);
	if (take(downloader, &sink, ret_why) == 0) {
		document = json_loadb((const char *)sink.memory.data, sink.memory.length,
				      JSON_REJECT_DUPLICATES, &error);
		if (document == NULL || json_is_deeper(document, JSON_DEPTH)) {
			(void)snprintf(ret_why, REASON_LIMIT + 1,
				       "what %.150s answers is not the JSON that was expected",
				       download->url);
			json_freep(&document);
		}
	}
	sink_deinit(&sink);
	return document;
}
