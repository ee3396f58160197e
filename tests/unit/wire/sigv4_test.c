/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature Version 4, against the vectors AWS publishes (its test suite of 2015, and
 * the examples in its guides), and what clients really send to /@connections.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/sigv4/canonical.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define UTF8   "/\xe1\x88\xb4"
#define WORDS            \
	"-._~0123456789" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define NOTHING "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
#define POSTED	"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
#define FORM	"application/x-www-form-urlencoded"
#define HEADERS 4

/* The suite's requests: host example.amazonaws.com, 20150830T123600Z, us-east-1, "service". */
static const struct {
	const char *name, *method, *path, *query;
	struct sigv4_header headers[HEADERS];
	const char *body, *signature;
} suite[] = {
	{ "get-vanilla", "GET", "/", NULL, { { 0 } }, "", NOTHING },
	{ "get-vanilla-query", "GET", "/", "", { { 0 } }, "", NOTHING },
	{ "get-vanilla-empty-query-key",
	  "GET",
	  "/",
	  "Param1=value1",
	  { { 0 } },
	  "",
	  "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb" },
	{ "get-vanilla-query-order-key-case",
	  "GET",
	  "/",
	  "Param2=value2&Param1=value1",
	  { { 0 } },
	  "",
	  "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
	{ "get-vanilla-query-order-key",
	  "GET",
	  "/",
	  "Param1=value2&Param1=Value1",
	  { { 0 } },
	  "",
	  "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1" },
	{ "get-vanilla-query-order-value",
	  "GET",
	  "/",
	  "Param1=value2&Param1=value1",
	  { { 0 } },
	  "",
	  "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694" },
	{ "get-vanilla-query-unreserved",
	  "GET",
	  "/",
	  WORDS "=" WORDS,
	  { { 0 } },
	  "",
	  "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197" },
	{ "get-vanilla-utf8-query",
	  "GET",
	  "/",
	  "\xe1\x88\xb4=bar",
	  { { 0 } },
	  "",
	  "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
	{ "get-unreserved",
	  "GET",
	  "/" WORDS,
	  NULL,
	  { { 0 } },
	  "",
	  "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
	{ "get-utf8",
	  "GET",
	  UTF8,
	  NULL,
	  { { 0 } },
	  "",
	  "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
	{ "get-space",
	  "GET",
	  "/example space/",
	  NULL,
	  { { 0 } },
	  "",
	  "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
	{ "get-slash", "GET", "//", NULL, { { 0 } }, "", NOTHING },
	{ "get-slashes",
	  "GET",
	  "//example//",
	  NULL,
	  { { 0 } },
	  "",
	  "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
	{ "get-slash-dot-slash", "GET", "/./", NULL, { { 0 } }, "", NOTHING },
	{ "get-slash-pointless-dot",
	  "GET",
	  "/./example",
	  NULL,
	  { { 0 } },
	  "",
	  "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5" },
	{ "get-relative", "GET", "/example/..", NULL, { { 0 } }, "", NOTHING },
	{ "get-relative-relative",
	  "GET",
	  "/example1/example2/../..",
	  NULL,
	  { { 0 } },
	  "",
	  NOTHING },
	{ "get-header-key-duplicate",
	  "GET",
	  "/",
	  NULL,
	  { { "my-header1", "value2" }, { "my-header1", "value2" }, { "my-header1", "value1" } },
	  "",
	  "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
	{ "get-header-value-order",
	  "GET",
	  "/",
	  NULL,
	  { { "my-header1", "value4" },
	    { "my-header1", "value1" },
	    { "my-header1", "value3" },
	    { "my-header1", "value2" } },
	  "",
	  "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01" },
	{ "get-header-value-trim",
	  "GET",
	  "/",
	  NULL,
	  { { "my-header1", " value1" }, { "my-header2", " \"a   b   c\"" } },
	  "",
	  "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
	{ "post-vanilla", "POST", "/", NULL, { { 0 } }, "", POSTED },
	{ "post-header-key-case", "POST", "/", NULL, { { 0 } }, "", POSTED },
	{ "post-vanilla-query",
	  "POST",
	  "/",
	  "Param1=value1",
	  { { 0 } },
	  "",
	  "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11" },
	{ "post-header-key-sort",
	  "POST",
	  "/",
	  NULL,
	  { { "my-header1", "value1" } },
	  "",
	  "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c" },
	{ "post-header-value-case",
	  "POST",
	  "/",
	  NULL,
	  { { "my-header1", "VALUE1" } },
	  "",
	  "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d" },
	{ "post-x-www-form-urlencoded",
	  "POST",
	  "/",
	  NULL,
	  { { "content-type", FORM } },
	  "Param1=value1",
	  "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
	{ "post-x-www-form-urlencoded-parameters",
	  "POST",
	  "/",
	  NULL,
	  { { "content-type", FORM "; charset=utf8" } },
	  "Param1=value1",
	  "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe" },
};

static struct instant
when(const char *text)
{
	struct instant at;

	assert_true(instant_parse(text, &at));
	return at;
}

/* The message of one row with the host, and room for what is added. */
static struct sigv4_message
message_of(size_t row, struct sigv4_header headers[HEADERS + 3])
{
	struct sigv4_message message = { .method = suite[row].method,
					 .path = suite[row].path,
					 .query = suite[row].query,
					 .headers = headers,
					 .body = suite[row].body,
					 .body_length = strlen(suite[row].body) };

	headers[message.header_count++] = (struct sigv4_header){ "host", "example.amazonaws.com" };
	for (size_t i = 0; i < HEADERS && suite[row].headers[i].name != NULL; i++)
		headers[message.header_count++] = suite[row].headers[i];
	return message;
}

static const struct sigv4_signer suite_signer = {
	.key = "AKIDEXAMPLE", .secret = SECRET, .region = "us-east-1", .service = "service"
};

static const char *
signature_in(const char *authorization)
{
	return strstr(authorization, "Signature=") + strlen("Signature=");
}

static void
the_published_requests_are_signed_as_published(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(suite); i++) {
		struct sigv4_header headers[HEADERS + 3];
		struct sigv4_message message = message_of(i, headers);
		struct sigv4_signature signature;

		sigv4_sign(&suite_signer, &message, when("2015-08-30T12:36:00.000Z"), &signature);
		if (strcmp(signature_in(signature.authorization), suite[i].signature) != 0)
			fail_msg("%s: %s", suite[i].name, signature.authorization);
		sigv4_signature_deinit(&signature);
	}
}

static void
what_is_signed_holds_and_any_other_byte_does_not(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(suite); i++) {
		struct sigv4_header headers[HEADERS + 3];
		struct sigv4_message message = message_of(i, headers);
		struct sigv4_signature signature;
		struct sigv4_claim claim;
		char *body = text_format("%s!", suite[i].body);

		sigv4_sign(&suite_signer, &message, when("2015-08-30T12:36:00.000Z"), &signature);
		headers[message.header_count++] =
			(struct sigv4_header){ "x-amz-date", signature.time };
		headers[message.header_count++] =
			(struct sigv4_header){ "authorization", signature.authorization };
		assert_null(sigv4_claim_read(&message, &claim));
		assert_string_equal(claim.key, "AKIDEXAMPLE");
		assert_string_equal(claim.region, "us-east-1");
		assert_string_equal(claim.service, "service");
		assert_int_equal(claim.at.ms, when("2015-08-30T12:36:00.000Z").ms);
		assert_true(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL));
		assert_false(sigv4_claim_holds(&claim, &message, SECRET "x", SIGV4_GENERAL));
		message.method = "PUT";
		assert_false(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL));
		message.method = suite[i].method;
		message.path = "/other";
		assert_false(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL));
		message.path = suite[i].path;
		message.query = "Param9=x";
		assert_false(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL));
		message.query = suite[i].query;
		message.body = body;
		message.body_length++;
		assert_false(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL));
		message.body_length--;
		headers[0].value = "other.example.org";
		assert_false(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL));
		headers[0].value = "example.amazonaws.com";
		assert_true(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL));
		claim.signature[31] ^= 1;
		assert_false(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL));
		sigv4_signature_deinit(&signature);
		mem_free(body);
	}
}

