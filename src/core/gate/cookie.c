/* SPDX-License-Identifier: Apache-2.0 */
/* Cookies: see the header. */

#include "gate/cookie.h"

#include <sodium.h>
#include <string.h>

#define MINUTE_MS  60000
#define HIGH_LEAST 1500 /* of the upper half: see the header */

static uint32_t
cookie_of(const unsigned char *key, const struct ip *ip, uint16_t port, int64_t minute)
{
	unsigned char bytes[sizeof ip->bytes + 2 + 8], hash[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	uint32_t cookie;

	memcpy(bytes, ip->bytes, sizeof ip->bytes);
	memcpy(bytes + sizeof ip->bytes, &port, 2);
	memcpy(bytes + sizeof ip->bytes + 2, &minute, 8);
	(void)crypto_auth_hmacsha256_init(&state, key, COOKIE_KEY_SIZE);
	(void)crypto_auth_hmacsha256_update(&state, bytes, sizeof bytes);
	(void)crypto_auth_hmacsha256_final(&state, hash);
	memcpy(&cookie, hash, sizeof cookie);
	if (cookie >> 16 < HIGH_LEAST)
		cookie |= UINT32_C(1) << 31;
	return cookie == UINT32_MAX ? UINT32_MAX - 1 : cookie;
}

uint32_t
cookie_make(const unsigned char key[static COOKIE_KEY_SIZE], const struct ip *ip, uint16_t port,
	    struct instant now)
{
	return cookie_of(key, ip, port, now.ms / MINUTE_MS);
}

bool
cookie_is(const unsigned char key[static COOKIE_KEY_SIZE], const struct ip *ip, uint16_t port,
	  struct instant now, uint32_t cookie)
{
	uint32_t fresh = cookie_of(key, ip, port, now.ms / MINUTE_MS);
	uint32_t stale = cookie_of(key, ip, port, now.ms / MINUTE_MS - 1);

	/* Both are looked at, whichever it is. */
	int is_fresh = sodium_memcmp(&fresh, &cookie, sizeof cookie) == 0;
	int is_stale = sodium_memcmp(&stale, &cookie, sizeof cookie) == 0;

	return (is_fresh | is_stale) != 0;
}
