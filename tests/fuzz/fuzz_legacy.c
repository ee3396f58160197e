/* SPDX-License-Identifier: Apache-2.0 */
/* Clients before 1.7: their pings, their logins, and texts of any bytes in answer. */

#include "fuzz.h"
#include "wire/minecraft/legacy.h"

static enum wire_result
parse_ping(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct legacy_ping ping;
	enum wire_result result = legacy_ping_parse(bytes, length, &ping, ret_used);

	if (result == WIRE_DONE) {
		ASSERT(*ret_used <= LEGACY_PING_LIMIT);
		ASSERT(text_is_printable(ping.host, strlen(ping.host)));
	}
	return result;
}

static enum wire_result
parse_login(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct legacy_login login;
	enum wire_result result = legacy_login_parse(bytes, length, &login, ret_used);

	if (result == WIRE_DONE) {
		ASSERT(*ret_used <= LEGACY_PING_LIMIT);
		ASSERT(text_is_printable(login.name, strlen(login.name)));
		ASSERT(text_is_printable(login.host, strlen(login.host)));
	}
	return result;
}

static void
check_text(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)data, size);
	struct legacy_answer answer = { .version = text, .motd = text, .max = UINT32_MAX };
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;

	for (unsigned kind = LEGACY_1_3; kind <= LEGACY_1_6 + 1; kind++) {
		buf_clear(&printed);
		if (kind > LEGACY_1_6)
			legacy_kick_print(&printed, text);
		else
			legacy_answer_print(&printed, (enum legacy_kind)kind, &answer);
		ASSERT(printed.length <= 3 + 2 * LEGACY_TEXT_LIMIT);
		ASSERT((size_t)(printed.data[1] << 8 | printed.data[2]) * 2 + 3 == printed.length);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t used;

	(void)fuzz_every_split(parse_ping, data, size, &used);
	(void)fuzz_every_split(parse_login, data, size, &used);
	check_text(data, size);
	return 0;
}
