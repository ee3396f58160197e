/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RAKNET_MOTD_H
#define ROOST_RAKNET_MOTD_H

/*
 * The text of a Bedrock server's pong:
 *   MCPE;first line;protocol;version;online;max;server number;second line;mode;1;port;port of IPv6;
 * Source: minecraft.wiki "RakNet", unconnected pong. Fields behind the sixth are
 * often left out. A semicolon within a line is written `\;`.
 */

#include "base/buf.h"
#include "base/limits.h"

struct bedrock_motd {
	char line[2][MOTD_LIMIT];	/* printable; formatting marks (section signs) kept */
	int protocol;			/* -1: not told */
	char version[64];
	unsigned online, max;
	char mode[32];			/* Survival, Creative, ... */
	uint64_t server;		/* the server's number, as in the pong itself */
	uint16_t port, port_v6;		/* 0: not told */
};

/* False when it is not a Bedrock server's (Education Edition's MCEE counts as one). */
bool bedrock_motd_parse(const char *text, size_t length, struct bedrock_motd *ret_motd)
	must_check;
/* At most RAKNET_TEXT_LIMIT bytes: long lines are cut. */
void bedrock_motd_print(struct buf *to, const struct bedrock_motd *motd);

#endif
