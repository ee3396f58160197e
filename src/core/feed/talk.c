/* SPDX-License-Identifier: Apache-2.0 */
/* A client's message, member by member. Unknown members are refused: they are misspelt ones. */

#include "feed/talk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	CHANNELS = 1u << 0,
	AFTER = 1u << 1,
	PRESENCE = 1u << 2,
	CHANNEL = 1u << 3,
	SERVER = 1u << 4,
	NOW = 1u << 5,
	LINE = 1u << 6,
	MESSAGE = 1u << 7
};

static const struct {
	const char *word;
	unsigned must, may;
} actions[] = {
#define TALK(name, word, must, may) [TALK_##name] = { word, must, may },
#include "feed/talk.def"
};

const char *
talk_word(enum talk_action action)
{
	ASSERT(action < TALK_MAX);
	return actions[action].word;
}

void
talk_deinit(struct talk *talk)
{
	mem_free(talk->id);
	mem_free(talk->channels);
	mem_free(talk->line);
	mem_free(talk->message);
	*talk = (struct talk){ .action = TALK_MAX };
}

/* --- members: each says what is wrong with it, or NULL ---------------------------------------- */

static const char *
take_channel(const json_t *value, struct talk *talk)
{
	struct channel channel;

	if (!json_is_string(value) || !channel_parse(json_string_value(value), &channel))
		return "names no channel: servers, server/NAME, user/NAME, alerts, console/NAME, "
		       "connection/ID, or one that roost's operator declared";
	for (size_t i = 0; i < talk->channel_count; i++)
		if (channel_equal(&talk->channels[i], &channel))
			return NULL;
	talk->channels[talk->channel_count++] = channel;
	return NULL;
}

static const char *
take_one_channel(const json_t *value, struct talk *talk)
{
	talk->channels = mem_new(sizeof *talk->channels);
	return take_channel(value, talk);
}

static const char *
take_channels(const json_t *value, struct talk *talk)
{
	size_t count = json_array_size(value);
	const char *wrong = NULL;

	if (count == 0 || count > CHANNELS_PER_READER)
		return "is a list of 1 to 64 names";
	talk->channels = mem_new_array(count, sizeof *talk->channels);
	for (size_t i = 0; i < count && wrong == NULL; i++)
		wrong = take_channel(json_array_get(value, i), talk);
	return wrong;
}

static const char *
take_after(const json_t *value, struct talk *talk)
{
	talk->has_after =
		json_is_string(value) && cursor_parse(json_string_value(value), &talk->after);
	return talk->has_after ? NULL : "is the id of an event, EPOCH:OFFSET";
}

static const char *
take_presence(const json_t *value, struct talk *talk)
{
	talk->presence = json_is_true(value);
	return json_is_boolean(value) ? NULL : "is true or false";
}

static const char *
take_now(const json_t *value, struct talk *talk)
{
	talk->now = json_is_true(value);
	return json_is_boolean(value) ? NULL : "is true or false";
}

static const char *
take_server(const json_t *value, struct talk *talk)
{
	const char *name = json_string_value(value);

	if (name == NULL || name[0] == '\0' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0' ||
	    !text_put(talk->server, sizeof talk->server, name))
		return "is the name of a server: 1 to 40 of a-z 0-9 -";
	return NULL;
}

static const char *
take_line(const json_t *value, struct talk *talk)
{
	size_t length = json_string_length(value);
	const char *line = json_string_value(value);

	/* The API says where it is not printable. */
	if (line == NULL || length == 0 || length > TALK_LINE_LIMIT || strlen(line) != length)
		return "is one printable line of 1 to 1000 bytes";
	talk->line = text_copy(line);
	return NULL;
}

static const char *
take_message(const json_t *value, struct talk *talk)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text == NULL) /* deeper than the printer goes, though the parser did */
		return "is nested too deeply";
	talk->message = text_copy(text);
	free(text);
	return NULL;
}

static const struct {
	const char *name;
	unsigned bit;
	const char *(*take)(const json_t *value, struct talk *talk);
} members[] = {
	{ "channels", CHANNELS, take_channels },
	{ "after", AFTER, take_after },
	{ "presence", PRESENCE, take_presence },
	{ "channel", CHANNEL, take_one_channel },
	{ "server", SERVER, take_server },
	{ "now", NOW, take_now },
	{ "line", LINE, take_line },
	{ "message", MESSAGE, take_message },
};