/* The signing guide's example: IAM ListUsers. */
static void
the_guides_key_and_request_come_out_as_printed(void **unused)
{
	static const struct sigv4_header headers[] = {
		{ "content-type", FORM "; charset=utf-8" },
		{ "host", "iam.amazonaws.com" },
	};
	const struct sigv4_message message = { .method = "GET",
					       .path = "/",
					       .query = "Action=ListUsers&Version=2010-05-08",
					       .headers = headers,
					       .header_count = ELEMENTS(headers) };
	const struct sigv4_signer signer = {
		.key = "AKIDEXAMPLE", .secret = SECRET, .region = "us-east-1", .service = "iam"
	};
	struct sigv4_signature signature;

	(void)unused;
	sigv4_sign(&signer, &message, when("2015-08-30T12:36:00.000Z"), &signature);
	assert_string_equal(signature.authorization,
			    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/"
			    "aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature="
			    "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
	sigv4_signature_deinit(&signature);
}

static const struct sigv4_signer s3_signer = { .key = "AKIAIOSFODNN7EXAMPLE",
					       .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
					       .region = "us-east-1",
					       .service = "s3",
					       .style = SIGV4_S3 };

/* S3's own examples: paths are encoded once, and the body's hash is a header. */
static void
s3_requests_are_signed_as_its_guide_prints(void **unused)
{
	static const char host[] = "examplebucket.s3.amazonaws.com";
	static const char put_body[] = "Welcome to Amazon S3.";
	static const struct sigv4_header get[] = { { "host", host }, { "range", "bytes=0-9" } };
	static const struct sigv4_header put[] = { { "date", "Fri, 24 May 2013 00:00:00 GMT" },
						   { "host", host },
						   { "x-amz-storage-class",
						     "REDUCED_REDUNDANCY" } };
	static const struct {
		struct sigv4_message message;
		const char *signature;
	} rows[] = {
		{ { .method = "GET", .path = "/test.txt", .headers = get, .header_count = 2 },
		  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
		{ { .method = "PUT",
		    .path = "/test$file.text",
		    .headers = put,
		    .header_count = 3,
		    .body = put_body,
		    .body_length = sizeof put_body - 1 },
		  "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
		{ { .method = "PUT", /* the same body, hashed elsewhere */
		    .path = "/test$file.text",
		    .headers = put,
		    .header_count = 3,
		    .payload = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072" },
		  "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
		{ { .method = "GET",
		    .path = "/",
		    .query = "lifecycle",
		    .headers = get,
		    .header_count = 1 },
		  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
		{ { .method = "GET",
		    .path = "/",
		    .query = "max-keys=2&prefix=J",
		    .headers = get,
		    .header_count = 1 },
		  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct sigv4_signature signature;

		sigv4_sign(&s3_signer, &rows[i].message, when("2013-05-24T00:00:00.000Z"),
			   &signature);
		assert_string_equal(signature_in(signature.authorization), rows[i].signature);
		sigv4_signature_deinit(&signature);
	}
}

static void
a_presigned_s3_request_is_as_its_guide_prints(void **unused)
{
	static const struct sigv4_header headers[] = { { "host",
							 "examplebucket.s3.amazonaws.com" } };
	const struct sigv4_message message = {
		.method = "GET", .path = "/test.txt", .headers = headers, .header_count = 1
	};
	char *query;

	(void)unused;
	query = sigv4_presign(&s3_signer, &message, when("2013-05-24T00:00:00.000Z"),
			      DURATION_S(86400));
	assert_non_null(strstr(query, "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c"
				      "265957d157751f604d404"));
	mem_free(query);
}

static void
a_presigned_request_holds_until_it_expires(void **unused)
{
	static const struct sigv4_header headers[] = { { "host", "localhost:20700" } };
	const struct sigv4_signer signer = {
		.key = "K", .secret = "s", .token = "a+b/=", .region = "r", .service = "execute-api"
	};
	struct sigv4_message message = { .method = "GET",
					 .path = "/v1/ws",
					 .query = "b=2&a=x%20y",
					 .headers = headers,
					 .header_count = 1 };
	struct instant at = when("2026-11-20T21:16:00.000Z");
	struct sigv4_claim claim;
	char *query, *rest;

	(void)unused;
	query = sigv4_presign(&signer, &message, at, DURATION_S(900));
	message.query = query;
	assert_true(sigv4_is_claimed(NULL, query));
	assert_null(sigv4_claim_read(&message, &claim));
	assert_true(claim.presigned);
	assert_true(sigv4_claim_holds(&claim, &message, "s", SIGV4_GENERAL));
	assert_false(sigv4_claim_holds(&claim, &message, "t", SIGV4_GENERAL));
	assert_int_equal(
		sigv4_claim_timing(&claim, instant_add(at, DURATION_S(900)), DURATION_S(300)),
		SIGV4_IN_TIME);
	assert_int_equal(
		sigv4_claim_timing(&claim, instant_add(at, DURATION_S(901)), DURATION_S(300)),
		SIGV4_TOO_LATE);
	rest = sigv4_query_strip(query);
	assert_string_equal(rest, "a=x%20y&b=2");
	mem_free(rest);
	mem_free(query);
	assert_null(sigv4_query_strip("X-Amz-Date=1&&x-amz-expires=2"));
	assert_null(sigv4_query_strip(NULL));
}

static void
a_clock_may_differ_by_the_skew_and_no_more(void **unused)
{
	static const struct {
		int seconds;
		enum sigv4_timing timing;
	} rows[] = { { 0, SIGV4_IN_TIME },	 { 300, SIGV4_IN_TIME },
		     { -300, SIGV4_IN_TIME },	 { 301, SIGV4_TOO_LATE },
		     { -301, SIGV4_TOO_EARLY },	 { 90000, SIGV4_TOO_LATE },
		     { -90000, SIGV4_TOO_EARLY } };
	struct sigv4_claim claim = { .at = when("2026-11-20T21:16:00.000Z") };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++)
		assert_int_equal(sigv4_claim_timing(
					 &claim, instant_add(claim.at, DURATION_S(rows[i].seconds)),
					 DURATION_S(300)),
				 rows[i].timing);
}

/* What comes encoded is encoded once more; both spellings of '@' are what they are. */
static void
wire_paths_are_encoded_once_more(void **unused)
{
	static const struct {
		const char *wire, *general, *s3;
	} rows[] = {
		{ "/dev/@connections/VFoyGcaIjoECIjw%3D",
		  "/dev/%40connections/VFoyGcaIjoECIjw%253D",
		  "/dev/%40connections/VFoyGcaIjoECIjw%3D" },
		{ "/%40connections/VFoyGcaIjoECIjw%3d", "/%2540connections/VFoyGcaIjoECIjw%253d",
		  "/%40connections/VFoyGcaIjoECIjw%3D" },
		{ "/@connections/", "/%40connections/", "/%40connections/" },
		{ "", "/", "/" },
		{ "/a//b/./c/../d", "/a/b/d", "/a//b/./c/../d" },
		{ "/../../x", "/x", "/../../x" },
		{ "/a/%2e%2e/b", "/a/%252e%252e/b", "/a/../b" },
		{ "/a/..", "/", "/a/.." },
		{ "/a/b/..", "/a", "/a/b/.." },
		{ "/100%", "/100%25", "/100%25" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		CLEANUP(buf_deinit) struct buf text = BUF_NULL;

		sigv4_canonical_path(&text, rows[i].wire, SIGV4_GENERAL);
		assert_string_equal(buf_text(&text), rows[i].general);
		buf_clear(&text);
		sigv4_canonical_path(&text, rows[i].wire, SIGV4_S3);
		assert_string_equal(buf_text(&text), rows[i].s3);
	}
}

static void
queries_are_sorted_by_name_then_value(void **unused)
{
	static const struct {
		const char *wire, *canonical;
	} rows[] = {
		{ "b=1&a=2", "a=2&b=1" },
		{ "a-b=1&a=2", "a=2&a-b=1" },
		{ "a=c&a=b&a", "a=&a=b&a=c" },
		{ "&&x=%7e%2f&", "x=~%2F" },
		{ "a=b=c", "a=b%3Dc" },
		{ "q=1+2", "q=1%202" },
		{ "p=100%", "p=100%25" },
		{ "A=1&a=1&%41=0", "A=0&A=1&a=1" },
		{ "", "" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		CLEANUP(buf_deinit) struct buf text = BUF_NULL;

		assert_true(sigv4_canonical_query(&text, rows[i].wire, false));
		assert_string_equal(buf_text(&text), rows[i].canonical);
	}
}

static void
more_parameters_than_anybody_sends_are_refused(void **unused)
{
	CLEANUP(buf_deinit) struct buf query = BUF_NULL;
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	(void)unused;
	for (size_t i = 0; i < SIGV4_PAIRS_LIMIT; i++)
		buf_put_text(&query, "a=1&");
	assert_true(sigv4_canonical_query(&text, buf_text(&query), false));
	buf_put_text(&query, "a=1");
	assert_false(sigv4_canonical_query(&text, buf_text(&query), false));
}

#define HEX   "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
#define SCOPE "/20261120/eu-west-3/execute-api/aws4_request"

static const char *
read_claim(const char *authorization, const char *date)
{
	const struct sigv4_header headers[] = { { "host", "localhost" },
						{ "authorization", authorization },
						{ "x-amz-date", date } };
	const struct sigv4_message message = { .method = "GET",
					       .path = "/",
					       .headers = headers,
					       .header_count = date != NULL ? 3 : 2 };
	struct sigv4_claim claim;

	return sigv4_claim_read(&message, &claim);
}

static void
a_claim_is_read_however_it_is_spaced(void **unused)
{
	static const char *const fine[] = {
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=host;x-amz-date, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		",SignedHeaders=host;x-amz-date,Signature=" HEX,
		"AWS4-HMAC-SHA256  Signature=" HEX
		" ,SignedHeaders=host;x-amz-date,Credential=K" SCOPE,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=amz-sdk-request;content-length;host;x-amz-date;x-z, "
		"Signature=" HEX,
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(fine); i++)
		assert_null(read_claim(fine[i], "20261120T211600Z"));
}

static void
a_claim_that_is_not_whole_is_refused(void **unused)
{
	static const char *const wrong[] = {
		"AWS4-HMAC-SHA256",
		"AWS4-HMAC-SHA512 Credential=K" SCOPE
		", SignedHeaders=host;x-amz-date, Signature=" HEX,
		"AWS4-ECDSA-P256-SHA256 Credential=K",
		"AWS4-HMAC-SHA256 SignedHeaders=host;x-amz-date, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE ", Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE ", SignedHeaders=host;x-amz-date",
		"AWS4-HMAC-SHA256 Credential=" SCOPE
		", SignedHeaders=host;x-amz-date, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K/20261120/r/s, SignedHeaders=host;x-amz-date, "
		"Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		"x, SignedHeaders=host;x-amz-date, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K/20261121/eu-west-3/execute-api/aws4_request, "
		"SignedHeaders=host;x-amz-date, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE ", SignedHeaders=x-amz-date, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE ", SignedHeaders=host, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=x-amz-date;host, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE ", SignedHeaders=host;host;x-amz-date, "
		"Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=Host;x-amz-date, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=host;;x-amz-date, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=host;x-amz-date;, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE ", SignedHeaders=, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=host;x-amz-date, Signature=ab",
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=host;x-amz-date, Signature=" HEX "0",
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=host;x-amz-date, Signature=g" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE ", Credential=K" SCOPE
		", SignedHeaders=host;x-amz-date, Signature=" HEX,
		"AWS4-HMAC-SHA256 Credential=K" SCOPE
		", SignedHeaders=host;x-amz-date, Signature=" HEX ", Extra=1",
	};
	static const char *const dates[] = { NULL,
					     "",
					     "2026-11-20",
					     "20261120T211600",
					     "20261120T211600z",
					     "20261120T211600Z1",
					     "20261320T211600Z",
					     "20261120T256000Z",
					     "20261120 211600Z",
					     "20261121T211600Z",
					     "Fri, 20 Nov 2026 21:16:00 GMT" };
	static const char fine[] = "AWS4-HMAC-SHA256 Credential=K" SCOPE
				   ", SignedHeaders=host;x-amz-date, Signature=" HEX;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		if (read_claim(wrong[i], "20261120T211600Z") == NULL)
			fail_msg("taken: %s", wrong[i]);
	}
	for (size_t i = 0; i < ELEMENTS(dates); i++) {
		if (read_claim(fine, dates[i]) == NULL)
			fail_msg("taken: %s", dates[i]);
	}
	/* No beginning of it is a claim of its own. */
	for (size_t length = 0; length < sizeof fine - 1; length++) {
		char *cut = text_copy_n(fine, length);

		assert_non_null(read_claim(cut, "20261120T211600Z"));
		mem_free(cut);
	}
}

static void
a_body_is_what_its_header_says(void **unused)
{
	static const char body[] = "You said: hello";
	char hash[SIGV4_HASH_SIZE];
	struct sigv4_header headers[4] = { { "host", "localhost" },
					   { "x-amz-content-sha256", hash } };
	struct sigv4_message message = { .method = "POST",
					 .path = "/@connections/x%3D",
					 .headers = headers,
					 .header_count = 2,
					 .body = body,
					 .body_length = sizeof body - 1 };
	struct sigv4_signature signature;
	struct sigv4_claim claim;

	(void)unused;
	for (int unsigned_body = 0; unsigned_body < 2; unsigned_body++) {
		/* S3 style adds the header; in general style it is one of the message's own. */
		message.header_count = 2;
		sigv4_hash(body, sizeof body - 1, hash);
		if (unsigned_body)
			(void)text_put(hash, sizeof hash, SIGV4_UNSIGNED);
		sigv4_sign(&suite_signer, &message, when("2015-08-30T12:36:00.000Z"), &signature);
		headers[2] = (struct sigv4_header){ "x-amz-date", signature.time };
		headers[3] = (struct sigv4_header){ "authorization", signature.authorization };
		message.header_count = 4;
		assert_null(sigv4_claim_read(&message, &claim));
		/* The signer signed the body's hash: an unsigned body is another payload. */
		assert_int_equal(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL),
				 !unsigned_body);
		sigv4_signature_deinit(&signature);
	}
	sigv4_hash("other", 5, hash);
	assert_false(sigv4_claim_holds(&claim, &message, SECRET, SIGV4_GENERAL));
}

static void
only_what_says_so_is_claimed(void **unused)
{
	(void)unused;
	assert_true(sigv4_is_claimed("AWS4-HMAC-SHA256 Credential=", NULL));
	assert_true(sigv4_is_claimed("aws4-hmac-sha256", NULL));
	assert_true(sigv4_is_claimed(NULL, "a=b&X-Amz-Algorithm=x"));
	assert_false(sigv4_is_claimed("Bearer roost_AWS4-", NULL));
	assert_false(sigv4_is_claimed(NULL, NULL));
	assert_false(sigv4_is_claimed(NULL, "Algorithm=AWS4-HMAC-SHA256"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_requests_are_signed_as_published),
		cmocka_unit_test(what_is_signed_holds_and_any_other_byte_does_not),
		cmocka_unit_test(the_guides_key_and_request_come_out_as_printed),
		cmocka_unit_test(s3_requests_are_signed_as_its_guide_prints),
		cmocka_unit_test(a_presigned_s3_request_is_as_its_guide_prints),
		cmocka_unit_test(a_presigned_request_holds_until_it_expires),
		cmocka_unit_test(a_clock_may_differ_by_the_skew_and_no_more),
		cmocka_unit_test(wire_paths_are_encoded_once_more),
		cmocka_unit_test(queries_are_sorted_by_name_then_value),
		cmocka_unit_test(more_parameters_than_anybody_sends_are_refused),
		cmocka_unit_test(a_claim_is_read_however_it_is_spaced),
		cmocka_unit_test(a_claim_that_is_not_whole_is_refused),
		cmocka_unit_test(a_body_is_what_its_header_says),
		cmocka_unit_test(only_what_says_so_is_claimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
