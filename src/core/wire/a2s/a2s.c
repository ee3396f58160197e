/* SPDX-License-Identifier: Apache-2.0 */
/* Source's server queries: see the header. */

#include "wire/a2s/a2s.h"

#include <string.h>

#define ASK_INFO       0x54
#define ASK_PLAYER     0x55
#define ASK_RULES      0x56
#define SAY_CHALLENGE  0x41
#define SAY_PLAYERS    0x44
#define SAY_RULES      0x45
#define SAY_INFO       0x49
#define HEAD	       5    /* 0xffffffff and the kind */
#define THE_SHIP       2400 /* the one game that puts three bytes of its own before the version */
#define THE_SHIP_BYTES 3

static const char info_words[] = "Source Engine Query"; /* sent with its end */

static int32_t
i32_at(const unsigned char *bytes)
{
	return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
			 (uint32_t)bytes[3] << 24);
}

static void
put_i32(unsigned char *to, int32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (unsigned char)((uint32_t)value >> (8 * i));
}

static bool
is_of_kind(const unsigned char *bytes, size_t length, unsigned char kind)
{
	return length >= HEAD && i32_at(bytes) == -1 && bytes[4] == kind;
}

static void
put_head(unsigned char *to, unsigned char kind)
{
	put_i32(to, -1);
	to[4] = kind;
}

bool
a2s_request_parse(const unsigned char *bytes, size_t length, struct a2s_request *ret_request)
{
	bool asks_players = is_of_kind(bytes, length, ASK_PLAYER);

	if (asks_players || is_of_kind(bytes, length, ASK_RULES)) {
		if (length != HEAD + 4)
			return false;
		*ret_request = (struct a2s_request){ .asks = asks_players ? A2S_PLAYER : A2S_RULES,
						     .has_challenge = true,
						     .challenge = i32_at(bytes + HEAD) };
		return true;
	}
	if (!is_of_kind(bytes, length, ASK_INFO) || length < HEAD + sizeof info_words ||
	    memcmp(bytes + HEAD, info_words, sizeof info_words) != 0)
		return false;
	bytes += HEAD + sizeof info_words;
	length -= HEAD + sizeof info_words;
	if (length != 0 && length != 4)
		return false;
	*ret_request = (struct a2s_request){ .asks = A2S_INFO,
					     .has_challenge = length == 4,
					     .challenge = length == 4 ? i32_at(bytes) : 0 };
	return true;
}

size_t
a2s_request_print(unsigned char to[static A2S_REQUEST_LIMIT], const struct a2s_request *request)
{
	size_t length = HEAD;

	put_head(to, request->asks == A2S_INFO	   ? ASK_INFO
		     : request->asks == A2S_PLAYER ? ASK_PLAYER
						   : ASK_RULES);
	if (request->asks == A2S_INFO) {
		memcpy(to + length, info_words, sizeof info_words);
		length += sizeof info_words;
		if (!request->has_challenge)
			return length;
	}
	put_i32(to + length, request->has_challenge ? request->challenge : A2S_NO_CHALLENGE);
	return length + 4;
}

bool
a2s_challenge_parse(const unsigned char *bytes, size_t length, int32_t *ret_challenge)
{
	if (!is_of_kind(bytes, length, SAY_CHALLENGE) || length < A2S_CHALLENGE_SIZE)
		return false;
	*ret_challenge = i32_at(bytes + HEAD);
	return true;
}

void
a2s_challenge_print(unsigned char to[static A2S_CHALLENGE_SIZE], int32_t challenge)
{
	put_head(to, SAY_CHALLENGE);
	put_i32(to + HEAD, challenge);
}

/* An answer as it is read from its front. */
struct rest {
	const unsigned char *at;
	size_t left;
};

static bool
text_take(struct rest *rest, const char **ret_text)
{
	const unsigned char *end = memchr(rest->at, '\0', rest->left);

	if (end == NULL)
		return false;
	*ret_text = (const char *)rest->at;
	rest->left -= (size_t)(end - rest->at) + 1;
	rest->at = end + 1;
	return true;
}

