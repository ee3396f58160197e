/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBSOCKET_UTF8_H
#define ROOST_WEBSOCKET_UTF8_H

/*
 * Is it UTF-8 (RFC 3629 §4), asked piece by piece: a text message may be cut anywhere,
 * also within a character (RFC 6455 §5.6), and a wrong byte is to be noticed at once.
 */

#include "base/base.h"

struct websocket_utf8 {
	uint8_t left;		/* bytes that the character under way still needs */
	uint8_t low, high;	/* what the next of them may be */
};

#define WEBSOCKET_UTF8_NULL ((struct websocket_utf8){ 0 })

/* False: no continuation can make it right. */
bool websocket_utf8_take(struct websocket_utf8 *u, const unsigned char *bytes, size_t length)
	must_check;

/* May the text end here? */
static inline bool
websocket_utf8_is_whole(const struct websocket_utf8 *u)
{
	return u->left == 0;
}

#endif
