/* SPDX-License-Identifier: Apache-2.0 */
/* What the server list shows for a server in each state: see the header. */

#include "gate/status.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "wire/minecraft/component.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/varint.h"
#include "wire/minecraft/version.h"

#define OWN_WORDS	   "There is no server at this address."
#define FRESH_WHILE_WAKING DURATION_S(1) /* the text says how long it has been */
#define FRESH_OTHERWISE	   DURATION_S(60)

static const struct {
	const char *color;
	const char *line; /* of states that need no numbers */
} looks[] = {
	[STATE_ASLEEP] = { "gray", "Asleep. Join to wake it up." },
	[STATE_WAKING] = { "gold", "Waking up" },
	[STATE_READY] = { "green", "Ready" },
	[STATE_SETTLING] = { "gray", "Going to sleep" },
	[STATE_FAILED] = { "red", "Failed. Join to try again." },
	[STATE_LOST] = { "red", "Out of reach just now." },
};

_Static_assert(ELEMENTS(looks) == STATE_MAX, "a look for every state");

static void
waking_line(const struct gate_server *server, struct instant now, char text[static STATE_LINE_SIZE])
{
	char been[DURATION_TEXT_SIZE], usual[DURATION_TEXT_SIZE];
	const char *phase = phase_for_people(server->phase);
	const char *colon = *phase != '\0' ? ": " : "";
	struct duration lasted = instant_since(now, server->waking_since);

	if (!instant_is_set(server->waking_since) || lasted.ms < 0)
		lasted = DURATION_MS(0);
	duration_text(lasted, been);
	duration_text(server->usual, usual);
	if (server->usual.ms > 0)
		(void)snprintf(text, STATE_LINE_SIZE, "%s%s%s (%s, usually %s)",
			       looks[STATE_WAKING].line, colon, phase, been, usual);
	else
		(void)snprintf(text, STATE_LINE_SIZE, "%s%s%s (%s)", looks[STATE_WAKING].line,
			       colon, phase, been);
}

void
state_line(const struct gate_server *server, struct instant now,
	   char ret_text[static STATE_LINE_SIZE])
{
	const char *phase = phase_for_people(server->phase);

	ASSERT(server->state < STATE_MAX);
	if (server->state == STATE_WAKING)
		waking_line(server, now, ret_text);
	else if (server->state == STATE_SETTLING && *phase != '\0')
		(void)snprintf(ret_text, STATE_LINE_SIZE, "%s: %s", looks[STATE_SETTLING].line,
			       phase);
	else if (server->state == STATE_ASLEEP && !server->wake_on_join)
		(void)text_put(ret_text, STATE_LINE_SIZE, "Asleep.");
	else if (server->state == STATE_FAILED && !server->wake_on_join)
		(void)text_put(ret_text, STATE_LINE_SIZE, "Failed.");
	else
		(void)text_put(ret_text, STATE_LINE_SIZE, looks[server->state].line);
}

/* The game's last motd as it was, if it leaves the second line free; else its first line. */
static void
put_last_motd(struct buf *to, const char *last_motd)
{
	CLEANUP(json_freep) json_t *component = json_loads(last_motd, JSON_DECODE_ANY, NULL);
	CLEANUP(buf_deinit) struct buf flat = BUF_NULL;
	char *line;

	component_flatten(component, &flat, MOTD_LIMIT);
	(void)buf_text(&flat);
	line = strchr((char *)flat.data, '\n');
	if (component != NULL && line == NULL) {
		buf_put_text(to, last_motd);
		return;
	}
	if (line != NULL)
		*line = '\0';
	component_print(to, (const char *)flat.data);
}

/*
 * As plain text, one line: while it is ready the game speaks, as it does to newer
 * clients; else the owner's words, the game's last, the name.
 */
void
status_first_line(const struct gate_server *server, char text[static MOTD_LIMIT])
{
	CLEANUP(json_freep) json_t *component = NULL;
	CLEANUP(buf_deinit) struct buf flat = BUF_NULL;
	bool its_own = server->state == STATE_READY || server->motd == NULL;

	if (its_own && server->last_motd != NULL)
		component = json_loads(server->last_motd, JSON_DECODE_ANY, NULL);
	component_flatten(component, &flat, MOTD_LIMIT - 1);
	if (flat.length > 0 || server->motd == NULL)
		(void)text_put(text, MOTD_LIMIT, buf_text(&flat));
	else
		(void)text_put(text, MOTD_LIMIT, server->motd);
	text[strcspn(text, "\n")] = '\0';
	if (*text == '\0')
		(void)text_put(text, MOTD_LIMIT, server->name);
}

static void
put_description(struct buf *to, const struct gate_server *server, struct instant now)
{
	char line[MOTD_LIMIT], state[STATE_LINE_SIZE];

	buf_put_text(to, "{\"text\":\"\",\"extra\":[");
	if (server->motd == NULL && server->last_motd != NULL) {
		put_last_motd(to, server->last_motd);
	} else {
		status_first_line(server, line);
		component_print(to, line);
	}
	if (server->state != STATE_READY) {
		state_line(server, now, state);
		buf_put_text(to, ",{\"text\":\"\\n\"},{\"text\":");
		component_print_string(to, state);
		buf_format(to, ",\"color\":\"%s\"}", looks[server->state].color);
	}
	buf_put_text(to, "]}");
}

/* Everything up to where the protocol number belongs. */
static void
put_version(struct status_answer *answer, const char *name)
{
	buf_put_text(&answer->json, "{\"version\":{\"name\":");
	component_print_string(&answer->json, name);
	buf_put_text(&answer->json, ",\"protocol\":");
	answer->protocol_at = answer->json.length;
	buf_put_byte(&answer->json, '}');
}

