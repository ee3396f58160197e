/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as Mojang's answer: what is taken of it are names and UUIDs. */

#include "fuzz.h"
#include "game/player_uuid.h"
#include "model/name.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile profiles[PROFILES_AT_ONCE];
	unsigned char *copy = fuzz_copy(data, size);
	size_t count = 0;

	if (!profiles_parse((const char *)copy, size, profiles, &count))
		ASSERT(count == 0);
	for (size_t i = 0; i < count; i++) {
		char again[PLAYER_UUID_SIZE];

		ASSERT(player_name_is_valid(profiles[i].name));
		ASSERT(player_uuid_parse(profiles[i].uuid, again) &&
		       strcmp(again, profiles[i].uuid) == 0);
	}
	free(copy);
	return 0;
}
