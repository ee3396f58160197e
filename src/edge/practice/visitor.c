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
visitor_new(const struct practice *practice, int fd, const char *from, struct instant now)
{
	struct visitor *visitor = mem_new(sizeof *visitor);

	visitor->fd = fd;
	visitor->is = practice->options.proxy_protocol ? VISITOR_PROXIED : VISITOR_NEW;
	visitor->since = now;
	(void)text_put(visitor->from, sizeof visitor->from, from);
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
	char ip[IP_TEXT_SIZE];
	size_t used = 0;
	enum heard heard =
		after(proxyproto_parse(visitor->in.data, visitor->in.length, &header, &used),
		      visitor, &used);

	if (heard != HEARD_AND_ON)
		return heard;
	visitor->is = VISITOR_NEW;
	if (header.is_told) {
		ip_text(&header.source, ip);
		(void)snprintf(visitor->from, sizeof visitor->from, "%s:%u", ip,
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

/* A UUID for who brought none: the same one for the same name. */
static void
uuid_make(const char *name, unsigned char uuid[static 16])
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < 16; i++) {
		for (const char *c = name; *c != '\0'; c++)
			hash = (hash ^ (unsigned char)*c) * 1099511628211u;
		uuid[i] = (unsigned char)(hash >> 56);
	}
	uuid[6] = (unsigned char)((uuid[6] & 0x0f) | 0x30);
	uuid[8] = (unsigned char)((uuid[8] & 0x3f) | 0x80);
}

static enum heard
hear_login(const struct practice *practice, struct visitor *visitor, struct instant now)
{
	struct login_start login;
	size_t used = 0;
	enum heard heard = after(login_start_parse(visitor->in.data, visitor->in.length,
						   visitor->protocol, &login, &used),
				 visitor, &used);

	if (heard != HEARD_AND_ON)
		return heard;
	(void)text_put(visitor->name, sizeof visitor->name, login.name);
	if (visitor->protocol < PROTOCOL_1_7) {
		visitor_send_away(visitor, "The stand-in needs Minecraft 1.7 or newer.");
		return HEARD_ENOUGH;
	}
	if (practice_players(practice) >= practice->options.max) {
		visitor_send_away(visitor, "The stand-in is full.");
		return HEARD_ENOUGH;
	}
	if (!login.has_uuid)
		uuid_make(login.name, login.uuid);
	login_success_print(&visitor->out, visitor->protocol, login.name, login.uuid);
	visitor->entered = now;
	practice_say("%s joined the game (from %s)", visitor->name, visitor->from);
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

/* In the game nothing matters any more, but that the first words are no stray answer. */
static enum heard
hear_game(struct visitor *visitor)
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
	buf_clear(&visitor->in);
	return HEARD_ENOUGH;
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
	practice_say("Somebody joined the game (from %s)", visitor->from);
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
		return hear_game(visitor);
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
