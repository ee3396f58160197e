/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_GAME_FILE_H
#define ROOST_GAME_FILE_H

/*
 * The files in which a Minecraft (Java) server keeps who may play: JSON arrays of
 *	whitelist.json       {"uuid", "name"}
 *	ops.json             {"uuid", "name", "level", "bypassesPlayerLimit"}
 *	banned-players.json  {"uuid", "name", "created", "source", "expires", "reason"}
 *	banned-ips.json      {"ip", "created", "source", "expires", "reason"}
 * Read into values, and changed entry by entry: what is not spoken of stays as it is,
 * to the last member. Their text is the game's, or whoever's edited it: not trusted.
 */

#include "base/address.h"
#include "base/json.h"
#include "game/player_uuid.h"

enum game_list {
	GAME_LIST_WHITELIST,
	GAME_LIST_OPS,
	GAME_LIST_BANNED,
	GAME_LIST_BANNED_IPS,
	GAME_LIST_MAX
};

const char *game_list_file(enum game_list list);	/* "whitelist.json" */

/* One who is on a list. */
struct game_entry {
	char name[PLAYER_NAME_LIMIT + 1];	/* "" = not told, or no name (banned IPs) */
	char uuid[PLAYER_UUID_SIZE];		/* "" = not told */
	struct ip ip;				/* banned IPs only */
	char reason[ROSTER_REASON_LIMIT + 1];
	char source[LABEL_LIMIT + 1];		/* who banned, as the game has it */
	struct instant created, expires;	/* NEVER: not told; for good */
};

/*
 * The text of such a file. NULL: it is none, and `ret_why` says what is wrong with it, as the end of a
 * sentence ("is ..."). An empty text is an empty list: games that are killed while they write
 * leave one.
 */
json_t *game_list_parse(const char *text, size_t length,
			char ret_why[static REASON_LIMIT + 1]) must_check;

/* Entry `index` of the array; false: nobody can tell whom it means. */
bool game_list_entry(enum game_list list, const json_t *entries, size_t index,
		     struct game_entry *ret_entry) must_check;

/* Is it the same player or address: by UUID where both have one, else by name. */
bool game_entry_is(const struct game_entry *a, const struct game_entry *b);

struct game_edit {
	struct game_entry entry;	/* to put on, it needs a UUID (or IP) */
	bool set;			/* on the list, or not */
	bool anew;			/* with this reason and end, also when it is there */
};

/* Does the list change? Then `ret_text` is what the file is to say (the caller frees). */
bool game_list_edit(enum game_list list, const json_t *entries, const struct game_edit *edits,
		    size_t count, unsigned op_level, char **ret_text) must_check;

/* What matters here of a server.properties. */
struct game_properties {
	bool is_known;			/* there is such a file */
	bool online_mode;		/* accounts are checked; the game's default */
	unsigned op_level;		/* 1 to 4; default 4 */
};
void game_properties_parse(const char *text, size_t length,
			   struct game_properties *ret_properties);

/* "2026-11-20 21:16:00 +0000", as games write it; "forever" and what is no such time is NEVER. */
#define GAME_TIME_SIZE 32
void game_time_text(struct instant t, char ret_text[static GAME_TIME_SIZE]);
struct instant game_time_parse(const char *text) must_check;

/*
 * Does the console's line sound as if a list had changed ("Banned X: reason", "[Robin: Opped
 * X]", ...)? It is no more than a reason to look at the files: players write on that console.
 */
bool game_line_hints(const char *line) must_check;

/* `<NAME> !op TOKEN`, said in the game's chat. */
#define OP_TOKEN_SIZE 13	/* 12 characters of base32, and the end */
struct op_line {
	char name[PLAYER_NAME_LIMIT + 1];
	char token[OP_TOKEN_SIZE];
};
bool op_line_parse(const char *line, struct op_line *ret_line) must_check;

#endif
