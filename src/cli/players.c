/* SPDX-License-Identifier: Apache-2.0 */
/* roost players: who is on, who was, and for how long. */

#include <stdio.h>
#include <string.h>

#include "cli/show.h"

static const struct option options[] = {
	{ "--sessions", 's', NULL, "each visit, newest first" },
	{ "--player", 'p', "PLAYER", "only this one, by name or UUID, with the visits" },
	{ "--before", 0, "ID", "visits: older than the one with this id, which --json tells" },
};

static const char *
name_of(const json_t *one)
{
	return json_get_text(one, "player", json_get_text(one, "name", "?"));
}

static void
put_heads(struct table *table, const char *const *heads)
{
	for (size_t i = 0; i < table->columns; i++)
		table_cell(table, heads[i], COLOUR_QUIET);
}

static void
put_played(struct table *table, const json_t *one)
{
	char text[DURATION_TEXT_SIZE];

	duration_text(DURATION_MS(json_get_integer(one, "play_ms", 0)), text);
	table_cell(table, text, COLOUR_NONE);
}

static void
put_when(struct table *table, const json_t *one, const char *key)
{
	char text[CLOCK_TEXT_SIZE];

	when_text(one, key, "", text);
	table_cell(table, text, COLOUR_NONE);
}

/* Since when is a player of this name on; NULL: he is not. */
static const json_t *
on_of(const json_t *answer, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list_in(answer, "players"), i, one)
	{
		if (strcmp(name_of(one), name) == 0)
			return one;
	}
	return NULL;
}

static void
put_seen(struct table *table, const json_t *answer, const json_t *seen)
{
	const json_t *on = on_of(answer, name_of(seen));
	char since[CLOCK_TEXT_SIZE + 16] = "", clock[CLOCK_TEXT_SIZE], count[16];

	if (on != NULL) {
		when_text(on, "since", "", clock);
		(void)snprintf(since, sizeof since, "on since %s", clock);
	} else {
		when_text(seen, "last_seen", "", since);
	}
	(void)snprintf(count, sizeof count, "%lld",
		       (long long)json_get_integer(seen, "sessions", 0));
	table_cell(table, name_of(seen), COLOUR_NONE);
	table_cell(table, since, on != NULL ? COLOUR_GOOD : COLOUR_NONE);
	put_played(table, seen);
	table_cell(table, count, COLOUR_NONE);
	put_when(table, seen, "first_seen");
}

/* Who is on and of whom nothing is kept: games that tell no names, or tell them only just now. */
static void
put_unknown(struct table *table, const json_t *answer)
{
	const json_t *on, *seen;
	size_t i, j;

	json_array_foreach(list_in(answer, "players"), i, on)
	{
		char since[CLOCK_TEXT_SIZE + 16], clock[CLOCK_TEXT_SIZE];
		bool is_known = false;

		json_array_foreach(list_in(answer, "seen"), j, seen) is_known =
			is_known || strcmp(name_of(seen), name_of(on)) == 0;
		if (is_known)
			continue;
		when_text(on, "since", "", clock);
		(void)snprintf(since, sizeof since, "on since %s", clock);
		table_cell(table, name_of(on), COLOUR_NONE);
		table_cell(table, since, COLOUR_GOOD);
		for (size_t k = 2; k < table->columns; k++)
			table_cell(table, "", COLOUR_NONE);
	}
}

static void
print_players(const json_t *answer, const char *server)
{
	static const char *const heads[] = { "PLAYER", "LAST SEEN", "PLAYED", "VISITS",
					     "FIRST SEEN" };
	struct table table = { .columns = ELEMENTS(heads) };
	long long online = (long long)json_get_integer(answer, "online", 0);
	const json_t *seen;
	size_t i;

	/* The game is asked now and then; who came since is named already. */
	if (online < (long long)json_array_size(list_in(answer, "players")))
		online = (long long)json_array_size(list_in(answer, "players"));
	if (online == 0)
		(void)printf("Nobody is on %s.\n", server);
	else
		(void)printf("%lld of %lld on %s.\n", online,
			     (long long)json_get_integer(answer, "max", 0), server);
	if (json_array_size(list_in(answer, "players")) == 0 &&
	    json_array_size(list_in(answer, "seen")) == 0)
		return;
	put_heads(&table, heads);
	put_unknown(&table, answer);
	json_array_foreach(list_in(answer, "seen"), i, seen) put_seen(&table, answer, seen);
	print_table(&table);
}

