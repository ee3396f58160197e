/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Web Push's cryptography by OpenSSL 3. What makes it hard: a private key alone is no
 * EVP key, so the public half is computed first; and OpenSSL signs in DER, where
 * JWT wants two numbers of 32 bytes. With right input nothing here fails but for lack of
 * memory, so everything but a peer's key is asserted.
 */

#include "seal/seal_openssl.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>

#define GROUP	      "prime256v1"
#define RECORD_SIZE   4096 /* RFC 8188 §2: of the one record there is */
#define HEADER_SIZE   86   /* salt 16, record size 4, key's length 1, key 65 */
#define TAG_SIZE      16
#define SECRET_SIZE   32
#define KEY_SIZE      16
#define NONCE_SIZE    12
#define LAST_RECORD   2 /* the delimiter behind the plaintext of the last record */
#define DER_SIZE_MOST 80

/* A key of the curve from its public half and, when not NULL, its private one; NULL: no such point. */
static EVP_PKEY *
key_of(const unsigned char *public_key, const unsigned char *private_key)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *number = NULL;
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	ASSERT(context != NULL && builder != NULL);
	ASSERT(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, GROUP, 0) == 1);
	ASSERT(OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, public_key,
						SEAL_PUBLIC_SIZE) == 1);
	if (private_key != NULL) {
		number = BN_secure_new();
		ASSERT(number != NULL && BN_bin2bn(private_key, SEAL_PRIVATE_SIZE, number) != NULL);
		ASSERT(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1);
	}
	params = OSSL_PARAM_BLD_to_param(builder);
	ASSERT(params != NULL && EVP_PKEY_fromdata_init(context) == 1);
	if (public_key[0] != 4 ||
	    EVP_PKEY_fromdata(context, &key,
			      private_key != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
			      params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_clear_free(number);
	EVP_PKEY_CTX_free(context);
	return key;
}

static bool
pair_of(struct seal_port *port, const unsigned char private_key[static SEAL_PRIVATE_SIZE],
	struct seal_pair *ret_pair)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *number = BN_secure_new();
	EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
	bool good;

	(void)port;
	ASSERT(point != NULL && number != NULL);
	ASSERT(BN_bin2bn(private_key, SEAL_PRIVATE_SIZE, number) != NULL);
	BN_set_flags(number, BN_FLG_CONSTTIME);
	good = !BN_is_zero(number) && BN_cmp(number, EC_GROUP_get0_order(group)) < 0;
	if (good) {
		ASSERT(EC_POINT_mul(group, point, number, NULL, NULL, NULL) == 1);
		ASSERT(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
					  ret_pair->public_key, SEAL_PUBLIC_SIZE,
					  NULL) == SEAL_PUBLIC_SIZE);
		memcpy(ret_pair->private_key, private_key, SEAL_PRIVATE_SIZE);
	}
	EC_POINT_free(point);
	BN_clear_free(number);
	EC_GROUP_free(group);
	return good;
}

static bool
is_public(struct seal_port *port, const unsigned char public_key[static SEAL_PUBLIC_SIZE])
{
	EVP_PKEY *key = key_of(public_key, NULL);

	(void)port;
	EVP_PKEY_free(key);
	return key != NULL;
}

/* ECDH; false: the other's key is none. */
static bool
agree(const struct seal_pair *own, const unsigned char *other, unsigned char secret[SECRET_SIZE])
{
	EVP_PKEY *theirs = key_of(other, NULL);
	EVP_PKEY *ours = theirs != NULL ? key_of(own->public_key, own->private_key) : NULL;
	EVP_PKEY_CTX *context = NULL;
	size_t length = SECRET_SIZE;

	if (theirs == NULL)
		return false;
	ASSERT(ours != NULL);
	context = EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL);
	ASSERT(context != NULL && EVP_PKEY_derive_init(context) == 1);
	ASSERT(EVP_PKEY_derive_set_peer(context, theirs) == 1);
	ASSERT(EVP_PKEY_derive(context, secret, &length) == 1 && length == SECRET_SIZE);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(ours);
	EVP_PKEY_free(theirs);
	return true;
}

struct span {
	const void *bytes;
	size_t length;
};

/* HKDF with SHA-256 (RFC 5869), extract and expand. */
static void
derive(struct span salt, struct span from, struct span info, unsigned char *ret_key, size_t length)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){ "SHA256" }, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
						  (void *)(uintptr_t)salt.bytes, salt.length),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)from.bytes,
						  from.length),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
						  (void *)(uintptr_t)info.bytes, info.length),
		OSSL_PARAM_construct_end(),
	};

	ASSERT(context != NULL && EVP_KDF_derive(context, ret_key, length, params) == 1);
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
}

