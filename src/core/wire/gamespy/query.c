/* SPDX-License-Identifier: Apache-2.0 */
/* The query of GameSpy: see the header. A text that is not ended within the datagram is refused. */

#include "wire/gamespy/query.h"

#include <string.h>

#define TYPE_STATUS    0x00
#define TYPE_HANDSHAKE 0x09
#define REPLY_HEAD     5 /* type, session */
#define COUNT_BOUND    1000000000u

/* Between the head of a full status and its pairs, and between these and the players. */
static const unsigned char pairs_mark[11] = { 's', 'p', 'l',  'i',  't', 'n',
					      'u', 'm', 0x00, 0x80, 0x00 };
static const unsigned char players_mark[10] = { 0x01, 'p', 'l', 'a', 'y', 'e', 'r', '_', 0, 0 };

static uint32_t
u32_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static void
put_u32(unsigned char *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (unsigned char)(value >> (24 - 8 * i));
}

bool
gamespy_request_parse(const unsigned char *bytes, size_t length,
		      struct gamespy_request *ret_request)
{
	if (length < 7 || bytes[0] != 0xfe || bytes[1] != 0xfd)
		return false;
	if (bytes[2] == TYPE_HANDSHAKE) {
		*ret_request = (struct gamespy_request){ .asks = GAMESPY_HANDSHAKE,
							 .session = u32_at(bytes + 3) };
		return true;
	}
	if (bytes[2] != TYPE_STATUS || (length != 11 && length != 15))
		return false;
	*ret_request =
		(struct gamespy_request){ .asks = length == 15 ? GAMESPY_FULL : GAMESPY_BASIC,
					  .session = u32_at(bytes + 3),
					  .challenge = (int32_t)u32_at(bytes + 7) };
	return true;
}

size_t
gamespy_request_print(unsigned char to[static GAMESPY_REQUEST_LIMIT],
		      const struct gamespy_request *request)
{
	memset(to, 0, GAMESPY_REQUEST_LIMIT);
	to[0] = 0xfe;
	to[1] = 0xfd;
	to[2] = request->asks == GAMESPY_HANDSHAKE ? TYPE_HANDSHAKE : TYPE_STATUS;
	put_u32(to + 3, request->session);
	if (request->asks == GAMESPY_HANDSHAKE)
		return 7;
	put_u32(to + 7, (uint32_t)request->challenge);
	return request->asks == GAMESPY_FULL ? 15 : 11;
}

/* A datagram as it is read from its front. */
struct rest {
	const unsigned char *at;
	size_t left;
};

static bool
head_take(struct rest *rest, unsigned char type, uint32_t session)
{
	if (rest->left < REPLY_HEAD || rest->at[0] != type ||
	    ((u32_at(rest->at + 1) ^ session) & GAMESPY_SESSION_MASK) != 0)
		return false;
	rest->at += REPLY_HEAD;
	rest->left -= REPLY_HEAD;
	return true;
}

/* NULL: not ended. */
static const char *
text_take(struct rest *rest)
{
	const unsigned char *text = rest->at, *end = memchr(text, '\0', rest->left);

	if (end == NULL)
		return NULL;
	rest->left -= (size_t)(end - text) + 1;
	rest->at = end + 1;
	return (const char *)text;
}

static bool
mark_take(struct rest *rest, const unsigned char *mark, size_t size)
{
	if (rest->left < size || memcmp(rest->at, mark, size) != 0)
		return false;
	rest->at += size;
	rest->left -= size;
	return true;
}

static bool
count_read(const char *text, unsigned *ret_count)
{
	unsigned count = 0;

	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || count > COUNT_BOUND / 10)
			return false;
		count = count * 10 + (unsigned)(*text - '0');
	}
	*ret_count = count;
	return true;
}

bool
gamespy_challenge_parse(const unsigned char *bytes, size_t length, uint32_t session,
			int32_t *ret_challenge)
{
	struct rest rest = { bytes, length };
	const char *text;
	int64_t value = 0;
	bool negative;

	if (!head_take(&rest, TYPE_HANDSHAKE, session) || (text = text_take(&rest)) == NULL)
		return false;
	negative = *text == '-';
	text += negative;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || value > INT32_MAX)
			return false;
		value = value * 10 + (*text - '0');
	}
	if (value > (int64_t)INT32_MAX + negative)
		return false;
	*ret_challenge = (int32_t)(negative ? -value : value);
	return true;
}

bool
gamespy_basic_parse(const unsigned char *bytes, size_t length, uint32_t session,
		    struct gamespy_basic *ret_basic)
{
	struct rest rest = { bytes, length };
	struct gamespy_basic basic = { 0 };

	if (!head_take(&rest, TYPE_STATUS, session))
		return false;
	basic.motd = text_take(&rest);
	basic.type = basic.motd != NULL ? text_take(&rest) : NULL;
	basic.map = basic.type != NULL ? text_take(&rest) : NULL;
	if (basic.map == NULL || !count_read(text_take(&rest), &basic.online) ||
	    !count_read(text_take(&rest), &basic.max) || rest.left < 2)
		return false;
	basic.port = (uint16_t)(rest.at[0] | rest.at[1] << 8); /* little-endian, this one alone */
	rest.at += 2;
	rest.left -= 2;
	basic.host = text_take(&rest);
	if (basic.host == NULL)
		return false;
	*ret_basic = basic;
	return true;
}

/* The pairs and the empty key behind them. */
static bool
pairs_take(struct rest *rest, struct gamespy_full *full)
{
	unsigned pairs = 0, counts = 0;

	for (;;) {
		const char *key = text_take(rest), *value;

		if (key == NULL)
			return false;
		if (*key == '\0')
			return counts == 3;
		value = text_take(rest);
		if (value == NULL || ++pairs > GAMESPY_PAIRS_LIMIT)
			return false;
		if (strcmp(key, "hostname") == 0)
			full->motd = value;
		else if (strcmp(key, "version") == 0)
			full->version = value;
		else if (strcmp(key, "map") == 0)
			full->map = value;
		else if (strcmp(key, "numplayers") == 0 && count_read(value, &full->online))
			counts |= 1;
		else if (strcmp(key, "maxplayers") == 0 && count_read(value, &full->max))
			counts |= 2;
	}
}

bool
gamespy_full_parse(const unsigned char *bytes, size_t length, uint32_t session,
		   struct gamespy_full *ret_full)
{
	struct rest rest = { bytes, length };
	struct gamespy_full full = { .motd = "", .version = "", .map = "" };
	const char *name;

	if (!head_take(&rest, TYPE_STATUS, session) ||
	    !mark_take(&rest, pairs_mark, sizeof pairs_mark) || !pairs_take(&rest, &full) ||
	    !mark_take(&rest, players_mark, sizeof players_mark))
		return false;
	full.players = (const char *)rest.at;
	while ((name = text_take(&rest)) != NULL && *name != '\0')
		full.player_count++;
	if (name == NULL)
		return false;
	*ret_full = full;
	return true;
}
