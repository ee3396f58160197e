/* SPDX-License-Identifier: Apache-2.0 */
/* What the stand-in sends that looks different in each version of the game. */

#include <string.h>

#include "practice/inner.h"
#include "practice/roll.h"
#include "wire/minecraft/component.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/status.h"
#include "wire/minecraft/version.h"

#define SAMPLE_LIMIT 12 /* names in the server list, as vanilla has it */

static const struct play_packets {
	int32_t from;
	int32_t keep_alive;
	enum { NUMBER_I32, NUMBER_VARINT, NUMBER_I64 } number;
	int32_t disconnect;
	int32_t chat;
} play[] = {
#define PLAY(from, keep_alive, number, disconnect, chat) \
	{ from, keep_alive, NUMBER_##number, disconnect, chat },
#include "practice/play_packet.def"
};

static const struct play_packets *
packets_of(int32_t protocol)
{
	const struct play_packets *found = &play[0];

	for (size_t i = 1; i < ELEMENTS(play) && play[i].from <= protocol; i++)
		found = &play[i];
	return found;
}

int32_t
game_chat_id(int32_t protocol)
{
	int32_t layout = version_layout(protocol);

	return layout >= PROTOCOL_1_20_2 ? -1 : packets_of(layout)->chat;
}

void
game_keep_alive_print(int32_t protocol, int64_t number, struct buf *to)
{
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;
	int32_t layout = version_layout(protocol);
	const struct play_packets *packets = packets_of(layout);
	int32_t small = (int32_t)(number & 0x7fff);

	if (layout >= PROTOCOL_1_20_2) {
		put_i64(&body, number);
		frame_print(to, layout >= PROTOCOL_1_20_5 ? 0x04 : 0x03, body.data, body.length);
		return;
	}
	if (packets->number == NUMBER_I32)
		put_i32(&body, small);
	else if (packets->number == NUMBER_VARINT)
		put_varint(&body, small);
	else
		put_i64(&body, number);
	frame_print(to, packets->keep_alive, body.data, body.length);
}

/* In the play state (before 1.20.2) or in configuration, where it is NBT from 1.20.3. */
void
game_disconnect_print(int32_t protocol, const char *why, struct buf *to)
{
	CLEANUP(buf_deinit) struct buf component = BUF_NULL, body = BUF_NULL;
	int32_t layout = version_layout(protocol), id = packets_of(layout)->disconnect;

	if (layout >= PROTOCOL_1_20_2)
		id = layout >= PROTOCOL_1_20_5 ? 0x02 : 0x01;
	if (layout >= PROTOCOL_1_20_3) {
		buf_put_byte(&body, 0x08); /* a text component may be a single NBT string */
		put_u16(&body, (uint16_t)strlen(why));
		buf_put_text(&body, why);
	} else {
		component_print(&component, why);
		put_text(&body, buf_text(&component), component.length);
	}
	frame_print(to, id, body.data, body.length);
}

static void
put_sample(const struct practice *practice, struct buf *json)
{
	char uuid[UUID_TEXT_SIZE];
	unsigned told = 0;

	buf_put_text(json, ",\"sample\":[");
	for (size_t i = 0; i < practice->visitor_count && told < SAMPLE_LIMIT; i++) {
		if (!visitor_is_player(practice->visitors[i]) || practice->options.hide_players)
			continue;
		uuid_text(practice->visitors[i]->uuid, uuid);
		buf_put_text(json, told > 0 ? ",{\"name\":" : "{\"name\":");
		component_print_string(json, practice->visitors[i]->name);
		buf_format(json, ",\"id\":\"%s\"}", uuid);
		told++;
	}
	buf_put_byte(json, ']');
}

void
game_status_print(const struct practice *practice, int32_t protocol, struct buf *to)
{
	CLEANUP(buf_deinit) struct buf json = BUF_NULL;
	const char *name = version_name(protocol);

	buf_put_text(&json, "{\"version\":{\"name\":");
	component_print_string(&json, name != NULL ? name : "practice");
	buf_format(&json, ",\"protocol\":%d},\"players\":{\"max\":%u,\"online\":%u",
		   protocol < 0 ? PROTOCOL_NEWEST : protocol, practice->options.max,
		   practice_players(practice));
	put_sample(practice, &json);
	buf_put_text(&json, "},\"description\":{\"text\":\"\",\"extra\":[");
	component_print(&json, practice->options.motd);
	buf_put_text(&json, ",{\"text\":\"\\n" STAND_IN "\",\"color\":\"gray\"}]}}");
	status_response_print(to, buf_text(&json), json.length);
}
