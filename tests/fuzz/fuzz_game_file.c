/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as one of a game's lists, as its properties and as a line of its console. The
 * first byte says which list. What is edited is read back as it was meant.
 */

#include "fuzz.h"
#include "game/game_file.h"
#include "model/name.h"

static void
check_lines(const unsigned char *bytes, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)bytes, size);
	struct game_properties properties;
	struct op_line line;

	game_properties_parse((const char *)bytes, size, &properties);
	ASSERT(properties.op_level >= 1 && properties.op_level <= 4);
	if (op_line_parse(text, &line))
		ASSERT(player_name_is_valid(line.name) && strlen(line.token) == OP_TOKEN_SIZE - 1);
	if (game_line_hints(text))
		ASSERT(text[0] == '[' || text[0] == '\033');
	if (instant_is_set(game_time_parse(text))) {
		char again[GAME_TIME_SIZE];

		game_time_text(game_time_parse(text), again);
		ASSERT(game_time_parse(again).ms == game_time_parse(text).ms);
	}
}

/* Take every other one off, and put one on. */
static void
check_edit(enum game_list list, const json_t *entries)
{
	struct game_edit *edits = mem_new_array(json_array_size(entries) + 1, sizeof *edits);
	CLEANUP(json_freep) json_t *after = NULL;
	CLEANUP(text_freep) char *text = NULL;
	char why[REASON_LIMIT + 1];
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(entries); i++) {
		if (!game_list_entry(list, entries, i, &edits[count].entry))
			continue;
		edits[count].set = count % 2 != 0;
		edits[count].anew = count % 4 == 1;
		count++;
	}
	if (game_list_edit(list, entries, edits, count, 4, &text)) {
		after = game_list_parse(text, strlen(text), why);
		ASSERT(after != NULL && json_array_size(after) <= json_array_size(entries));
	}
	mem_free(edits);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum game_list list = size > 0 ? (enum game_list)(data[0] % GAME_LIST_MAX) : 0;
	unsigned char *copy = fuzz_copy(data + (size > 0), size - (size > 0));
	char why[REASON_LIMIT + 1] = "";
	CLEANUP(json_freep)
	json_t *entries = game_list_parse((const char *)copy, size - (size > 0), why);

	check_lines(copy, size - (size > 0));
	ASSERT((entries == NULL) == (why[0] != '\0'));
	ASSERT(text_is_printable(why, strlen(why)));
	if (entries != NULL)
		check_edit(list, entries);
	free(copy);
	return 0;
}
