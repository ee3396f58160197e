/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of several datagrams: see the header. */

#include "wire/a2s/split.h"

#define HEAD	   12 /* mark, id, total, number, size of a part */
#define COMPRESSED 0x80000000u

static uint32_t
u32_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

void
a2s_split_deinit(struct a2s_split *split)
{
	for (size_t i = 0; i < A2S_PARTS_LIMIT; i++)
		buf_deinit(&split->parts[i]);
	*split = (struct a2s_split){ 0 };
}

bool
a2s_is_part(const unsigned char *bytes, size_t length)
{
	return length >= 4 && u32_at(bytes) == 0xfffffffeu;
}

enum wire_result
a2s_split_add(struct a2s_split *split, const unsigned char *bytes, size_t length,
	      struct buf *ret_whole)
{
	uint32_t id, all;
	unsigned total, number;

	if (!a2s_is_part(bytes, length) || length <= HEAD || length - HEAD > A2S_PART_LIMIT)
		return WIRE_BAD;
	id = u32_at(bytes + 4);
	total = bytes[8];
	number = bytes[9];
	if ((id & COMPRESSED) != 0 || total == 0 || total > A2S_PARTS_LIMIT || number >= total)
		return WIRE_BAD;
	if (split->total != total || split->id != id)
		a2s_split_deinit(split);
	split->id = id;
	split->total = total;
	split->have |= UINT32_C(1) << number;
	buf_clear(&split->parts[number]);
	buf_put(&split->parts[number], bytes + HEAD, length - HEAD);
	all = total == 32 ? UINT32_MAX : (UINT32_C(1) << total) - 1;
	if (split->have != all)
		return WIRE_MORE;
	buf_clear(ret_whole);
	for (unsigned i = 0; i < total; i++)
		buf_put(ret_whole, split->parts[i].data, split->parts[i].length);
	a2s_split_deinit(split);
	return WIRE_DONE;
}
