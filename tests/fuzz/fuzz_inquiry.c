/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A game that answers anything to our questions. The first byte says which game; then
 * datagrams, each behind a byte that is its length (0: nothing came in time). What is asked is
 * bounded, and what is told of the game can be shown to people.
 */

#include "base/json.h"
#include "fuzz.h"
#include "game/inquiry.h"
#include "wire/gamespy/query.h"

#define NONCE UINT64_C(0x0102030405060708)

static void
check_answer(const struct probe_answer *answer)
{
	CLEANUP(json_freep) json_t *motd = NULL;

	ASSERT(answer->name_count <= ELEMENTS(answer->names) && answer->status_json == NULL);
	ASSERT(text_is_printable(answer->version, strlen(answer->version)));
	ASSERT(text_is_printable(answer->motd, strlen(answer->motd)));
	for (size_t i = 0; i < answer->name_count; i++)
		ASSERT(answer->names[i][0] != '\0' &&
		       text_is_printable(answer->names[i], strlen(answer->names[i])));
	if (answer->motd[0] == '\0')
		return;
	motd = json_loads(answer->motd, JSON_DECODE_ANY, NULL);
	ASSERT(motd != NULL);
}

/* False: it is over. */
static bool
hear(struct inquiry *inquiry, const uint8_t *bytes, size_t length)
{
	unsigned char asked[INQUIRY_ASK_LIMIT];
	unsigned char *copy = fuzz_copy(bytes, length);
	enum inquiry_step before = inquiry->step;
	bool is_new = false;
	enum inquiry_is is =
		length > 0 ? inquiry_hear(inquiry, copy, length, &is_new) : inquiry_retry(inquiry);

	free(copy);
	ASSERT(inquiry->step >= before && (!is_new || is == INQUIRY_OPEN));
	ASSERT(inquiry_ask(inquiry, asked) <= sizeof asked && inquiry_ask(inquiry, asked) > 0);
	return is == INQUIRY_OPEN;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum game games[] = { GAME_MINECRAFT_JAVA, GAME_MINECRAFT_BEDROCK,
					   GAME_SOURCE };
	struct inquiry inquiry;
	bool goes_on = true;

	if (size == 0)
		return 0;
	inquiry_init(&inquiry, games[data[0] % ELEMENTS(games)], NONCE);
	for (size_t at = 1; at < size && goes_on;) {
		size_t length = data[at++];

		length = length < size - at ? length : size - at;
		goes_on = hear(&inquiry, data + at, length);
		at += length;
	}
	check_answer(&inquiry.answer);
	inquiry_deinit(&inquiry);
	return 0;
}