static bool
bytes_take(struct rest *rest, size_t size, const unsigned char **ret_bytes)
{
	if (rest->left < size)
		return false;
	*ret_bytes = rest->at;
	rest->at += size;
	rest->left -= size;
	return true;
}

bool
a2s_info_parse(const unsigned char *bytes, size_t length, struct a2s_info *ret_info)
{
	struct rest rest = { bytes, length };
	struct a2s_info info;
	const unsigned char *head, *numbers, *ship;

	if (!is_of_kind(bytes, length, SAY_INFO) || !bytes_take(&rest, HEAD + 1, &head) ||
	    !text_take(&rest, &info.name) || !text_take(&rest, &info.map) ||
	    !text_take(&rest, &info.folder) || !text_take(&rest, &info.game) ||
	    !bytes_take(&rest, 9, &numbers))
		return false;
	info.protocol = head[HEAD];
	info.id = (uint16_t)(numbers[0] | numbers[1] << 8);
	info.players = numbers[2];
	info.max = numbers[3];
	info.bots = numbers[4];
	info.type = (char)numbers[5];
	info.environment = (char)numbers[6];
	info.has_password = numbers[7] != 0;
	info.is_secured = numbers[8] != 0;
	if (info.id == THE_SHIP && !bytes_take(&rest, THE_SHIP_BYTES, &ship))
		return false;
	if (!text_take(&rest, &info.version))
		return false;
	*ret_info = info;
	return true;
}

static void
put_text(struct buf *to, const char *text)
{
	buf_put(to, text, strlen(text) + 1);
}

void
a2s_info_print(struct buf *to, const struct a2s_info *info)
{
	const unsigned char numbers[9] = { (unsigned char)info->id,
					   (unsigned char)(info->id >> 8),
					   info->players,
					   info->max,
					   info->bots,
					   (unsigned char)info->type,
					   (unsigned char)info->environment,
					   info->has_password,
					   info->is_secured };
	static const unsigned char ship[THE_SHIP_BYTES] = { 0 };
	unsigned char head[HEAD];

	put_head(head, SAY_INFO);
	buf_put(to, head, sizeof head);
	buf_put_byte(to, info->protocol);
	put_text(to, info->name);
	put_text(to, info->map);
	put_text(to, info->folder);
	put_text(to, info->game);
	buf_put(to, numbers, sizeof numbers);
	if (info->id == THE_SHIP)
		buf_put(to, ship, sizeof ship);
	put_text(to, info->version);
}

bool
a2s_players_parse(const unsigned char *bytes, size_t length, struct a2s_players *ret_players)
{
	if (!is_of_kind(bytes, length, SAY_PLAYERS) || length < HEAD + 1)
		return false;
	*ret_players = (struct a2s_players){ .at = bytes + HEAD + 1,
					     .left = length - HEAD - 1,
					     .count = bytes[HEAD] };
	return true;
}

size_t
a2s_none_print(unsigned char to[static A2S_NONE_LIMIT], enum a2s_asks asks)
{
	put_head(to, asks == A2S_PLAYER ? SAY_PLAYERS : SAY_RULES);
	to[HEAD] = to[HEAD + 1] = 0; /* a byte of players; two of rules */
	return asks == A2S_PLAYER ? HEAD + 1 : HEAD + 2;
}

bool
a2s_players_next(struct a2s_players *players, struct a2s_player *ret_player)
{
	struct rest rest = { players->at, players->left };
	const unsigned char *index, *numbers;
	const char *name;
	uint32_t seconds;

	if (players->count == 0 || !bytes_take(&rest, 1, &index) || !text_take(&rest, &name) ||
	    !bytes_take(&rest, 8, &numbers))
		return false;
	seconds = (uint32_t)i32_at(numbers + 4);
	*ret_player = (struct a2s_player){ .name = name, .score = i32_at(numbers) };
	memcpy(&ret_player->seconds, &seconds, sizeof seconds);
	*players = (struct a2s_players){ rest.at, rest.left, players->count - 1 };
	return true;
}
