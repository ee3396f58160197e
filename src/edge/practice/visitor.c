/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to the stand-in. It is as strict as a real server where that
 * shows a fault of who is in front of it: an answer to a question that it never
 * asked ends the login.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "practice/inner.h"
#include "practice/roll.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/handshake.h"
#include "wire/minecraft/legacy.h"
#include "wire/minecraft/login.h"
#include "wire/minecraft/status.h"
#include "wire/minecraft/version.h"
#include "wire/proxyproto.h"

#define LOGIN_WITHIN	 DURATION_S(30) /* as a real server has it */
#define KEEP_ALIVE_EVERY DURATION_S(10)
#define GREETING	 "Hello. " STAND_IN ": it repeats every line.\n"

enum heard {
	HEARD_AND_ON, /* look at what is left */
	HEARD_ENOUGH, /* wait for more */
	HEARD_WRONG   /* close */
};

struct visitor *
visitor_new(const struct practice *practice, int fd, const struct visitor_place *from,
	    struct instant now)
{
	struct visitor *visitor = mem_new(sizeof *visitor);

	visitor->fd = fd;
	visitor->is = practice->options.proxy_protocol ? VISITOR_PROXIED : VISITOR_NEW;
	visitor->since = now;
	visitor->from = *from;
	return visitor;
}

void
visitor_free(struct visitor *visitor)
{
	(void)close(visitor->fd);
	buf_deinit(&visitor->in);
	buf_deinit(&visitor->out);
	mem_free(visitor);
}

bool
visitor_is_player(const struct visitor *visitor)
{
	return instant_is_set(visitor->entered);
}

void
visitor_send_away(struct visitor *visitor, const char *why)
{
	if (visitor->is == VISITOR_IN_GAME)
		game_disconnect_print(visitor->protocol, why, &visitor->out);
	else if (visitor->is == VISITOR_ECHOED)
		buf_format(&visitor->out, "%s\n", why);
	else
		login_disconnect_print(&visitor->out, why);
	visitor->is_leaving = true;
	visitor_say_left(visitor, why);
}

void
visitor_say_left(struct visitor *visitor, const char *why)
{
	if (!visitor_is_player(visitor))
		return;
	practice_say("%s lost connection: %s", visitor->name, why);
	practice_say("%s left the game", visitor->name);
	visitor->entered = NEVER;
}

static enum heard
after(enum wire_result result, struct visitor *visitor, const size_t *used)
{
	if (result != WIRE_DONE)
		return result == WIRE_MORE ? HEARD_ENOUGH : HEARD_WRONG;
	buf_drop(&visitor->in, *used);
	return HEARD_AND_ON;
}

static enum heard
hear_proxy(struct visitor *visitor)
{
	struct proxyproto header;
	size_t used = 0;
	enum heard heard =
		after(proxyproto_parse(visitor->in.data, visitor->in.length, &header, &used),
		      visitor, &used);

	if (heard != HEARD_AND_ON)
		return heard;
	visitor->is = VISITOR_NEW;
	if (header.is_told) {
		ip_text(&header.source, visitor->from.ip);
		(void)snprintf(visitor->from.port, sizeof visitor->from.port, "%u",
			       header.source_port);
	}
	return HEARD_AND_ON;
}

/* Clients of before 1.7, and modern ones that had no other answer. */
static enum heard
hear_old_ping(const struct practice *practice, struct visitor *visitor)
{
	struct legacy_answer answer = { .version = "practice",
					.motd = STAND_IN,
					.online = practice_players(practice),
					.max = practice->options.max };

	legacy_answer_print(&visitor->out, LEGACY_1_4, &answer);
	visitor->is_leaving = true;
	return HEARD_ENOUGH;
}

