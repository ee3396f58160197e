/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_LEGACY_H
#define ROOST_MINECRAFT_LEGACY_H

/*
 * Clients before 1.7: three forms of a ping that begins with 0xFE, a login that
 * begins with 0x02, and the one answer to all of them, a kick (0xFF) whose text
 * is UTF-16BE. Modern clients also ping so when a modern ping failed.
 */

#include "base/address.h"
#include "base/buf.h"
#include "base/limits.h"
#include "wire/wire.h"

enum legacy_kind {
	LEGACY_1_3,	/* fe			-> motd§online§max */
	LEGACY_1_4,	/* fe 01		-> §1\0protocol\0version\0motd\0online\0max */
	LEGACY_1_6	/* fe 01 fa MC|PingHost	-> the same, and the host is known */
};

#define LEGACY_PING_LIMIT 1024
#define LEGACY_TEXT_LIMIT 250	/* UTF-16 units; clients of the time refuse more than 256 */

struct legacy_ping {
	int protocol;
	char host[HOST_MAX + 1];	/* printable ASCII; else "" */
	int32_t port;
};

/*
 * The whole 1.6 form, from its 0xFE. (The others carry nothing; gate/sniff.h
 * tells which it is.)
 */
enum wire_result legacy_ping_parse(const unsigned char *bytes, size_t length,
				   struct legacy_ping *ret_ping, size_t *ret_used) must_check;

struct legacy_login {
	int protocol;
	char name[PLAYER_NAME_LIMIT + 1];
	char host[HOST_MAX + 1];	/* printable ASCII; else "" */
	int32_t port;
};

/* A login of 1.3 to 1.6. */
enum wire_result legacy_login_parse(const unsigned char *bytes, size_t length,
				    struct legacy_login *ret_login, size_t *ret_used) must_check;

struct legacy_answer {
	const char *version;	/* e.g. "1.7+" */
	const char *motd;	/* UTF-8; one line */
	unsigned online, max;
};

/*
 * Cut so that the text stays within LEGACY_TEXT_LIMIT. The protocol told is 127,
 * which no client has: every old client shows `version` instead of a green light.
 */
void legacy_answer_print(struct buf *to, enum legacy_kind kind, const struct legacy_answer *answer);

/* 0xFF with a reason; also the answer to a login of those days. */
void legacy_kick_print(struct buf *to, const char *text);

#endif
