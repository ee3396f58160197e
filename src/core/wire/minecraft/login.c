/* SPDX-License-Identifier: Apache-2.0 */
/* The login state: see the header. Layouts: minecraft-data, protocol.json of each version. */

#include "wire/minecraft/login.h"

#include <string.h>

#include "wire/minecraft/component.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/varint.h"
#include "wire/minecraft/version.h"

#define KEY_LIMIT 1024 /* of the key and the signature of 1.19: 294 and 512 bytes */

static bool
name_take(struct body_reader *reader, char to[static PLAYER_NAME_LIMIT + 1])
{
	size_t length;
	const char *name = body_text(reader, MINECRAFT_NAME_LIMIT, &length);

	if (reader->is_bad || length == 0)
		return false;
	for (size_t i = 0; i < length; i++)
		if (name[i] < 33 || name[i] > 126)
			return false;
	memcpy(to, name, length);
	to[length] = '\0';
	return true;
}

static void
uuid_take(struct body_reader *reader, struct login_start *login)
{
	const unsigned char *bytes = body_bytes(reader, sizeof login->uuid);

	if (reader->is_bad)
		return;
	login->has_uuid = true;
	memcpy(login->uuid, bytes, sizeof login->uuid);
}

/* What follows the name in a version's layout. */
static bool
rest_take(struct body_reader *reader, int32_t layout, struct login_start *login)
{
	size_t ignored;

	if ((layout == PROTOCOL_1_19 || layout == PROTOCOL_1_19_1) && body_bool(reader)) {
		(void)body_i64(reader);
		(void)body_text(reader, KEY_LIMIT, &ignored);
		(void)body_text(reader, KEY_LIMIT, &ignored);
	}
	if (layout >= PROTOCOL_1_20_2)
		uuid_take(reader, login);
	else if (layout >= PROTOCOL_1_19_1 && body_bool(reader))
		uuid_take(reader, login);
	return body_is_whole(reader);
}

enum wire_result
login_start_parse(const unsigned char *bytes, size_t length, int32_t protocol,
		  struct login_start *ret_login, size_t *ret_used)
{
	struct frame frame;
	struct login_start login = { .has_uuid = false };
	int32_t layout = version_layout(protocol);
	size_t used;
	enum wire_result result = frame_parse(bytes, length, LOGIN_FRAME_LIMIT, &frame, &used);

	if (result != WIRE_DONE)
		return result;
	if (frame.is_empty || frame.id != 0)
		return WIRE_BAD;

	struct body_reader reader = body_reader(&frame);

	if (!name_take(&reader, login.name))
		return WIRE_BAD;
	login.is_known = rest_take(&reader, layout, &login);
	if (!login.is_known) {
		if (layout <= PROTOCOL_NEWEST)
			return WIRE_BAD;
		login.has_uuid = false;
		memset(login.uuid, 0, sizeof login.uuid);
	}
	*ret_login = login;
	*ret_used = used;
	return WIRE_DONE;
}

void
login_start_print(struct buf *to, int32_t protocol, const struct login_start *login)
{
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;
	int32_t layout = version_layout(protocol);

	put_text(&body, login->name, strlen(login->name));
	if (layout == PROTOCOL_1_19 || layout == PROTOCOL_1_19_1)
		buf_put_byte(&body, 0);
	if (layout >= PROTOCOL_1_19_1 && layout < PROTOCOL_1_20_2)
		buf_put_byte(&body, login->has_uuid);
	if (layout >= PROTOCOL_1_20_2 || (layout >= PROTOCOL_1_19_1 && login->has_uuid))
		buf_put(&body, login->uuid, sizeof login->uuid);
	frame_print(to, 0, body.data, body.length);
}

void
login_disconnect_print(struct buf *to, const char *text)
{
	CLEANUP(buf_deinit) struct buf component = BUF_NULL, body = BUF_NULL;

	component_print(&component, text);
	put_text(&body, buf_text(&component), component.length);
	frame_print(to, 0, body.data, body.length);
}