/* RFC 8291 §3.4 and RFC 8188 §2.2, §2.3. The infos end in a zero byte, which the literals have. */
static bool
derive_keys(const struct seal_order *order, unsigned char key[KEY_SIZE],
	    unsigned char nonce[NONCE_SIZE])
{
	static const char key_info[] = "Content-Encoding: aes128gcm";
	static const char nonce_info[] = "Content-Encoding: nonce";
	static const char push_info[] = "WebPush: info";
	unsigned char secret[SECRET_SIZE], from[SECRET_SIZE];
	unsigned char info[sizeof push_info + 2 * SEAL_PUBLIC_SIZE];
	struct span salt = { order->salt, SEAL_SALT_SIZE };

	if (!agree(order->once, order->to, secret))
		return false;
	memcpy(info, push_info, sizeof push_info);
	memcpy(info + sizeof push_info, order->to, SEAL_PUBLIC_SIZE);
	memcpy(info + sizeof push_info + SEAL_PUBLIC_SIZE, order->once->public_key,
	       SEAL_PUBLIC_SIZE);
	derive((struct span){ order->auth, SEAL_AUTH_SIZE }, (struct span){ secret, sizeof secret },
	       (struct span){ info, sizeof info }, from, sizeof from);
	derive(salt, (struct span){ from, sizeof from }, (struct span){ key_info, sizeof key_info },
	       key, KEY_SIZE);
	derive(salt, (struct span){ from, sizeof from },
	       (struct span){ nonce_info, sizeof nonce_info }, nonce, NONCE_SIZE);
	OPENSSL_cleanse(secret, sizeof secret);
	OPENSSL_cleanse(from, sizeof from);
	return true;
}

static void
put_header(const struct seal_order *order, unsigned char *to)
{
	memcpy(to, order->salt, SEAL_SALT_SIZE);
	to += SEAL_SALT_SIZE;
	*to++ = 0;
	*to++ = 0;
	*to++ = RECORD_SIZE >> 8;
	*to++ = RECORD_SIZE & 255;
	*to++ = SEAL_PUBLIC_SIZE;
	memcpy(to, order->once->public_key, SEAL_PUBLIC_SIZE);
}

static bool
seal(struct seal_port *port, const struct seal_order *order,
     unsigned char ret_sealed[static SEAL_SEALED_LIMIT])
{
	static const unsigned char last = LAST_RECORD;
	unsigned char key[KEY_SIZE], nonce[NONCE_SIZE], *to = ret_sealed + HEADER_SIZE;
	EVP_CIPHER_CTX *context;
	int written;

	(void)port;
	ASSERT(order->length <= SEAL_PLAIN_LIMIT);
	if (!derive_keys(order, key, nonce))
		return false;
	put_header(order, ret_sealed);
	context = EVP_CIPHER_CTX_new();
	ASSERT(context != NULL);
	ASSERT(EVP_EncryptInit_ex2(context, EVP_aes_128_gcm(), key, nonce, NULL) == 1);
	ASSERT(order->length == 0 ||
	       EVP_EncryptUpdate(context, to, &written, order->plain, (int)order->length) == 1);
	to += order->length;
	ASSERT(EVP_EncryptUpdate(context, to, &written, &last, 1) == 1 && written == 1);
	to++;
	ASSERT(EVP_EncryptFinal_ex(context, to, &written) == 1 && written == 0);
	ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, to) == 1);
	EVP_CIPHER_CTX_free(context);
	OPENSSL_cleanse(key, sizeof key);
	return true;
}

/* SEQUENCE { INTEGER r, INTEGER s } as two numbers of 32 bytes. */
static void
signature_raw(const unsigned char *der, size_t length,
	      unsigned char ret_signature[static SEAL_SIGNATURE_SIZE])
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)length);

	ASSERT(signature != NULL);
	ASSERT(BN_bn2binpad(ECDSA_SIG_get0_r(signature), ret_signature, 32) == 32);
	ASSERT(BN_bn2binpad(ECDSA_SIG_get0_s(signature), ret_signature + 32, 32) == 32);
	ECDSA_SIG_free(signature);
}

static void
sign(struct seal_port *port, const struct seal_pair *pair, const void *bytes, size_t length,
     unsigned char ret_signature[static SEAL_SIGNATURE_SIZE])
{
	EVP_PKEY *key = key_of(pair->public_key, pair->private_key);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char der[DER_SIZE_MOST];
	size_t written = sizeof der;

	(void)port;
	ASSERT(key != NULL && context != NULL);
	ASSERT(EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1);
	ASSERT(EVP_DigestSign(context, der, &written, bytes, length) == 1);
	signature_raw(der, written, ret_signature);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
}

struct seal_port *
seal_openssl(void)
{
	static struct seal_port port = { pair_of, is_public, seal, sign };

	return &port;
}
