/* SPDX-License-Identifier: Apache-2.0 */
/* Source's queries: answers whole, and the parts of one, each behind a byte that is its length. */

#include "fuzz.h"
#include "wire/a2s/a2s.h"
#include "wire/a2s/split.h"

static void
try_whole(const uint8_t *data, size_t size)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	unsigned char *copy = fuzz_copy(data, size);
	unsigned char asked[A2S_REQUEST_LIMIT];
	struct a2s_request request;
	struct a2s_info info;
	struct a2s_players players;
	struct a2s_player player;
	unsigned count = 0;

	if (a2s_request_parse(copy, size, &request))
		ASSERT(a2s_request_print(asked, &request) == size &&
		       memcmp(asked, copy, size) == 0);
	if (a2s_info_parse(copy, size, &info)) {
		struct a2s_info back;

		a2s_info_print(&printed, &info);
		ASSERT(printed.length <= size);
		ASSERT(a2s_info_parse(printed.data, printed.length, &back));
		ASSERT(back.players == info.players && strcmp(back.version, info.version) == 0);
	}
	if (a2s_players_parse(copy, size, &players)) {
		while (a2s_players_next(&players, &player))
			count += strlen(player.name) < size;
		ASSERT(count <= UINT8_MAX);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_deinit) struct buf whole = BUF_NULL;
	struct a2s_split split = { 0 };

	try_whole(data, size);
	for (size_t at = 0; at < size;) {
		size_t part = data[at++];

		part = part < size - at ? part : size - at;
		if (a2s_split_add(&split, data + at, part, &whole) == WIRE_DONE)
			try_whole(whole.data, whole.length);
		at += part;
	}
	a2s_split_deinit(&split);
	return 0;
}
