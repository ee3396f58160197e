/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/base64.h"
#include "seal/seal_openssl.h"

/* RFC 8291 §5 */
#define PLAIN	   "When I grow up, I want to be a watermelon"
#define AUTH	   "BTBZMqHH6r4Tts7J_aSIgg"
#define UA_PRIVATE "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
#define UA_PUBLIC \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AS_PRIVATE "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
#define AS_PUBLIC \
	"BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
#define SALT "DGv6ra1nlYgDCS1FRnbzlw"
#define BODY                                                                                   \
	"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc" \
	"InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLV" \
	"WGNWQexSgSxsj_Qulcy4a-fN"

static void
bytes_of(const char *text, void *to, size_t length)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

	assert_true(base64url_take(&bytes, text, strlen(text)));
	assert_int_equal(bytes.length, length);
	memcpy(to, bytes.data, length);
}

static struct seal_pair
pair_of(const char *private_key)
{
	unsigned char bytes[SEAL_PRIVATE_SIZE];
	struct seal_pair pair;

	bytes_of(private_key, bytes, sizeof bytes);
	assert_true(seal_openssl()->pair(seal_openssl(), bytes, &pair));
	return pair;
}

static void
a_private_key_has_the_public_key_that_the_rfc_says(void **state)
{
	unsigned char expected[SEAL_PUBLIC_SIZE];
	struct seal_pair pair = pair_of(AS_PRIVATE);

	bytes_of(AS_PUBLIC, expected, sizeof expected);
	assert_memory_equal(pair.public_key, expected, sizeof expected);
	pair = pair_of(UA_PRIVATE);
	bytes_of(UA_PUBLIC, expected, sizeof expected);
	assert_memory_equal(pair.public_key, expected, sizeof expected);
}

static void
the_message_of_rfc_8291_is_sealed_to_the_same_bytes(void **state)
{
	struct seal_pair once = pair_of(AS_PRIVATE);
	unsigned char to[SEAL_PUBLIC_SIZE], auth[SEAL_AUTH_SIZE], salt[SEAL_SALT_SIZE];
	unsigned char sealed[SEAL_SEALED_LIMIT], expected[sizeof PLAIN - 1 + SEAL_OVERHEAD];
	struct seal_order order = { to, auth, &once, salt, PLAIN, sizeof PLAIN - 1 };

	bytes_of(UA_PUBLIC, to, sizeof to);
	bytes_of(AUTH, auth, sizeof auth);
	bytes_of(SALT, salt, sizeof salt);
	bytes_of(BODY, expected, sizeof expected);
	assert_true(seal_openssl()->seal(seal_openssl(), &order, sealed));
	assert_memory_equal(sealed, expected, sizeof expected);
}

static void
the_longest_message_has_as_many_bytes_as_a_push_service_must_take(void **state)
{
	static unsigned char plain[SEAL_PLAIN_LIMIT];
	struct seal_pair once = pair_of(AS_PRIVATE), browser = pair_of(UA_PRIVATE);
	unsigned char sealed[SEAL_SEALED_LIMIT + 1] = { [SEAL_SEALED_LIMIT] = 0xa5 };
	unsigned char auth[SEAL_AUTH_SIZE] = { 1 }, salt[SEAL_SALT_SIZE] = { 2 };
	struct seal_order order = { browser.public_key, auth, &once, salt, plain, sizeof plain };

	assert_int_equal(SEAL_SEALED_LIMIT, 4096);
	assert_true(seal_openssl()->seal(seal_openssl(), &order, sealed));
	assert_int_equal(sealed[SEAL_SEALED_LIMIT], 0xa5);
	order.length = 0;
	assert_true(seal_openssl()->seal(seal_openssl(), &order, sealed));
}

static void
what_is_no_private_key_makes_no_pair(void **state)
{
	/* SP 800-186 §3.2.1.3: n */
	static const unsigned char order[SEAL_PRIVATE_SIZE] = {
		0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
		0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51
	};
	unsigned char key[SEAL_PRIVATE_SIZE] = { 0 };
	struct seal_pair pair;

	assert_false(seal_openssl()->pair(seal_openssl(), key, &pair));
	assert_false(seal_openssl()->pair(seal_openssl(), order, &pair));
	memcpy(key, order, sizeof key);
	key[31]--;
	assert_true(seal_openssl()->pair(seal_openssl(), key, &pair));
	memset(key, 0xff, sizeof key);
	assert_false(seal_openssl()->pair(seal_openssl(), key, &pair));
}

