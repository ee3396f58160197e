/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs of players: made from names, read, and asked for. */

#include "game/player_uuid.h"

#include <string.h>

#include "base/json.h"
#include "base/md5.h"
#include "model/name.h"

#define ANSWER_DEPTH_LIMIT 8

static void
put_dashed(const char digits[static 32], char uuid[static PLAYER_UUID_SIZE])
{
	size_t from = 0;

	for (size_t i = 0; i < PLAYER_UUID_SIZE - 1; i++)
		uuid[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : digits[from++];
	uuid[PLAYER_UUID_SIZE - 1] = '\0';
}

void
player_uuid_offline(const char *name, char ret_uuid[static PLAYER_UUID_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	CLEANUP(text_freep) char *text = text_format("OfflinePlayer:%s", name);
	unsigned char digest[MD5_SIZE];
	char digits[32];

	md5(text, strlen(text), digest);
	digest[6] = (unsigned char)((digest[6] & 0x0f) | 0x30); /* version 3 ... */
	digest[8] = (unsigned char)((digest[8] & 0x3f) | 0x80); /* ... of RFC 9562's variant */
	for (size_t i = 0; i < MD5_SIZE; i++) {
		digits[2 * i] = hex[digest[i] >> 4];
		digits[2 * i + 1] = hex[digest[i] & 15];
	}
	put_dashed(digits, ret_uuid);
}

bool
player_uuid_parse(const char *text, char ret_uuid[static PLAYER_UUID_SIZE])
{
	bool dashed = strlen(text) == PLAYER_UUID_SIZE - 1;
	char digits[32];
	size_t count = 0;

	if (!dashed && strlen(text) != sizeof digits)
		return false;
	for (size_t i = 0; text[i] != '\0'; i++) {
		char c = text[i];

		if (dashed && (i == 8 || i == 13 || i == 18 || i == 23)) {
			if (c != '-')
				return false;
			continue;
		}
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
		digits[count++] = c;
	}
	put_dashed(digits, ret_uuid);
	return true;
}

char *
profiles_question(const char *const *names, size_t count)
{
	CLEANUP(json_freep) json_t *list = json_array();

	ASSERT(count <= PROFILES_AT_ONCE);
	for (size_t i = 0; i < count; i++)
		ASSERT(json_array_append_new(list, json_string(names[i])) == 0);
	return json_text(list);
}

bool
profiles_parse(const char *bytes, size_t length,
	       struct profile ret_profiles[static PROFILES_AT_ONCE], size_t *ret_count)
{
	CLEANUP(json_freep) json_t *list = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);

	*ret_count = 0;
	if (!json_is_array(list) || json_is_deeper(list, ANSWER_DEPTH_LIMIT))
		return false;
	for (size_t i = 0; i < json_array_size(list) && *ret_count < PROFILES_AT_ONCE; i++) {
		const json_t *one = json_array_get(list, i);
		const char *name = json_get_text(one, "name", "");
		struct profile *to = &ret_profiles[*ret_count];

		if (!player_name_is_valid(name) ||
		    !player_uuid_parse(json_get_text(one, "id", ""), to->uuid))
			continue;
		(void)text_put(to->name, sizeof to->name, name);
		++*ret_count;
	}
	return true;
}