static void
make_own(struct status_answer *answer, const struct gate_server *server, struct instant now)
{
	struct buf *json = &answer->json;
	bool is_ready = server->state == STATE_READY;

	put_version(answer, *server->last_version != '\0' ? server->last_version : "Minecraft");
	buf_format(json, ",\"players\":{\"max\":%u,\"online\":%u},\"description\":", server->max,
		   is_ready ? server->online : 0);
	put_description(json, server, now);
	/* The number takes eleven bytes at most; without its picture the rest is small. */
	if (server->favicon != NULL &&
	    json->length + strlen(server->favicon) + 32 <= STATUS_TEXT_LIMIT) {
		buf_put_text(json, ",\"favicon\":");
		component_print_string(json, server->favicon);
	}
	buf_put_byte(json, '}');
}

static void
make_unknown(struct status_answer *answer, const struct gate_table *table)
{
	const char *words = table->unknown_host != NULL ? table->unknown_host : OWN_WORDS;

	put_version(answer, "Minecraft");
	buf_put_text(&answer->json, ",\"players\":{\"max\":0,\"online\":0},\"description\":");
	component_print(&answer->json, words);
	buf_put_byte(&answer->json, '}');
}

/* Is there such a member? One of an object within counts too: then the game's word is left alone. */
static bool
has_member(const char *json, size_t length, const char *quoted)
{
	const char *end = json + length, *at = json;
	size_t size = strlen(quoted);

	while ((at = memmem(at, (size_t)(end - at), quoted, size)) != NULL) {
		at += size;
		while (at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
			at++;
		if (at < end && *at == ':')
			return true;
	}
	return false;
}

void
status_game_answer_put(struct buf *to, const struct gate_server *server, const char *json,
		       size_t length)
{
	size_t inside = length;

	while (inside > 0 && strchr(" \t\r\n", json[inside - 1]) != NULL)
		inside--;
	if (server->favicon == NULL || inside < 3 || json[inside - 1] != '}' ||
	    length + strlen(server->favicon) + 32 > STATUS_TEXT_LIMIT ||
	    has_member(json, length, "\"favicon\"")) {
		buf_put(to, json, length);
		return;
	}
	buf_put(to, json, inside - 1);
	buf_put_text(to, ",\"favicon\":");
	component_print_string(to, server->favicon);
	buf_put_byte(to, '}');
}

void
status_answer_make(struct status_answer *answer, const struct gate_table *table,
		   const struct gate_server *server, struct instant now)
{
	bool is_waking = server != NULL && server->state == STATE_WAKING;

	buf_clear(&answer->json);
	answer->good_until = instant_add(now, is_waking ? FRESH_WHILE_WAKING : FRESH_OTHERWISE);
	answer->protocol_instead = PROTOCOL_NEWEST;
	if (server == NULL) {
		make_unknown(answer, table);
		return;
	}
	if (server->last_protocol >= 0)
		answer->protocol_instead = server->last_protocol;
	if (server->state == STATE_READY && server->status_json != NULL) {
		status_game_answer_put(&answer->json, server, server->status_json,
				       strlen(server->status_json));
		answer->protocol_at = SIZE_MAX;
		return;
	}
	make_own(answer, server, now);
}

void
status_answer_deinit(struct status_answer *answer)
{
	buf_deinit(&answer->json);
	*answer = STATUS_ANSWER_NULL;
}

void
status_answer_print(const struct status_answer *answer, int32_t protocol, struct buf *to)
{
	const struct buf *json = &answer->json;
	bool is_patched = answer->protocol_at != SIZE_MAX;
	size_t before = is_patched ? answer->protocol_at : json->length;
	unsigned char prefix[VARINT_LIMIT];
	char number[12];
	size_t digits = 0, text, prefix_size;

	if (is_patched)
		digits = (size_t)snprintf(number, sizeof number, "%d",
					  protocol < 0 ? answer->protocol_instead : protocol);
	text = json->length + digits;
	ASSERT(text + VARINT_LIMIT + 1 <= FRAME_LENGTH_LIMIT);
	prefix_size = varint_print(prefix, (int32_t)text);
	buf_reserve(to, FRAME_HEAD_LIMIT + 1 + prefix_size + text);
	put_varint(to, (int32_t)(1 + prefix_size + text));
	buf_put_byte(to, 0x00);
	buf_put(to, prefix, prefix_size);
	buf_put(to, json->data, before);
	buf_put(to, number, digits);
	buf_put(to, json->data + before, json->length - before);
}

void
status_print(struct buf *to, const struct gate_table *table, const struct gate_server *server,
	     int32_t protocol, struct instant now)
{
	CLEANUP(status_answer_deinit) struct status_answer answer = STATUS_ANSWER_NULL;

	status_answer_make(&answer, table, server, now);
	status_answer_print(&answer, protocol, to);
}

void
status_legacy_print(struct buf *to, enum legacy_kind kind, const struct gate_table *table,
		    const struct gate_server *server, struct instant now)
{
	char line[MOTD_LIMIT], state[STATE_LINE_SIZE], text[MOTD_LIMIT + STATE_LINE_SIZE];
	struct legacy_answer answer = { .version = "1.7+", .motd = text };

	if (server == NULL) {
		answer.motd = table->unknown_host != NULL ? table->unknown_host : OWN_WORDS;
		legacy_answer_print(to, kind, &answer);
		return;
	}
	status_first_line(server, line);
	state_line(server, now, state);
	if (server->state == STATE_READY)
		(void)text_put(text, sizeof text, line);
	else
		(void)snprintf(text, sizeof text, "%s: %s", server->name, state);
	answer.online = server->state == STATE_READY ? server->online : 0;
	answer.max = server->max;
	legacy_answer_print(to, kind, &answer);
}
