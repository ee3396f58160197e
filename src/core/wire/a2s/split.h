/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_A2S_SPLIT_H
#define ROOST_A2S_SPLIT_H

/*
 * An answer of Source that came in several datagrams, put together whatever their
 * order. Source: developer.valvesoftware.com "Server queries", multi-packet
 * response format. Bounded: A2S_PARTS_LIMIT parts of A2S_PART_LIMIT bytes, one
 * answer at a time. Compressed answers (bzip2; only games of 2006 send them) and
 * the form of GoldSrc are refused.
 */

#include "base/buf.h"
#include "wire/wire.h"

#define A2S_PARTS_LIMIT 32	/* 255 players with long names need about ten */
#define A2S_PART_LIMIT 4096	/* real ones have at most 1248 bytes behind their head */

struct a2s_split {
	uint32_t id;
	unsigned total;		/* 0: none has come */
	uint32_t have;		/* bit n: part n has come */
	struct buf parts[A2S_PARTS_LIMIT];
};

void a2s_split_deinit(struct a2s_split *split);

/* Is it a part of one, to be given to a2s_split_add()? */
bool a2s_is_part(const unsigned char *bytes, size_t length);

/*
 * One part. WIRE_DONE when the answer is whole: it is put into `ret_whole`
 * (emptied before), and the next may begin. A part of another answer than the
 * one begun starts that one. WIRE_BAD changes nothing.
 */
enum wire_result a2s_split_add(struct a2s_split *split, const unsigned char *bytes,
			       size_t length, struct buf *ret_whole) must_check;

#endif
