/* SPDX-License-Identifier: Apache-2.0 */
/* The signature itself (a chain of HMACs from the secret to the service), and signing with it. */

#include "wire/sigv4/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "wire/sigv4/canonical.h"

#define OWN_HEADERS 3 /* x-amz-content-sha256, x-amz-date, x-amz-security-token */

static void
hex_text(const unsigned char bytes[static 32], char ret_text[static SIGV4_HASH_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 32; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[64] = '\0';
}

void
sigv4_hash(const void *bytes, size_t length, char ret_text[static SIGV4_HASH_SIZE])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, length > 0 ? bytes : "", length);
	hex_text(hash, ret_text);
}

static void
hmac(const void *key, size_t key_length, const void *bytes, size_t length,
     unsigned char ret_hash[static 32])
{
	crypto_auth_hmacsha256_state state;

	(void)crypto_auth_hmacsha256_init(&state, key, key_length);
	(void)crypto_auth_hmacsha256_update(&state, bytes, length);
	(void)crypto_auth_hmacsha256_final(&state, ret_hash);
	explicit_bzero(&state, sizeof state);
}

static void
hmac_next(unsigned char key[static 32], const void *bytes, size_t length)
{
	unsigned char next[32];

	hmac(key, 32, bytes, length, next);
	memcpy(key, next, sizeof next);
	explicit_bzero(next, sizeof next);
}

void
sigv4_scope_text(struct buf *to, const struct sigv4_scope *scope)
{
	buf_format(to, "%.8s/%s/%s/aws4_request", scope->time, scope->region, scope->service);
}

void
sigv4_text_to_sign(struct buf *to, const struct sigv4_scope *scope, const struct buf *canonical)
{
	char hash[SIGV4_HASH_SIZE];

	sigv4_hash(canonical->data, canonical->length, hash);
	buf_format(to, SIGV4_ALGORITHM "\n%s\n", scope->time);
	sigv4_scope_text(to, scope);
	buf_format(to, "\n%s", hash);
}

void
sigv4_compute(const char *secret, const struct sigv4_scope *scope, const struct buf *canonical,
	      unsigned char ret_signature[static 32])
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	CLEANUP(text_freep) char *first = text_format("AWS4%s", secret);

	sigv4_text_to_sign(&text, scope, canonical);
	hmac(first, strlen(first), scope->time, 8, ret_signature);
	hmac_next(ret_signature, scope->region, strlen(scope->region));
	hmac_next(ret_signature, scope->service, strlen(scope->service));
	hmac_next(ret_signature, "aws4_request", 12);
	hmac_next(ret_signature, text.data, text.length);
	explicit_bzero(first, strlen(first));
}

/* --- signing -------------------------------------------------------------------------------- */

static void
time_text(struct instant at, char ret_text[static SIGV4_TIME_SIZE])
{
	char text[INSTANT_TEXT_SIZE];

	instant_text(at, text);
	(void)snprintf(ret_text, SIGV4_TIME_SIZE, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", text, text + 5,
		       text + 8, text + 11, text + 14, text + 17);
}

static int
compare_headers(const void *a, const void *b)
{
	const struct sigv4_header *p = a, *q = b;

	return strcmp(p->name, q->name);
}

/* The names of these headers, sorted, each once. */
static char *
signed_names(const struct sigv4_message *message)
{
	CLEANUP(buf_deinit) struct buf names = BUF_NULL;
	struct sigv4_header *sorted =
		mem_new_array(message->header_count + 1, sizeof *message->headers);

	for (size_t i = 0; i < message->header_count; i++)
		sorted[i] = message->headers[i];
	qsort(sorted, message->header_count, sizeof *sorted, compare_headers);
	for (size_t i = 0; i < message->header_count; i++) {
		if (i > 0 && strcmp(sorted[i].name, sorted[i - 1].name) == 0)
			continue;
		buf_format(&names, "%s%s", names.length > 0 ? ";" : "", sorted[i].name);
	}
	mem_free(sorted);
	return buf_take_text(&names);
}

static void
sign_text(const struct sigv4_signer *signer, const struct sigv4_message *message,
	  const struct sigv4_view *view, const char *time, char ret_text[static SIGV4_HASH_SIZE])
{
	const struct sigv4_scope scope = { time, signer->region, signer->service };
	CLEANUP(buf_deinit) struct buf canonical = BUF_NULL;
	unsigned char signature[32];

	if (!sigv4_canonical(&canonical, message, view))
		ASSERT(!"a message of our own that cannot be signed");
	sigv4_compute(signer->secret, &scope, &canonical, signature);
	hex_text(signature, ret_text);
}

