/* SPDX-License-Identifier: Apache-2.0 */
/* GameSpy's query, both sides. */

#include "fuzz.h"
#include "wire/gamespy/query.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = fuzz_copy(data, size);
	unsigned char printed[GAMESPY_REQUEST_LIMIT];
	struct gamespy_request request, back;
	struct gamespy_basic basic;
	struct gamespy_full full;
	size_t there = 0;
	int32_t challenge;

	if (gamespy_request_parse(copy, size, &request)) {
		size_t length = gamespy_request_print(printed, &request);

		ASSERT(gamespy_request_parse(printed, length, &back));
		ASSERT(back.asks == request.asks && back.session == request.session);
		ASSERT(back.challenge == request.challenge);
	}
	(void)!gamespy_challenge_parse(copy, size, 1, &challenge);
	if (gamespy_basic_parse(copy, size, 1, &basic))
		ASSERT(strlen(basic.host) + strlen(basic.motd) < size);
	if (gamespy_full_parse(copy, size, 1, &full)) {
		for (size_t i = 0; i < full.player_count; i++)
			there += strlen(full.players + there) + 1;
		ASSERT(there < size && strlen(full.version) < size);
	}
	free(copy);
	return 0;
}
