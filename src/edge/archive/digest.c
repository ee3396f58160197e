/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by OpenSSL: see the header. */

#include "archive/digest.h"

#include <openssl/evp.h>

struct digest {
	EVP_MD_CTX *context;
};

struct digest *
digest_new(void)
{
	struct digest *digest = mem_new(sizeof *digest);

	digest->context = EVP_MD_CTX_new();
	ASSERT(digest->context != NULL);
	digest_begin(digest);
	return digest;
}

void
digest_free(struct digest *digest)
{
	if (digest == NULL)
		return;
	EVP_MD_CTX_free(digest->context);
	mem_free(digest);
}

void
digest_begin(struct digest *digest)
{
	ASSERT(EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) == 1);
}

void
digest_add(struct digest *digest, const void *bytes, size_t length)
{
	ASSERT(EVP_DigestUpdate(digest->context, bytes, length) == 1);
}

void
digest_end(struct digest *digest, char ret_text[static DIGEST_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[32];

	ASSERT(EVP_DigestFinal_ex(digest->context, bytes, NULL) == 1);
	for (size_t i = 0; i < sizeof bytes; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[64] = '\0';
}
