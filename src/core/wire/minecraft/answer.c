/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A game's status answer as a value. The answer comes from a program that may
 * run anybody's mods: every member may be absent, of another type, or absurd.
 */

#include "wire/minecraft/answer.h"

#include <limits.h>
#include <string.h>

#include "base/json.h"
#include "wire/minecraft/component.h"

static unsigned
count_get(const json_t *players, const char *key)
{
	int64_t count = json_get_integer(players, key, 0);

	if (count < 0)
		return 0;
	return count > INT_MAX ? INT_MAX : (unsigned)count;
}

static void
names_take(const json_t *sample, struct probe_answer *answer)
{
	const json_t *player;
	size_t i;

	json_array_foreach(sample, i, player)
	{
		const char *name = json_get_text(player, "name", "");
		size_t length = strlen(name);

		if (answer->name_count == ELEMENTS(answer->names))
			return;
		if (length == 0 || length > MINECRAFT_NAME_LIMIT ||
		    !text_is_printable(name, length))
			continue;
		memcpy(answer->names[answer->name_count++], name, length + 1);
	}
}

/* Compact, and printable: control characters that JSON lets stand become '?'. */
static char *
document_text(const json_t *value)
{
	CLEANUP(text_freep) char *text = json_text(value);
	size_t length = strlen(text);
	char *printable = mem_new(length + 1);

	text_clean(printable, length + 1, text, length);
	return printable;
}

static void
motd_take(const json_t *description, struct probe_answer *answer)
{
	CLEANUP(buf_deinit) struct buf flat = BUF_NULL, text = BUF_NULL;

	if (!json_is_string(description) && !json_is_object(description) &&
	    !json_is_array(description))
		return;

	char *whole = document_text(description);
	bool fits = strlen(whole) < sizeof answer->motd;

	if (fits)
		(void)text_put(answer->motd, sizeof answer->motd, whole);
	mem_free(whole);
	if (fits)
		return;
	/* Escaping makes a byte six at most, and the braces take eleven. */
	component_flatten(description, &flat, sizeof answer->motd / 6 - 2);
	component_print(&text, buf_text(&flat));
	ASSERT(text.length < sizeof answer->motd);
	memcpy(answer->motd, buf_text(&text), text.length + 1);
}

/* Characters as the game counts them: UTF-16 units. */
static size_t
unit_count(const char *text)
{
	size_t count = 0;

	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
		if ((*c & 0xc0) != 0x80)
			count += *c >= 0xf0 ? 2 : 1;
	}
	return count;
}

static void
document_take(const json_t *document, struct probe_answer *answer)
{
	answer->status_json = document_text(document);
	if (unit_count(answer->status_json) > STATUS_TEXT_LIMIT) {
		mem_free(answer->status_json);
		answer->status_json = NULL;
	}
}

bool
probe_answer_parse(const char *json, size_t length, struct probe_answer *ret_answer)
{
	CLEANUP(json_freep) json_t *document = NULL;
	const json_t *version, *players;
	const char *name;
	int64_t protocol;

	if (length > PROBE_REPLY_LIMIT)
		return false;
	document = json_loadb(json, length, 0, NULL);
	version = json_object_get(document, "version");
	players = json_object_get(document, "players");
	/* What no game leaves out; a JSON answer without either is somebody else's. */
	if (!json_is_object(version) && !json_is_object(players))
		return false;

	memset(ret_answer, 0, sizeof *ret_answer);
	protocol = json_get_integer(version, "protocol", -1);
	ret_answer->protocol = protocol >= 0 && protocol <= INT_MAX ? (int)protocol : -1;
	name = json_get_text(version, "name", "");
	text_clean(ret_answer->version, sizeof ret_answer->version, name, strlen(name));
	ret_answer->online = count_get(players, "online");
	ret_answer->max = count_get(players, "max");
	names_take(json_object_get(players, "sample"), ret_answer);
	motd_take(json_object_get(document, "description"), ret_answer);
	document_take(document, ret_answer);
	return true;
}