static enum heard
hear_handshake(const struct practice *practice, struct visitor *visitor)
{
	const struct buf *in = &visitor->in;
	struct handshake handshake;
	size_t used = 0;

	if (in->length >= 2 && in->data[0] == 0xfe && in->data[1] == 0x01)
		return hear_old_ping(practice, visitor);

	enum heard heard =
		after(handshake_parse(in->data, in->length, HANDSHAKE_FRAME_FORWARDED_LIMIT,
				      &handshake, &used),
		      visitor, &used);

	if (heard != HEARD_AND_ON)
		return heard;
	visitor->protocol = handshake.protocol;
	visitor->is = handshake.intent == INTENT_STATUS ? VISITOR_LOOKING : VISITOR_LOGGING_IN;
	return HEARD_AND_ON;
}

static enum heard
hear_look(const struct practice *practice, struct visitor *visitor)
{
	unsigned char pong[PONG_SIZE];
	struct status_packet packet;
	size_t used = 0;
	enum heard heard =
		after(status_packet_parse(visitor->in.data, visitor->in.length, &packet, &used),
		      visitor, &used);

	if (heard != HEARD_AND_ON)
		return heard;
	if (packet.is == STATUS_REQUEST) {
		game_status_print(practice, visitor->protocol, &visitor->out);
		return HEARD_AND_ON;
	}
	pong_print(pong, packet.payload);
	buf_put(&visitor->out, pong, sizeof pong);
	visitor->is_leaving = true;
	return HEARD_ENOUGH;
}

static void
enter(struct visitor *visitor, struct instant now)
{
	visitor->is = VISITOR_IN_GAME;
	visitor->keep_alive_at = instant_add(now, KEEP_ALIVE_EVERY);
}

/* As the log of a vanilla server has it: an address of IPv6 in brackets. */
static void
where_text(const struct visitor *visitor, char text[static IP_TEXT_SIZE + 16])
{
	bool is_long = strchr(visitor->from.ip, ':') != NULL;

	(void)snprintf(text, IP_TEXT_SIZE + 16, "/%s%s%s:%s", is_long ? "[" : "", visitor->from.ip,
		       is_long ? "]" : "", visitor->from.port);
}

/* Not let in: told to him, and to the log as vanilla does, which calls that a lost connection too. */
static enum heard
refuse(struct visitor *visitor, const char *why)
{
	char where[IP_TEXT_SIZE + 16], line[256];

	where_text(visitor, where);
	(void)text_put(line, sizeof line, why);
	for (char *c = line; *c != '\0'; c++)
		*c = *c == '\n' ? ' ' : *c;
	practice_say("Disconnecting %s (%s): %s", visitor->name, where, line);
	practice_say("%s (%s) lost connection: %s", visitor->name, where, line);
	visitor_send_away(visitor, why);
	return HEARD_ENOUGH;
}

/* One player is in the game once: the newer one stays. */
static void
send_other_away(struct practice *practice, const struct visitor *visitor)
{
	for (size_t i = 0; i < practice->visitor_count; i++) {
		struct visitor *other = practice->visitors[i];

		if (visitor_is_player(other) && !other->is_leaving &&
		    memcmp(other->uuid, visitor->uuid, sizeof other->uuid) == 0)
			visitor_send_away(other, "You logged in from another location");
	}
}

static void
let_in(struct practice *practice, struct visitor *visitor, struct instant now)
{
	char where[IP_TEXT_SIZE + 16];

	where_text(visitor, where);
	visitor->entered = now;
	practice_say("%s[%s] logged in with entity id %u at (0.5, 64.0, 0.5)", visitor->name, where,
		     ++practice->last_entity);
	practice_say("%s joined the game", visitor->name);
}

