/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature Version 4 from any bytes: the first line is an Authorization header, the
 * second a date, the third a path, the fourth a query, the rest a body. What is read
 * stays within its bounds, what we sign holds, and nobody else's bytes do.
 */

#include <string.h>

#include "fuzz.h"
#include "wire/sigv4/canonical.h"

#define PARTS 4

static const struct sigv4_signer signer = {
	.key = "AKIDEXAMPLE", .secret = "secret", .region = "eu-west-3", .service = "execute-api"
};

static void
check_claim(const struct sigv4_message *message)
{
	struct sigv4_claim claim;

	if (sigv4_claim_read(message, &claim) != NULL)
		return;
	ASSERT(strlen(claim.key) >= 1 && strlen(claim.key) <= SIGV4_KEY_LIMIT);
	ASSERT(strlen(claim.date) == 8 && memcmp(claim.date, claim.time, 8) == 0);
	ASSERT(strlen(claim.time) == SIGV4_TIME_SIZE - 1);
	ASSERT(claim.region[0] != '\0' && claim.service[0] != '\0');
	ASSERT(strstr(claim.signed_headers, "host") != NULL);
	ASSERT(claim.presigned || claim.lasts.ms == 0);
	ASSERT(claim.lasts.ms <= SIGV4_LONGEST.ms);
	(void)sigv4_claim_timing(&claim, claim.at, DURATION_S(300));
	ASSERT(!sigv4_claim_holds(&claim, message, "another secret", SIGV4_GENERAL));
}

/* Path and query of anybody, signed by us, hold; the canonical forms do not change any more. */
static void
check_signing(const char *path, const char *query, const char *body)
{
	CLEANUP(buf_deinit) struct buf once = BUF_NULL;
	CLEANUP(buf_deinit) struct buf twice = BUF_NULL;
	struct sigv4_header headers[3] = { { "host", "localhost:8080" } };
	struct sigv4_message message = { .method = "POST",
					 .path = path,
					 .query = query,
					 .headers = headers,
					 .header_count = 1,
					 .body = body,
					 .body_length = strlen(body) };
	struct sigv4_signature signature;
	struct sigv4_claim claim;

	if (!sigv4_canonical_query(&once, query, false))
		return;
	ASSERT(sigv4_canonical_query(&twice, buf_text(&once), false));
	ASSERT(strcmp(buf_text(&once), buf_text(&twice)) == 0);
	buf_clear(&once);
	buf_clear(&twice);
	sigv4_canonical_path(&once, path, SIGV4_S3);
	sigv4_canonical_path(&twice, buf_text(&once), SIGV4_S3);
	ASSERT(strcmp(buf_text(&once), buf_text(&twice)) == 0);
	sigv4_sign(&signer, &message, (struct instant){ 1440938160000 }, &signature);
	headers[1] = (struct sigv4_header){ "x-amz-date", signature.time };
	headers[2] = (struct sigv4_header){ "authorization", signature.authorization };
	message.header_count = 3;
	ASSERT(sigv4_claim_read(&message, &claim) == NULL);
	ASSERT(sigv4_claim_holds(&claim, &message, "secret", SIGV4_GENERAL));
	ASSERT(!sigv4_claim_holds(&claim, &message, "secrets", SIGV4_GENERAL));
	sigv4_signature_deinit(&signature);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = NULL;
	char *parts[PARTS], *rest;

	if (size > 16384)
		return 0;
	rest = text = text_copy_n((const char *)data, size);
	for (size_t i = 0; i < PARTS; i++) {
		size_t length = strcspn(rest, "\n");

		parts[i] = rest;
		rest += length;
		if (*rest == '\n')
			*rest++ = '\0';
	}
	check_claim(&(struct sigv4_message){
		.method = "GET",
		.path = parts[2],
		.query = parts[3],
		.headers = (const struct sigv4_header[]){ { "host", "localhost" },
							  { "authorization", parts[0] },
							  { "x-amz-date", parts[1] } },
		.header_count = 3,
		.body = rest,
		.body_length = strlen(rest) });
	mem_free(sigv4_query_strip(parts[3]));
	(void)sigv4_is_claimed(parts[0], parts[3]);
	check_signing(parts[2], parts[3], rest);
	return 0;
}
