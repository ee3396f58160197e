/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading what a message claims of its signature, and whether it holds. All of it is
 * from strangers: each part has its alphabet and its bound, and what is not exactly
 * one claim is refused before anything is hashed.
 */

#include "wire/sigv4/sigv4.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "wire/http1/text.h"
#include "wire/sigv4/canonical.h"

static const char *
header_value(const struct sigv4_message *message, const char *name)
{
	for (size_t i = 0; i < message->header_count; i++) {
		if (strcmp(message->headers[i].name, name) == 0)
			return message->headers[i].value;
	}
	return NULL;
}

/* The header that claims, or NULL. */
static const char *
claiming_header(const char *authorization)
{
	return authorization != NULL && strncasecmp(authorization, "AWS4-", 5) == 0 ? authorization
										    : NULL;
}

bool
sigv4_is_claimed(const char *authorization, const char *query)
{
	CLEANUP(text_freep) char *algorithm = NULL;

	if (claiming_header(authorization) != NULL)
		return true;
	algorithm = http_query_get(query, "X-Amz-Algorithm");
	return algorithm != NULL;
}

/* --- the parts ------------------------------------------------------------------------------ */

/* Copy up to `end`, a text of printable ASCII of 1 to size - 1 bytes. */
static bool
take_part(const char *from, const char *end, char *to, size_t size)
{
	size_t length = (size_t)(end - from);

	if (length == 0 || length >= size)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (from[i] <= ' ' || from[i] >= 0x7f || from[i] == '/')
			return false;
		to[i] = from[i];
	}
	to[length] = '\0';
	return true;
}

/* "KEY/20150830/us-east-1/execute-api/aws4_request" */
static bool
read_credential(const char *text, size_t length, struct sigv4_claim *claim)
{
	const struct {
		char *to;
		size_t size;
	} parts[] = { { claim->key, sizeof claim->key },
		      { claim->date, sizeof claim->date },
		      { claim->region, sizeof claim->region },
		      { claim->service, sizeof claim->service } };
	const char *end = text + length;

	for (size_t i = 0; i < ELEMENTS(parts); i++) {
		const char *slash = memchr(text, '/', (size_t)(end - text));

		if (slash == NULL || !take_part(text, slash, parts[i].to, parts[i].size))
			return false;
		text = slash + 1;
	}
	return end - text == 12 && memcmp(text, "aws4_request", 12) == 0;
}

static bool
is_header_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] >= 'A' && text[i] <= 'Z')
			return false;
	}
	return http_is_token(text, length);
}

static bool
precedes(const char *a, size_t a_length, const char *b, size_t b_length)
{
	int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

	return order < 0 || (order == 0 && a_length < b_length);
}

/* Names in lower case and in order, each once: there is one way to write a set. */
static bool
read_signed_headers(const char *text, size_t length, struct sigv4_claim *claim)
{
	const char *before = NULL;
	size_t before_length = 0;

	if (length == 0 || length >= sizeof claim->signed_headers ||
	    memchr(text, '\0', length) != NULL)
		return false;
	memcpy(claim->signed_headers, text, length);
	claim->signed_headers[length] = '\0';
	for (const char *name = claim->signed_headers;;) {
		size_t taken = strcspn(name, ";");

		if (!is_header_name(name, taken) ||
		    (before != NULL && !precedes(before, before_length, name, taken)))
			return false;
		before = name;
		before_length = taken;
		if (name[taken] == '\0')
			return true;
		name += taken + 1;
	}
}

static bool
is_signed_header(const struct sigv4_claim *claim, const char *wanted)
{
	size_t length = strlen(wanted);

	for (const char *name = claim->signed_headers; *name != '\0';) {
		size_t taken = strcspn(name, ";");

		if (taken == length && memcmp(name, wanted, length) == 0)
			return true;
		name += taken;
		name += *name == ';';
	}
	return false;
}

