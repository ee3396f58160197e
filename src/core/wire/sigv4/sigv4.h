/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SIGV4_H
#define ROOST_SIGV4_H

/*
 * AWS Signature Version 4, both halves: is a request signed by who it claims
 * ("AWS4-HMAC-SHA256 Credential=...", or presigned in its query), and signing our own.
 * Source: "Signing AWS API requests" (IAM user guide); what real SDKs put on the wire.
 *
 * Pure: a message is what goes over the wire, the time and the secrets are told.
 */

#include "base/buf.h"
#include "base/instant.h"

#define SIGV4_ALGORITHM "AWS4-HMAC-SHA256"
#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"

#define SIGV4_KEY_LIMIT 128		/* bytes of an access key id (AWS: 128) */
#define SIGV4_NAME_LIMIT 32		/* of a region, of a service */
#define SIGV4_SIGNED_LIMIT 1024		/* of the list of signed headers */
#define SIGV4_PAIRS_LIMIT 256		/* parameters of a query */
#define SIGV4_TIME_SIZE 17		/* "20150830T123600Z" and its end */
#define SIGV4_HASH_SIZE 65		/* 32 bytes in hexadecimal and the end */
#define SIGV4_LONGEST DURATION_S(604800) /* that a presigned request may be good for */

/*
 * How a path is made canonical. The wire path is percent-encoded once more everywhere but
 * in S3, where dots and slashes are also left as they are.
 */
enum sigv4_style { SIGV4_GENERAL, SIGV4_S3 };

/* Names in lower case. Several of one name are one list, in their order. */
struct sigv4_header { const char *name, *value; };

struct sigv4_message {
	const char *method;
	const char *path;		/* as on the wire */
	const char *query;		/* as on the wire, without '?'; or NULL */
	const struct sigv4_header *headers;
	size_t header_count;
	const void *body;
	size_t body_length;
	const char *payload;		/* signing only: the hash of a body that is elsewhere, in
					   hexadecimal, or SIGV4_UNSIGNED; NULL: `body` is hashed */
};

/* --- verifying ------------------------------------------------------------------------------ */

/* What a signed message says of itself. */
struct sigv4_claim {
	char key[SIGV4_KEY_LIMIT + 1];
	char date[9], region[SIGV4_NAME_LIMIT + 1], service[SIGV4_NAME_LIMIT + 1];
	char time[SIGV4_TIME_SIZE];
	struct instant at;			/* the same */
	bool presigned;
	struct duration lasts;			/* presigned only */
	char signed_headers[SIGV4_SIGNED_LIMIT + 1];
	unsigned char signature[32];
};

/* Does it claim to be signed? (Not yet: rightly.) Either may be NULL. */
bool sigv4_is_claimed(const char *authorization, const char *query);

/*
 * Read the claim: from the header when that has one, else from the query. NULL when it is
 * whole (headers listed in order, `host` and the date among them, the scope's day the date's);
 * else what is wrong with it, a sentence that is static text.
 */
const char *sigv4_claim_read(const struct sigv4_message *message,
			     struct sigv4_claim *ret_claim) must_check;

/* Is now a time for it? Clocks may differ by `skew`. */
enum sigv4_timing { SIGV4_IN_TIME, SIGV4_TOO_EARLY, SIGV4_TOO_LATE };
enum sigv4_timing sigv4_claim_timing(const struct sigv4_claim *claim, struct instant now,
				     struct duration skew);

/*
 * Was the message, its body included, signed with this secret? In constant time as far as the
 * secret goes. A body is checked against `x-amz-content-sha256` when that is there; that header
 * may say UNSIGNED-PAYLOAD, and then the body is not part of what was signed.
 */
bool sigv4_claim_holds(const struct sigv4_claim *claim, const struct sigv4_message *message,
		       const char *secret, enum sigv4_style style) must_check;

/* A query without the parameters of a presigned request (X-Amz-...); NULL when nothing is left. */
char *sigv4_query_strip(const char *query) must_check;

/* --- signing -------------------------------------------------------------------------------- */

struct sigv4_signer {
	const char *key, *secret;
	const char *token;		/* of temporary credentials, or NULL */
	const char *region, *service;
	enum sigv4_style style;
};

/* What is to be sent beside the message's own headers. */
struct sigv4_signature {
	char *authorization;
	char time[SIGV4_TIME_SIZE];		/* X-Amz-Date */
	char payload[SIGV4_HASH_SIZE];		/* X-Amz-Content-Sha256, in S3 style */
};
void sigv4_signature_deinit(struct sigv4_signature *signature);

/*
 * Sign the message with all of its headers (`host` must be one; those above, and
 * `x-amz-security-token` when there is a token, must not: they are added). The
 * path and query must be valid; the message is the caller's own making.
 */
void sigv4_sign(const struct sigv4_signer *signer, const struct sigv4_message *message,
		struct instant at, struct sigv4_signature *ret_signature);

/*
 * The whole query of a presigned request, in the canonical order; the caller frees it.
 * `lasts`: 1 s to SIGV4_LONGEST.
 */
char *sigv4_presign(const struct sigv4_signer *signer, const struct sigv4_message *message,
		    struct instant at, struct duration lasts) must_check;

#endif
