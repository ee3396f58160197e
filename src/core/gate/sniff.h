/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SNIFF_H
#define ROOST_SNIFF_H

/*
 * The first bytes of a connection to a Minecraft listener (behind any PROXY
 * header): what is this? Hard only because a ping of the old days (fe, fe 01)
 * is also the length of a long modern frame, and two of its three forms end
 * without saying so: those are told apart by waiting a moment.
 */

#include "base/instant.h"

enum sniffed {
	SNIFFED_MODERN,		/* handshake_parse() is to read it */
	SNIFFED_LEGACY_1_3,	/* a ping; status_legacy_print() answers. Nothing to parse */
	SNIFFED_LEGACY_1_4,	/* the same */
	SNIFFED_LEGACY_1_6,	/* legacy_ping_parse() is to read it */
	SNIFFED_LEGACY_LOGIN,	/* legacy_login_parse() is to read it; then a legacy kick */
	SNIFFED_GARBAGE,	/* no Minecraft client: close without a word */
	SNIFFED_NOTHING_YET,	/* ask again when more has come, or the wait is over */
	SNIFFED_MAX
};

struct sniff {
	enum sniffed is;
	/*
	 * With SNIFFED_NOTHING_YET: how long to wait for another byte before asking
	 * again with `is_over`. 0: until the handshake's own deadline.
	 */
	struct duration wait;
};

/* `is_over`: the wait has passed, or the peer will send nothing more. */
struct sniff sniff(const unsigned char *bytes, size_t length, bool is_over);

#endif