static enum heard
hear_login(struct practice *practice, struct visitor *visitor, struct instant now)
{
	char why[512], uuid[UUID_TEXT_SIZE];
	struct login_start login;
	size_t used = 0;
	enum heard heard = after(login_start_parse(visitor->in.data, visitor->in.length,
						   visitor->protocol, &login, &used),
				 visitor, &used);

	if (heard != HEARD_AND_ON)
		return heard;
	(void)text_put(visitor->name, sizeof visitor->name, login.name);
	if (visitor->protocol < PROTOCOL_1_7)
		return refuse(visitor, "The stand-in needs Minecraft 1.7 or newer.");
	offline_uuid(login.name, visitor->uuid);
	uuid_text(visitor->uuid, uuid);
	practice_say_of("User Authenticator #1", "UUID of player %s is %s", visitor->name, uuid);
	if (rolls_refuse(&practice->rolls, uuid, visitor->from.ip, why, sizeof why))
		return refuse(visitor, why);
	send_other_away(practice, visitor);
	if (practice_players(practice) >= practice->options.max)
		return refuse(visitor, "The server is full!");
	login_success_print(&visitor->out, visitor->protocol, login.name, visitor->uuid);
	let_in(practice, visitor, now);
	visitor->is = VISITOR_IN_LOGIN;
	if (version_layout(visitor->protocol) < PROTOCOL_1_20_2)
		enter(visitor, now);
	return HEARD_AND_ON;
}

/* Nobody was asked anything, so this is somebody else's answer: a real server ends here too. */
static enum heard
refuse_answer(struct visitor *visitor)
{
	practice_say("%s sent an answer to a question that was never asked", visitor->name);
	visitor_send_away(visitor, "An answer came to a question that was never asked.");
	return HEARD_ENOUGH;
}

/* From 1.20.2 the client says that it has left the login; then it is in configuration. */
static enum heard
hear_acknowledgement(struct visitor *visitor, struct instant now)
{
	struct frame frame;
	size_t used = 0;
	enum heard heard = after(frame_parse(visitor->in.data, visitor->in.length,
					     HANDSHAKE_FRAME_FORWARDED_LIMIT, &frame, &used),
				 visitor, &used);

	if (heard != HEARD_AND_ON)
		return heard;
	if (frame.is_empty || frame.id != 0x03)
		return !frame.is_empty && frame.id == 0x02 ? refuse_answer(visitor) : HEARD_WRONG;
	enter(visitor, now);
	visitor->has_spoken = true;
	return HEARD_AND_ON;
}

static enum heard
hear_chat(struct practice *practice, struct visitor *visitor, const struct frame *frame,
	  struct instant now)
{
	struct body_reader reader = body_reader(frame);
	char text[4 * CHAT_LIMIT + 1];
	size_t length;
	const char *said = body_text(&reader, 4 * CHAT_LIMIT, &length);

	if (reader.is_bad)
		return HEARD_AND_ON;
	if (!text_is_printable(said, length) || memmem(said, length, "\xc2\xa7", 2) != NULL) {
		visitor_send_away(visitor, "Illegal characters in chat");
		return HEARD_ENOUGH;
	}
	memcpy(text, said, length);
	text[length] = '\0';
	console_hear_chat(practice, visitor, text, now);
	return HEARD_AND_ON;
}

/* In the game nothing matters any more but what is said. What is no frame is passed over whole. */
static enum heard
hear_packet(struct practice *practice, struct visitor *visitor, struct instant now)
{
	struct frame frame;
	size_t used;
	enum wire_result result = frame_parse(visitor->in.data, visitor->in.length,
					      HANDSHAKE_FRAME_FORWARDED_LIMIT, &frame, &used);
	enum heard heard = HEARD_AND_ON;

	if (result == WIRE_MORE)
		return HEARD_ENOUGH;
	if (result != WIRE_DONE) {
		buf_clear(&visitor->in);
		return HEARD_ENOUGH;
	}
	if (!frame.is_empty && frame.id == game_chat_id(visitor->protocol))
		heard = hear_chat(practice, visitor, &frame, now);
	buf_drop(&visitor->in, used);
	return heard;
}

/* But the first words are to be no stray answer. */
static enum heard
hear_game(struct practice *practice, struct visitor *visitor, struct instant now)
{
	struct plugin_response response;
	size_t used;
	bool may_be_answer = !visitor->has_spoken && visitor->protocol >= PROTOCOL_1_13;
	enum wire_result result = WIRE_BAD;

	if (may_be_answer)
		result = login_plugin_response_parse(visitor->in.data, visitor->in.length,
						     &response, &used);
	if (result == WIRE_MORE)
		return HEARD_ENOUGH;
	if (result == WIRE_DONE && !response.is_understood && response.length == 0)
		return refuse_answer(visitor);
	visitor->has_spoken = visitor->has_spoken || visitor->in.length > 0;
	return hear_packet(practice, visitor, now);
}