/* --- the message ------------------------------------------------------------------------------ */

/* A string or a number, told back as it was understood; false: another type, or too long. */
static bool
take_id(const json_t *value, struct talk *talk)
{
	if (value == NULL)
		return true;
	if (json_is_string(value) ? json_string_length(value) > TALK_ID_LIMIT
				  : !json_is_number(value))
		return false;
	if (json_is_real(value) && !isfinite(json_real_value(value)))
		return false;
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	if (text == NULL)
		return false;
	talk->id = text_copy(text);
	free(text);
	return true;
}

static enum talk_action
action_of(const json_t *value)
{
	const char *word = json_string_value(value);
	size_t action = 0;

	while (action < TALK_MAX && !text_equal(word, actions[action].word))
		action++;
	return (enum talk_action)action;
}

/* Returns the member's bit, 0: it does not belong to this action. */
static unsigned
take_member(const char *name, const json_t *value, struct talk *talk, const char **ret_wrong)
{
	unsigned known = actions[talk->action].must | actions[talk->action].may;

	*ret_wrong = NULL;
	for (size_t i = 0; i < ELEMENTS(members); i++) {
		if (strcmp(members[i].name, name) != 0 || (members[i].bit & known) == 0)
			continue;
		*ret_wrong = members[i].take(value, talk);
		return members[i].bit;
	}
	return 0;
}

static int
take_members(json_t *root, struct talk *talk, char detail[static TALK_DETAIL_SIZE])
{
	unsigned missing = actions[talk->action].must, bit;
	const char *name, *wrong;
	json_t *value;
	char clean[40];

	json_object_foreach(root, name, value)
	{
		if (strcmp(name, "action") == 0 || strcmp(name, "id") == 0)
			continue;
		bit = take_member(name, value, talk, &wrong);
		text_clean(clean, sizeof clean, name, strlen(name));
		if (bit == 0)
			(void)snprintf(detail, TALK_DETAIL_SIZE, "%s has no member \"%s\".",
				       talk_word(talk->action), clean);
		else if (wrong != NULL)
			(void)snprintf(detail, TALK_DETAIL_SIZE, "\"%s\" %s.", clean, wrong);
		if (bit == 0 || wrong != NULL)
			return 422;
		missing &= ~bit;
	}
	for (size_t i = 0; i < ELEMENTS(members); i++) {
		if ((members[i].bit & missing) == 0)
			continue;
		(void)snprintf(detail, TALK_DETAIL_SIZE, "%s needs the member \"%s\".",
			       talk_word(talk->action), members[i].name);
		return 422;
	}
	return 0;
}

int
talk_parse(const void *bytes, size_t length, struct talk *ret_talk,
	   char ret_detail[static TALK_DETAIL_SIZE])
{
	CLEANUP(json_freep) json_t *root = NULL;
	json_error_t error;
	char clean[80];

	*ret_talk = (struct talk){ .action = TALK_MAX };
	root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (root == NULL) {
		text_clean(clean, sizeof clean, error.text, strlen(error.text));
		(void)snprintf(ret_detail, TALK_DETAIL_SIZE,
			       "The message is not JSON: line %d, column %d: %s.", error.line,
			       error.column, clean);
		return 400;
	}
	if (!json_is_object(root)) {
		(void)text_put(ret_detail, TALK_DETAIL_SIZE,
			       "A message is an object: {\"action\": ..., \"id\": ...}.");
		return 400;
	}
	ret_talk->action = action_of(json_object_get(root, "action"));
	if (!take_id(json_object_get(root, "id"), ret_talk)) {
		(void)text_put(ret_detail, TALK_DETAIL_SIZE,
			       "\"id\" is a number, or a string of at most 64 bytes.");
		return 422;
	}
	if (ret_talk->action == TALK_MAX) {
		(void)text_put(ret_detail, TALK_DETAIL_SIZE,
			       "\"action\" is one of subscribe, unsubscribe, resume, ping, whoami, "
			       "presence, wake, sleep, command, post.");
		return 400;
	}
	return take_members(root, ret_talk, ret_detail);
}
