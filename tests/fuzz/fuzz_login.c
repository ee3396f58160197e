/* SPDX-License-Identifier: Apache-2.0 */
/* The login state: four bytes of protocol, then what a client or a server sends. */

#include "base/limits.h"
#include "fuzz.h"
#include "wire/minecraft/login.h"
#include "wire/minecraft/version.h"

static int32_t protocol;

static enum wire_result
parse_start(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct login_start login;

	return login_start_parse(bytes, length, protocol, &login, ret_used);
}

static enum wire_result
parse_answer(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct plugin_response response;

	return login_plugin_response_parse(bytes, length, &response, ret_used);
}

static enum wire_result
parse_disconnect(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	char text[100];
	enum wire_result result =
		login_disconnect_parse(bytes, length, text, sizeof text, ret_used);

	if (result == WIRE_DONE)
		ASSERT(text_is_printable(text, strlen(text)));
	return result;
}

static void
check_start(const uint8_t *data, size_t size)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct login_start login, back;
	size_t used;

	if (fuzz_every_split(parse_start, data, size, &used) != WIRE_DONE)
		return;
	ASSERT(used <= LOGIN_FRAME_LIMIT);
	ASSERT(login_start_parse(data, size, protocol, &login, &used) == WIRE_DONE);
	ASSERT(strlen(login.name) > 0 && text_is_printable(login.name, strlen(login.name)));
	ASSERT(login.is_known || version_layout(protocol) > PROTOCOL_NEWEST);
	if (!login.is_known)
		return;
	login_start_print(&printed, protocol, &login);
	ASSERT(login_start_parse(printed.data, printed.length, protocol, &back, &used) ==
	       WIRE_DONE);
	ASSERT(strcmp(back.name, login.name) == 0 && back.has_uuid == login.has_uuid);
	ASSERT(memcmp(back.uuid, login.uuid, sizeof back.uuid) == 0);
}

/* Text of any bytes: what a player would read is never more than the text. */
static void
check_reason(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)data, size);
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	char back[64];
	size_t used;

	if (size > 2000)
		return;
	login_disconnect_print(&printed, text);
	ASSERT(login_disconnect_parse(printed.data, printed.length, back, sizeof back, &used) ==
	       WIRE_DONE);
	ASSERT(used == printed.length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t used;

	if (size < 4)
		return 0;
	memcpy(&protocol, data, 4);
	data += 4;
	size -= 4;
	check_start(data, size);
	(void)fuzz_every_split(parse_answer, data, size, &used);
	(void)fuzz_every_split(parse_disconnect, data, size, &used);
	check_reason(data, size);
	return 0;
}
