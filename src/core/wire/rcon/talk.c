/* SPDX-License-Identifier: Apache-2.0 */
/* One command by RCON: see the header. */

#include "wire/rcon/talk.h"

#include <string.h>

#define ID_SIGN_IN  1
#define ID_COMMAND  2
#define ID_SENTINEL 3
#define SENTINEL    RCON_ANSWER /* no server takes it for anything, and all but a few say so */

static void
send_packet(struct rcon_talk *talk, int32_t id, int32_t type, const char *text)
{
	rcon_packet_print(&talk->out,
			  &(struct rcon_packet){
				  .id = id, .type = type, .text = text, .length = strlen(text) });
}

void
rcon_talk_init(struct rcon_talk *talk, const char *password, const char *command)
{
	ASSERT(strlen(password) <= RCON_COMMAND_LIMIT && strlen(command) <= RCON_COMMAND_LIMIT);
	*talk = (struct rcon_talk){ .is = RCON_SIGNING_IN, .command = text_copy(command) };
	/* The password's bytes must not stay behind in memory that a growing buffer left. */
	buf_reserve(&talk->out, RCON_HEAD + RCON_SIZE_MIN + RCON_COMMAND_LIMIT);
	send_packet(talk, ID_SIGN_IN, RCON_SIGN_IN, password);
}

void
rcon_talk_sent(struct rcon_talk *talk)
{
	volatile unsigned char *at = talk->out.data;

	for (size_t i = 0; i < talk->out.length; i++)
		at[i] = 0;
	buf_clear(&talk->out);
}

void
rcon_talk_deinit(struct rcon_talk *talk)
{
	rcon_talk_sent(talk);
	buf_deinit(&talk->in);
	buf_deinit(&talk->out);
	buf_deinit(&talk->answer);
	mem_free(talk->command);
	*talk = (struct rcon_talk){ .is = RCON_OVER };
}

bool
rcon_talk_has_answer(const struct rcon_talk *talk)
{
	return talk->is == RCON_ANSWERING || talk->is == RCON_OVER;
}

static void
hear_sign_in(struct rcon_talk *talk, const struct rcon_packet *packet)
{
	/* Source says something empty first. */
	if (packet->type != RCON_SIGNED_IN)
		return;
	if (packet->id == ID_SIGN_IN) {
		talk->is = RCON_ASKED;
		send_packet(talk, ID_COMMAND, RCON_COMMAND, talk->command);
	} else {
		talk->is = packet->id == -1 ? RCON_WRONG_PASSWORD : RCON_NO_RCON;
	}
}

static void
hear_answer(struct rcon_talk *talk, const struct rcon_packet *packet)
{
	size_t room = RCON_ANSWER_LIMIT - talk->answer.length;

	if (packet->type != RCON_ANSWER)
		return;
	if (packet->id == ID_SENTINEL && talk->is == RCON_ANSWERING) {
		talk->is = RCON_OVER;
		return;
	}
	if (packet->id != ID_COMMAND)
		return;
	buf_put(&talk->answer, packet->text, packet->length < room ? packet->length : room);
	if (talk->is == RCON_ASKED)
		send_packet(talk, ID_SENTINEL, SENTINEL, "");
	talk->is = RCON_ANSWERING;
}

static bool
is_over(const struct rcon_talk *talk)
{
	return talk->is == RCON_OVER || talk->is == RCON_WRONG_PASSWORD || talk->is == RCON_NO_RCON;
}

enum rcon_talk_is
rcon_talk_hear(struct rcon_talk *talk, const void *bytes, size_t length)
{
	struct rcon_packet packet;
	size_t used = 0, at = 0;

	buf_put(&talk->in, bytes, length);
	while (!is_over(talk)) {
		enum wire_result result =
			rcon_packet_parse(talk->in.data + at, talk->in.length - at, &packet, &used);

		if (result == WIRE_MORE)
			break;
		if (result == WIRE_BAD) {
			talk->is = RCON_NO_RCON;
			break;
		}
		at += used;
		if (talk->is == RCON_SIGNING_IN)
			hear_sign_in(talk, &packet);
		else
			hear_answer(talk, &packet);
	}
	buf_drop(&talk->in, at);
	return talk->is;
}