static enum heard
hear_line(struct visitor *visitor)
{
	struct buf *in = &visitor->in;
	const unsigned char *end = in->length > 0 ? memchr(in->data, '\n', in->length) : NULL;

	if (end == NULL) {
		if (in->length <= CONSOLE_LINE_LIMIT)
			return HEARD_ENOUGH;
		visitor_send_away(visitor, "That line is too long.");
		return HEARD_ENOUGH;
	}
	size_t length = (size_t)(end - in->data) + 1;

	buf_put(&visitor->out, in->data, length);
	buf_drop(in, length);
	return HEARD_AND_ON;
}

static void
greet(struct visitor *visitor, struct instant now)
{
	buf_put_text(&visitor->out, GREETING);
	(void)text_put(visitor->name, sizeof visitor->name, "Somebody");
	visitor->is = VISITOR_ECHOED;
	visitor->entered = now;
	practice_say("Somebody joined the game");
}

static enum heard
hear_one(struct practice *practice, struct visitor *visitor, struct instant now)
{
	if (visitor->is == VISITOR_NEW && practice->options.tcp)
		greet(visitor, now);
	switch (visitor->is) {
	case VISITOR_PROXIED:
		return hear_proxy(visitor);
	case VISITOR_NEW:
		return hear_handshake(practice, visitor);
	case VISITOR_LOOKING:
		return hear_look(practice, visitor);
	case VISITOR_LOGGING_IN:
		return hear_login(practice, visitor, now);
	case VISITOR_IN_LOGIN:
		return hear_acknowledgement(visitor, now);
	case VISITOR_IN_GAME:
		return hear_game(practice, visitor, now);
	case VISITOR_ECHOED:
		return hear_line(visitor);
	}
	return HEARD_WRONG;
}

bool
visitor_hear(struct practice *practice, struct visitor *visitor, struct instant now)
{
	enum heard heard = HEARD_AND_ON;

	/* A line is repeated only while what waits to be sent is bounded. */
	while (heard == HEARD_AND_ON && !visitor->is_leaving &&
	       visitor->out.length <= VISITOR_OUT_LIMIT)
		heard = hear_one(practice, visitor, now);
	return heard != HEARD_WRONG;
}

bool
visitor_tick(struct practice *practice, struct visitor *visitor, struct instant now)
{
	const struct practice_options *options = &practice->options;

	if (visitor->is < VISITOR_IN_GAME &&
	    instant_reached(now, instant_add(visitor->since, LOGIN_WITHIN)))
		return false;
	if (visitor_is_player(visitor) && options->stay.ms > 0 && !visitor->is_leaving &&
	    instant_reached(now, instant_add(visitor->entered, options->stay)))
		visitor_send_away(visitor, STAND_IN ". Your visit is over.");
	if (visitor->is == VISITOR_IN_GAME && !visitor->is_leaving &&
	    instant_reached(now, visitor->keep_alive_at)) {
		game_keep_alive_print(visitor->protocol, now.ms, &visitor->out);
		visitor->keep_alive_at = instant_add(now, KEEP_ALIVE_EVERY);
	}
	return true;
}

struct instant
visitor_due(const struct practice *practice, const struct visitor *visitor)
{
	struct instant due = NEVER;

	if (visitor->is_leaving)
		return NEVER;
	if (visitor->is < VISITOR_IN_GAME)
		due = instant_add(visitor->since, LOGIN_WITHIN);
	if (visitor->is == VISITOR_IN_GAME)
		due = visitor->keep_alive_at;
	if (visitor_is_player(visitor) && practice->options.stay.ms > 0)
		due = instant_earlier(due, instant_add(visitor->entered, practice->options.stay));
	return due;
}
