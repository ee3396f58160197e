/* SPDX-License-Identifier: Apache-2.0 */
/* The stand-in's console: the few commands that every game has. */

#include <string.h>

#include "practice/inner.h"

static void
run_list(struct practice *practice)
{
	CLEANUP(buf_deinit) struct buf names = BUF_NULL;

	for (size_t i = 0; i < practice->visitor_count; i++) {
		if (!visitor_is_player(practice->visitors[i]))
			continue;
		buf_format(&names, "%s%s", names.length > 0 ? ", " : "",
			   practice->visitors[i]->name);
	}
	practice_say("There are %u of a max of %u players online: %s", practice_players(practice),
		     practice->options.max, buf_text(&names));
}

static void
run_kick(struct practice *practice, const char *name)
{
	bool is_found = false;

	for (size_t i = 0; i < practice->visitor_count; i++) {
		struct visitor *visitor = practice->visitors[i];

		if (!visitor_is_player(visitor) || strcmp(visitor->name, name) != 0 ||
		    visitor->is_leaving)
			continue;
		visitor_send_away(visitor, "You were sent away.");
		is_found = true;
	}
	if (is_found)
		practice_say("Kicked %s", name);
	else
		practice_say("No player was found");
}

void
console_run(struct practice *practice, const char *line, struct instant now)
{
	char clean[CONSOLE_LINE_LIMIT];

	text_clean(clean, sizeof clean, line, strlen(line));
	if (strcmp(clean, "stop") == 0)
		practice_stop(practice, now);
	else if (strcmp(clean, "list") == 0)
		run_list(practice);
	else if (text_starts_with(clean, "say "))
		practice_say("[Server] %s", clean + strlen("say "));
	else if (text_starts_with(clean, "kick "))
		run_kick(practice, clean + strlen("kick "));
	else if (strcmp(clean, "help") == 0)
		practice_say("stop: end. list: who is here. say TEXT: show a text here. "
			     "kick NAME: send a player away.");
	else if (*clean != '\0')
		practice_say("Unknown command \"%s\". Type \"help\" for commands.", clean);
}