static void
print_sum(const json_t *sum)
{
	char played[DURATION_TEXT_SIZE], first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
	long long visits = (long long)json_get_integer(sum, "sessions", 0);

	duration_text(DURATION_MS(json_get_integer(sum, "play_ms", 0)), played);
	when_text(sum, "first_seen", "?", first);
	when_text(sum, "last_seen", "?", last);
	(void)printf("%s (%s) played %s in %lld visit%s, first %s, last %s.\n", name_of(sum),
		     json_get_text(sum, "uuid", "no UUID known"), played, visits,
		     visits == 1 ? "" : "s", first, last);
}

static void
print_sessions(const json_t *answer, const char *server)
{
	static const char *const heads[] = { "PLAYER", "CAME", "WENT", "PLAYED", "HOW" };
	struct table table = { .columns = ELEMENTS(heads) };
	const json_t *list = list_in(answer, "sessions"), *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "players"), i, one) print_sum(one);
	if (json_array_size(list) == 0) {
		(void)printf("No visits to %s are known.\n", server);
		return;
	}
	put_heads(&table, heads);
	json_array_foreach(list, i, one)
	{
		char went[CLOCK_TEXT_SIZE];
		bool is_on = json_is_null(json_object_get(one, "logout"));

		when_text(one, "logout", "is on", went);
		table_cell(&table, name_of(one), COLOUR_NONE);
		put_when(&table, one, "login");
		table_cell(&table, went, is_on ? COLOUR_GOOD : COLOUR_NONE);
		put_played(&table, one);
		table_cell(&table, json_get_text(one, "how", ""), COLOUR_NONE);
	}
	print_table(&table);
	if (json_get_bool(answer, "more", false))
		(void)printf(
			"There are more: add --before %s\n",
			json_get_text(json_array_get(list, json_array_size(list) - 1), "id", "ID"));
}

static char *
path_of(const struct invocation *in, bool sessions)
{
	const char *player = invocation_option(in, "--player");
	const char *before = invocation_option(in, "--before");
	CLEANUP(text_freep)
	char *path = client_path(sessions ? "/v1/servers/%s/sessions" : "/v1/servers/%s/players",
				 in->words[0]);
	CLEANUP(text_freep)
	char *whose = player != NULL ? client_path("&player=%s", player) : text_copy("");
	CLEANUP(text_freep)
	char *older = before != NULL ? client_path("&before=%s", before) : text_copy("");

	return sessions ? text_format("%s?limit=50%s%s", path, whose, older) : text_copy(path);
}

static int
run(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	bool sessions = invocation_has(in, "--sessions") || invocation_has(in, "--player") ||
			invocation_has(in, "--before");
	CLEANUP(text_freep) char *path = path_of(in, sessions);
	int status = client_new(in, &client);

	if (status == EXIT_DONE)
		status = client_ask(client, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else if (sessions)
		print_sessions(answer.json, in->words[0]);
	else
		print_players(answer.json, in->words[0]);
	return EXIT_DONE;
}

const struct command players_command = {
	.name = "players",
	.words = "NAME",
	.summary = "show who is on a server, who was, and for how long",
	.about = "Who is on since when, then who was last seen when, and what each has played in "
		 "all. A visit goes from a player's coming to his going; one that is interrupted "
		 "for less than 10 s is one visit. They are told by a Minecraft server's console, "
		 "else by the gate and the game's own list of players.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run,
};