/* What stands for the body. */
static void
put_payload(const struct sigv4_message *message, char ret_text[static SIGV4_HASH_SIZE])
{
	if (message->payload != NULL)
		ASSERT(text_put(ret_text, SIGV4_HASH_SIZE, message->payload));
	else
		sigv4_hash(message->body, message->body_length, ret_text);
}

void
sigv4_sign(const struct sigv4_signer *signer, const struct sigv4_message *message,
	   struct instant at, struct sigv4_signature *ret_signature)
{
	struct sigv4_message whole = *message;
	struct sigv4_header *headers =
		mem_new_array(message->header_count + OWN_HEADERS, sizeof *headers);
	CLEANUP(text_freep) char *names = NULL;
	CLEANUP(buf_deinit) struct buf scope = BUF_NULL;
	char signature[SIGV4_HASH_SIZE];
	struct sigv4_view view = { .style = signer->style, .payload = ret_signature->payload };

	*ret_signature = (struct sigv4_signature){ .authorization = NULL };
	time_text(at, ret_signature->time);
	put_payload(message, ret_signature->payload);
	for (size_t i = 0; i < message->header_count; i++)
		headers[i] = message->headers[i];
	headers[whole.header_count++] = (struct sigv4_header){ "x-amz-date", ret_signature->time };
	if (signer->style == SIGV4_S3)
		headers[whole.header_count++] =
			(struct sigv4_header){ "x-amz-content-sha256", ret_signature->payload };
	if (signer->token != NULL)
		headers[whole.header_count++] =
			(struct sigv4_header){ "x-amz-security-token", signer->token };
	whole.headers = headers;
	view.signed_headers = names = signed_names(&whole);
	sign_text(signer, &whole, &view, ret_signature->time, signature);
	sigv4_scope_text(&scope, &(struct sigv4_scope){ ret_signature->time, signer->region,
							signer->service });
	ret_signature->authorization =
		text_format(SIGV4_ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
			    signer->key, buf_text(&scope), names, signature);
	mem_free(headers);
}

void
sigv4_signature_deinit(struct sigv4_signature *signature)
{
	mem_free(TAKE(signature->authorization));
}

static void
put_parameter(struct buf *to, const char *name, const char *value)
{
	buf_format(to, "%s%s=", to->length > 0 ? "&" : "", name);
	sigv4_encode(to, value, strlen(value), false);
}

char *
sigv4_presign(const struct sigv4_signer *signer, const struct sigv4_message *message,
	      struct instant at, struct duration lasts)
{
	struct sigv4_message whole = *message;
	CLEANUP(buf_deinit) struct buf credential = BUF_NULL;
	CLEANUP(buf_deinit) struct buf query = BUF_NULL;
	CLEANUP(buf_deinit) struct buf sorted = BUF_NULL;
	CLEANUP(text_freep) char *names = signed_names(message);
	char time[SIGV4_TIME_SIZE], hash[SIGV4_HASH_SIZE], signature[SIGV4_HASH_SIZE], seconds[24];
	struct sigv4_view view = { .style = signer->style,
				   .signed_headers = names,
				   .payload = signer->style == SIGV4_S3 ? SIGV4_UNSIGNED : hash };

	ASSERT(lasts.ms >= 1000 && lasts.ms <= SIGV4_LONGEST.ms);
	time_text(at, time);
	put_payload(message, hash);
	(void)snprintf(seconds, sizeof seconds, "%lld", (long long)(lasts.ms / 1000));
	buf_format(&credential, "%s/", signer->key);
	sigv4_scope_text(&credential,
			 &(struct sigv4_scope){ time, signer->region, signer->service });
	if (message->query != NULL)
		buf_put_text(&query, message->query);
	put_parameter(&query, "X-Amz-Algorithm", SIGV4_ALGORITHM);
	put_parameter(&query, "X-Amz-Credential", buf_text(&credential));
	put_parameter(&query, "X-Amz-Date", time);
	put_parameter(&query, "X-Amz-Expires", seconds);
	put_parameter(&query, "X-Amz-SignedHeaders", names);
	if (signer->token != NULL)
		put_parameter(&query, "X-Amz-Security-Token", signer->token);
	whole.query = buf_text(&query);
	sign_text(signer, &whole, &view, time, signature);
	if (!sigv4_canonical_query(&sorted, whole.query, false))
		ASSERT(!"too many parameters of our own");
	put_parameter(&sorted, "X-Amz-Signature", signature);
	return buf_take_text(&sorted);
}