static bool
read_signature(const char *text, size_t length, struct sigv4_claim *claim)
{
	if (length != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		int high = http_hex_value(text[2 * i]), low = http_hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		claim->signature[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

/* "20150830T123600Z" */
static bool
read_time(const char *text, struct sigv4_claim *claim)
{
	char long_form[INSTANT_TEXT_SIZE];

	if (strlen(text) != SIGV4_TIME_SIZE - 1 || text[8] != 'T' || text[15] != 'Z')
		return false;
	for (size_t i = 0; i < SIGV4_TIME_SIZE - 2; i++) {
		if (i != 8 && (text[i] < '0' || text[i] > '9'))
			return false;
	}
	memcpy(claim->time, text, SIGV4_TIME_SIZE);
	(void)snprintf(long_form, sizeof long_form, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s.000Z", text,
		       text + 4, text + 6, text + 9, text + 11, text + 13);
	return instant_parse(long_form, &claim->at);
}

/* --- where they stand ----------------------------------------------------------------------- */

enum part { PART_CREDENTIAL, PART_SIGNED, PART_SIGNATURE, PART_MAX };

static const struct {
	const char *word;
	bool (*read)(const char *text, size_t length, struct sigv4_claim *claim);
	const char *missing, *wrong;
} parts[] = {
	[PART_CREDENTIAL] = { "Credential=", read_credential,
			      "Authorization header requires 'Credential' parameter.",
			      "Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request." },
	[PART_SIGNED] = { "SignedHeaders=", read_signed_headers,
			  "Authorization header requires 'SignedHeaders' parameter.",
			  "SignedHeaders must be names in lower case, sorted, with ; between." },
	[PART_SIGNATURE] = { "Signature=", read_signature,
			     "Authorization header requires 'Signature' parameter.",
			     "Signature must be 64 hexadecimal digits." },
};

static const char *
read_part(const char *item, size_t length, unsigned *seen, struct sigv4_claim *claim)
{
	for (size_t i = 0; i < PART_MAX; i++) {
		size_t word = strlen(parts[i].word);

		if (length < word || memcmp(item, parts[i].word, word) != 0)
			continue;
		if ((*seen & 1u << i) != 0)
			return "Authorization header has a parameter twice.";
		*seen |= 1u << i;
		return parts[i].read(item + word, length - word, claim) ? NULL : parts[i].wrong;
	}
	return "Authorization header has a parameter that is not known.";
}

static const char *
read_header(const char *value, struct sigv4_claim *claim)
{
	size_t word = strlen(SIGV4_ALGORITHM);
	struct http_list list;
	const char *item, *wrong;
	unsigned seen = 0;
	size_t length;

	if (strncmp(value, SIGV4_ALGORITHM, word) != 0 ||
	    (value[word] != ' ' && value[word] != '\0'))
		return "Only AWS4-HMAC-SHA256 is understood.";
	list = (struct http_list){ value + word, strlen(value + word) };
	while (http_list_next(&list, &item, &length)) {
		wrong = read_part(item, length, &seen, claim);
		if (wrong != NULL)
			return wrong;
	}
	for (size_t i = 0; i < PART_MAX; i++) {
		if ((seen & 1u << i) == 0)
			return parts[i].missing;
	}
	return NULL;
}

/* X-Amz-Date, or a Date that is written the same way. */
static const char *
read_header_time(const struct sigv4_message *message, struct sigv4_claim *claim)
{
	const char *name = "x-amz-date";
	const char *value = header_value(message, name);

	if (value == NULL)
		value = header_value(message, name = "date");
	if (value == NULL)
		return "Authorization header requires existence of either a 'X-Amz-Date' or a "
		       "'Date' header.";
	if (!read_time(value, claim))
		return "X-Amz-Date must be written as YYYYMMDDTHHMMSSZ.";
	if (!is_signed_header(claim, name))
		return "The date must be one of the signed headers.";
	return NULL;
}

static bool
read_seconds(const char *text, struct duration *ret_lasts)
{
	int64_t seconds = 0;

	if (*text == '\0' || strlen(text) > 6)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		seconds = seconds * 10 + (*text - '0');
	}
	*ret_lasts = DURATION_S(seconds);
	return seconds >= 1 && ret_lasts->ms <= SIGV4_LONGEST.ms;
}

static const char *
read_query(const char *query, struct sigv4_claim *claim)
{
	CLEANUP(text_freep) char *algorithm = http_query_get(query, "X-Amz-Algorithm");
	CLEANUP(text_freep) char *credential = http_query_get(query, "X-Amz-Credential");
	CLEANUP(text_freep) char *date = http_query_get(query, "X-Amz-Date");
	CLEANUP(text_freep) char *expires = http_query_get(query, "X-Amz-Expires");
	CLEANUP(text_freep) char *names = http_query_get(query, "X-Amz-SignedHeaders");
	CLEANUP(text_freep) char *signature = http_query_get(query, "X-Amz-Signature");

	claim->presigned = true;
	if (algorithm == NULL || strcmp(algorithm, SIGV4_ALGORITHM) != 0)
		return "Only AWS4-HMAC-SHA256 is understood.";
	if (credential == NULL || date == NULL || expires == NULL || names == NULL ||
	    signature == NULL)
		return "A presigned query has X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, "
		       "X-Amz-Expires, X-Amz-SignedHeaders and X-Amz-Signature.";
	if (!read_credential(credential, strlen(credential), claim))
		return parts[PART_CREDENTIAL].wrong;
	if (!read_signed_headers(names, strlen(names), claim))
		return parts[PART_SIGNED].wrong;
	if (!read_signature(signature, strlen(signature), claim))
		return parts[PART_SIGNATURE].wrong;
	if (!read_time(date, claim))
		return "X-Amz-Date must be written as YYYYMMDDTHHMMSSZ.";
	if (!read_seconds(expires, &claim->lasts))
		return "X-Amz-Expires must be 1 to 604800 seconds.";
	return NULL;
}

const char *
sigv4_claim_read(const struct sigv4_message *message, struct sigv4_claim *ret_claim)
{
	const char *value = claiming_header(header_value(message, "authorization"));
	const char *wrong;

	*ret_claim = (struct sigv4_claim){ .presigned = false };
	if (value != NULL) {
		wrong = read_header(value, ret_claim);
		if (wrong == NULL)
			wrong = read_header_time(message, ret_claim);
	} else {
		wrong = read_query(message->query, ret_claim);
	}
	if (wrong != NULL)
		return wrong;
	if (!is_signed_header(ret_claim, "host"))
		return "'Host' must be one of the signed headers.";
	if (memcmp(ret_claim->date, ret_claim->time, 8) != 0)
		return "The date in the Credential must be the day of X-Amz-Date.";
	return NULL;
}

/* --- does it hold? -------------------------------------------------------------------------- */

enum sigv4_timing
sigv4_claim_timing(const struct sigv4_claim *claim, struct instant now, struct duration skew)
{
	int64_t age = instant_since(now, claim->at).ms;
	int64_t most = claim->presigned ? claim->lasts.ms : skew.ms;

	if (age < -skew.ms)
		return SIGV4_TOO_EARLY;
	return age > most ? SIGV4_TOO_LATE : SIGV4_IN_TIME;
}

/* What stands for the body in the canonical form; NULL when it is not the one that was signed. */
static const char *
payload_of(const struct sigv4_message *message, char hash[static SIGV4_HASH_SIZE])
{
	const char *told = header_value(message, "x-amz-content-sha256");

	if (told != NULL && strcmp(told, SIGV4_UNSIGNED) == 0)
		return SIGV4_UNSIGNED;
	sigv4_hash(message->body, message->body_length, hash);
	return told == NULL || strcasecmp(told, hash) == 0 ? hash : NULL;
}

bool
sigv4_claim_holds(const struct sigv4_claim *claim, const struct sigv4_message *message,
		  const char *secret, enum sigv4_style style)
{
	const struct sigv4_scope scope = { claim->time, claim->region, claim->service };
	CLEANUP(buf_deinit) struct buf canonical = BUF_NULL;
	char hash[SIGV4_HASH_SIZE];
	unsigned char signature[32];
	struct sigv4_view view = { .style = style,
				   .presigned = claim->presigned,
				   .signed_headers = claim->signed_headers,
				   .payload = payload_of(message, hash) };

	if (claim->presigned && style == SIGV4_S3)
		view.payload = SIGV4_UNSIGNED;
	if (view.payload == NULL || !sigv4_canonical(&canonical, message, &view))
		return false;
	sigv4_compute(secret, &scope, &canonical, signature);
	return sodium_memcmp(signature, claim->signature, sizeof signature) == 0;
}

char *
sigv4_query_strip(const char *query)
{
	CLEANUP(buf_deinit) struct buf rest = BUF_NULL;

	while (query != NULL && *query != '\0') {
		size_t length = strcspn(query, "&");

		if (length > 0 && strncasecmp(query, "X-Amz-", 6) != 0) {
			if (rest.length > 0)
				buf_put_byte(&rest, '&');
			buf_put(&rest, query, length);
		}
		query += length;
		query += *query == '&';
	}
	return rest.length > 0 ? buf_take_text(&rest) : NULL;
}