static void
what_is_no_point_of_the_curve_is_no_public_key(void **state)
{
	struct seal_pair once = pair_of(AS_PRIVATE);
	unsigned char key[SEAL_PUBLIC_SIZE], sealed[SEAL_SEALED_LIMIT];
	unsigned char auth[SEAL_AUTH_SIZE] = { 0 }, salt[SEAL_SALT_SIZE] = { 0 };
	struct seal_order order = { key, auth, &once, salt, "x", 1 };

	bytes_of(UA_PUBLIC, key, sizeof key);
	assert_true(seal_openssl()->is_public(seal_openssl(), key));
	for (size_t i = 0; i < sizeof key; i++) {
		key[i] ^= 1;
		assert_false(seal_openssl()->is_public(seal_openssl(), key));
		assert_false(seal_openssl()->seal(seal_openssl(), &order, sealed));
		key[i] ^= 1;
	}
	memset(key, 0, sizeof key);
	assert_false(seal_openssl()->is_public(seal_openssl(), key));
}

/* The two numbers as DER, for a verifier that knows nothing of ours. */
static size_t
der_of(const unsigned char signature[static SEAL_SIGNATURE_SIZE], unsigned char **der)
{
	ECDSA_SIG *both = ECDSA_SIG_new();
	int length;

	assert_int_equal(ECDSA_SIG_set0(both, BN_bin2bn(signature, 32, NULL),
					BN_bin2bn(signature + 32, 32, NULL)),
			 1);
	*der = NULL;
	length = i2d_ECDSA_SIG(both, der);
	ECDSA_SIG_free(both);
	assert_true(length > 0);
	return (size_t)length;
}

static EVP_PKEY *
verifier_of(const unsigned char public_key[static SEAL_PUBLIC_SIZE])
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("group", (char[]){ "P-256" }, 0),
		OSSL_PARAM_construct_octet_string("pub", (void *)public_key, SEAL_PUBLIC_SIZE),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(context);
	return key;
}

static bool
verifies(const struct seal_pair *pair, const char *text,
	 const unsigned char signature[static SEAL_SIGNATURE_SIZE])
{
	EVP_PKEY *key = verifier_of(pair->public_key);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char *der;
	size_t length = der_of(signature, &der);
	bool good;

	assert_int_equal(EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL),
			 1);
	good = EVP_DigestVerify(context, der, length, (const unsigned char *)text, strlen(text)) ==
	       1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	OPENSSL_free(der);
	return good;
}

/* Often, for about one in 128 signatures has a number that begins with a zero byte. */
static void
a_signature_is_two_numbers_of_32_bytes_that_verify(void **state)
{
	struct seal_pair pair = pair_of(AS_PRIVATE), other = pair_of(UA_PRIVATE);
	unsigned char signature[SEAL_SIGNATURE_SIZE];
	bool short_seen = false;

	for (unsigned i = 0; i < 5000 && (i < 20 || !short_seen); i++) {
		seal_openssl()->sign(seal_openssl(), &pair, "told", 4, signature);
		assert_true(verifies(&pair, "told", signature));
		short_seen = short_seen || signature[0] == 0 || signature[32] == 0;
	}
	assert_true(short_seen);
	assert_false(verifies(&pair, "tale", signature));
	assert_false(verifies(&other, "told", signature));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_private_key_has_the_public_key_that_the_rfc_says),
		cmocka_unit_test(the_message_of_rfc_8291_is_sealed_to_the_same_bytes),
		cmocka_unit_test(the_longest_message_has_as_many_bytes_as_a_push_service_must_take),
		cmocka_unit_test(what_is_no_private_key_makes_no_pair),
		cmocka_unit_test(what_is_no_point_of_the_curve_is_no_public_key),
		cmocka_unit_test(a_signature_is_two_numbers_of_32_bytes_that_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
