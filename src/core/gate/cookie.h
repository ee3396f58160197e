/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_COOKIE_H
#define ROOST_COOKIE_H

/*
 * A number that only who is really at an address can send back, without anything
 * being kept for it: HMAC-SHA256 of the address, the port and the minute, cut to
 * the 32 bits that RakNet's cookie and A2S's challenge have. Guessing one takes
 * two thousand million datagrams in two minutes. Its upper half is never small: a
 * RakNet client that knows nothing of cookies reads that as the path's MTU.
 */

#include "base/address.h"
#include "base/instant.h"

#define COOKIE_KEY_SIZE 32

/* Never A2S_NO_CHALLENGE (-1). `now` is of any steady clock. */
uint32_t cookie_make(const unsigned char key[static COOKIE_KEY_SIZE], const struct ip *ip,
		     uint16_t port, struct instant now);

/* Was it made for them, a minute or two ago at most? */
bool cookie_is(const unsigned char key[static COOKIE_KEY_SIZE], const struct ip *ip, uint16_t port,
	       struct instant now, uint32_t cookie) must_check;

#endif