enum wire_result
login_disconnect_parse(const unsigned char *bytes, size_t length, char *text, size_t size,
		       size_t *ret_used)
{
	CLEANUP(json_freep) json_t *component = NULL;
	CLEANUP(buf_deinit) struct buf flat = BUF_NULL;
	struct frame frame;
	size_t used, json_length;
	enum wire_result result = frame_parse(bytes, length, STATUS_TEXT_LIMIT, &frame, &used);

	if (result != WIRE_DONE)
		return result;
	if (frame.is_empty || frame.id != 0)
		return WIRE_BAD;

	struct body_reader reader = body_reader(&frame);
	const char *json = body_text(&reader, STATUS_TEXT_LIMIT, &json_length);

	if (!body_is_whole(&reader))
		return WIRE_BAD;
	component = json_loadb(json, json_length, JSON_DECODE_ANY, NULL);
	component_flatten(component, &flat, size);
	text_clean(text, size, buf_text(&flat), flat.length);
	*ret_used = used;
	return WIRE_DONE;
}

void
login_plugin_request_print(unsigned char to[static PLUGIN_REQUEST_SIZE], int32_t transaction)
{
	static const char channel[] = HOLD_CHANNEL;
	size_t at = 2 + VARINT_LIMIT;

	_Static_assert(2 + VARINT_LIMIT + 1 + sizeof channel - 1 == PLUGIN_REQUEST_SIZE,
		       "the size in the header");
	to[0] = PLUGIN_REQUEST_SIZE - 1;
	to[1] = 0x04;
	ASSERT(varint_print(to + 2, transaction) == VARINT_LIMIT);
	to[at++] = sizeof channel - 1;
	memcpy(to + at, channel, sizeof channel - 1);
}

/* Is it already certain that these bytes begin a frame of another id? */
static bool
is_other_frame(const unsigned char *bytes, size_t length, int32_t id)
{
	int32_t value;
	size_t head, ignored;

	if (varint_parse(bytes, length, &value, &head) != WIRE_DONE)
		return false;
	if (value == 0)
		return true;
	return varint_parse(bytes + head, length - head, &value, &ignored) == WIRE_DONE &&
	       value != id;
}

enum wire_result
login_plugin_response_parse(const unsigned char *bytes, size_t length,
			    struct plugin_response *ret_response, size_t *ret_used)
{
	struct frame frame;
	struct plugin_response response;
	size_t used;
	enum wire_result result;

	if (is_other_frame(bytes, length, 0x02))
		return WIRE_BAD;
	result = frame_parse(bytes, length, HOLD_ANSWER_LIMIT, &frame, &used);
	if (result != WIRE_DONE)
		return result;
	if (frame.is_empty || frame.id != 0x02)
		return WIRE_BAD;

	struct body_reader reader = body_reader(&frame);

	response.transaction = body_varint(&reader);
	response.is_understood = body_bool(&reader);
	if (reader.is_bad)
		return WIRE_BAD;
	response.data = reader.at;
	response.length = reader.left;
	*ret_response = response;
	*ret_used = used;
	return WIRE_DONE;
}

void
login_plugin_response_print(struct buf *to, int32_t transaction, bool understood)
{
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;

	put_varint(&body, transaction);
	buf_put_byte(&body, understood);
	frame_print(to, 0x02, body.data, body.length);
}

/* 1.7.2 wants the digits alone, later ones the dashes too, and from 1.16 it is bytes. */
static void
put_uuid(struct buf *to, int32_t layout, const unsigned char uuid[static 16])
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	if (layout >= PROTOCOL_1_16) {
		buf_put(to, uuid, 16);
		return;
	}
	for (size_t i = 0; i < 16; i++) {
		if (layout >= PROTOCOL_1_7_6 && (i == 4 || i == 6 || i == 8 || i == 10))
			buf_put_byte(&text, '-');
		buf_format(&text, "%02x", uuid[i]);
	}
	put_text(to, buf_text(&text), text.length);
}

void
login_success_print(struct buf *to, int32_t protocol, const char *name,
		    const unsigned char uuid[static 16])
{
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;
	int32_t layout = version_layout(protocol);

	put_uuid(&body, layout, uuid);
	put_text(&body, name, strlen(name));
	if (layout >= PROTOCOL_1_19)
		put_varint(&body, 0); /* no properties */
	if (layout >= PROTOCOL_1_20_5 && layout < PROTOCOL_1_21_2)
		buf_put_byte(&body, 0); /* not strict about errors */
	frame_print(to, 0x02, body.data, body.length);
}
