/* SPDX-License-Identifier: Apache-2.0 */
/* A Minecraft server's status answer: see the header. Nothing in it is believed unchecked. */

#include "game/minecraft_status.h"

#include <string.h>

#include "base/json.h"
#include "model/name.h"

#define PLAYERS_BOUND 1000000000

static unsigned
bounded_count(const json_t *object, const char *key)
{
	int64_t count = json_get_integer(object, key, 0);

	if (count < 0)
		return 0;
	return (unsigned)(count > PLAYERS_BOUND ? PLAYERS_BOUND : count);
}

static void
read_players(const json_t *players, struct probe_answer *answer)
{
	const json_t *sample = json_object_get(players, "sample");

	answer->online = bounded_count(players, "online");
	answer->max = bounded_count(players, "max");
	for (size_t i = 0; i < json_array_size(sample); i++) {
		const char *name = json_get_text(json_array_get(sample, i), "name", "");

		if (!player_name_is_valid(name))
			answer->odd_names = true;
		else if (answer->name_count < ELEMENTS(answer->names))
			(void)text_put(answer->names[answer->name_count++], sizeof answer->names[0],
				       name);
	}
}

static void
read_version(const json_t *version, struct probe_answer *answer)
{
	const char *name = json_get_text(version, "name", "");
	int64_t protocol = json_get_integer(version, "protocol", -1);

	text_clean(answer->version, sizeof answer->version, name, strlen(name));
	answer->protocol = protocol >= 0 && protocol <= INT32_MAX ? (int)protocol : -1;
}

static void
read_motd(const json_t *description, struct probe_answer *answer)
{
	CLEANUP(text_freep) char *text = NULL;

	if (!json_is_string(description) && !json_is_object(description) &&
	    !json_is_array(description))
		return;
	text = json_dumps(description, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text != NULL && strlen(text) < sizeof answer->motd)
		(void)text_put(answer->motd, sizeof answer->motd, text);
}

bool
minecraft_status_read(const char *json, size_t length, struct probe_answer *ret_answer)
{
	CLEANUP(json_freep) json_t *answer = json_loadb(json, length, 0, NULL);
	CLEANUP(text_freep) char *whole = NULL;

	if (!json_is_object(answer))
		return false;
	*ret_answer = (struct probe_answer){ .protocol = -1 };
	read_players(json_object_get(answer, "players"), ret_answer);
	read_version(json_object_get(answer, "version"), ret_answer);
	read_motd(json_object_get(answer, "description"), ret_answer);
	whole = json_dumps(answer, JSON_COMPACT);
	if (whole != NULL && strlen(whole) <= STATUS_TEXT_LIMIT)
		ret_answer->status_json = TAKE(whole);
	return true;
}
