/* SPDX-License-Identifier: Apache-2.0 */
/* roost backups: what there is of a server's world, as a table. */

#include <stdio.h>
#include <string.h>

#include "cli/backup.h"

void
volume_text(int64_t bytes, char text[static VOLUME_TEXT_SIZE])
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1000 && unit + 1 < ELEMENTS(units)) {
		size /= 1000;
		unit++;
	}
	(void)snprintf(text, VOLUME_TEXT_SIZE, unit == 0 ? "%.0f %s" : "%.1f %s", size,
		       units[unit]);
}

char *
backup_path(const char *server, const char *id, const char *rest)
{
	CLEANUP(text_freep) char *place = client_path("/v1/servers/%s/backups/", server);
	CLEANUP(text_freep) char *name = client_path("%s", id);

	return text_format("%s%s%s", place, name, rest);
}

/* The newest that is good; those without a doubt before all others. */
static bool
is_better(const json_t *backup, const json_t *best)
{
	bool doubtful = json_get_bool(backup, "doubtful", false);
	bool best_doubtful = best != NULL && json_get_bool(best, "doubtful", false);

	if (strcmp(json_get_text(backup, "state", ""), "good") != 0)
		return false;
	if (best == NULL || doubtful != best_doubtful)
		return best == NULL || best_doubtful;
	return json_get_instant(backup, "packed_at").ms >= json_get_instant(best, "packed_at").ms;
}

int
backup_named(struct client *client, const char *server, const char *word, char **ret_id)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/backups", server);
	const json_t *list, *best = NULL;
	json_t *backup;
	size_t i;
	int status;

	if (strcmp(word, "latest") != 0) {
		*ret_id = text_copy(word);
		return EXIT_DONE;
	}
	status = client_ask(client, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	list = list_in(answer.json, "backups");
	json_array_foreach(list, i, backup)
	{
		if (is_better(backup, best))
			best = backup;
	}
	if (best == NULL)
		return refused("%s has no good backup yet; make one with: roost backup %s", server,
			       server);
	*ret_id = text_copy(json_get_text(best, "id", ""));
	return EXIT_DONE;
}

static enum colour
colour_of(const char *state, bool doubtful)
{
	if (strcmp(state, "good") == 0)
		return doubtful ? COLOUR_BAD : COLOUR_GOOD;
	return strcmp(state, "failed") == 0 ? COLOUR_BAD : COLOUR_BUSY;
}

/* Why it failed or is doubted; or what is not in it. */
static void
put_reason(struct table *table, const json_t *backup)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	int missed = (int)json_get_integer(backup, "missed", 0);

	buf_put_text(&text, json_get_text(backup, "reason", ""));
	if (text.length == 0 && missed > 0)
		buf_format(&text, "without %d: %s", missed,
			   json_get_text(backup, "missed_first", ""));
	table_cell(table, buf_text(&text), COLOUR_NONE);
}

static void
put_backup(struct table *table, const json_t *backup)
{
	const char *state = json_get_text(backup, "state", "?");
	bool doubtful = json_get_bool(backup, "doubtful", false);
	bool is_good = strcmp(state, "good") == 0;
	char when[CLOCK_TEXT_SIZE], size[VOLUME_TEXT_SIZE];

	table_cell(table, json_get_text(backup, "id", "?"), COLOUR_NONE);
	when_text(backup, is_good ? "packed_at" : "made", "", when);
	table_cell(table, when, COLOUR_NONE);
	table_cell(table, json_get_text(backup, "kind", ""), COLOUR_NONE);
	table_cell(table, doubtful ? "doubtful" : state, colour_of(state, doubtful));
	volume_text(json_get_integer(backup, "size", 0), size);
	table_cell(table, is_good ? size : "", COLOUR_NONE);
	table_cell(table, json_get_text(backup, "store", ""), COLOUR_NONE);
	table_cell(table, json_get_bool(backup, "locked", false) ? "locked" : "", COLOUR_NONE);
	put_reason(table, backup);
}

static void
print_restore(const json_t *answer)
{
	CLEANUP(buf_deinit) struct buf line = BUF_NULL;
	const json_t *restore = json_object_get(answer, "restore");
	int64_t kept = json_get_integer(restore, "kept", 0);

	if (!json_is_object(restore))
		return;
	if (*json_get_text(restore, "step", "") != '\0') {
		buf_put_text(&line, "A backup is being restored: ");
		put_clean(&line, json_get_text(restore, "step", ""));
		buf_put_text(&line, ".\n");
	}
	if (kept > 0)
		buf_format(&line,
			   "%d old world%s kept aside until the server has run well for ten "
			   "minutes.\n",
			   (int)kept, kept == 1 ? " is" : "s are");
	print_buf(&line);
}

static int
run(const struct invocation *in)
{
	static const char *const heads[] = { "ID",   "WHEN",  "KIND", "STATE",
					     "SIZE", "STORE", "",     "REASON" };
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/backups", in->words[0]);
	struct table table = { .columns = ELEMENTS(heads) };
	json_t *backup;
	const json_t *list;
	size_t i;
	int status = client_new(in, &client);

	if (status == EXIT_DONE)
		status = client_ask(client, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	list = list_in(answer.json, "backups");
	if (json_array_size(list) == 0) {
		(void)printf("There is no backup of %s yet. Make one with: roost backup %s\n",
			     in->words[0], in->words[0]);
	} else {
		for (i = 0; i < ELEMENTS(heads); i++)
			table_cell(&table, heads[i], COLOUR_QUIET);
		json_array_foreach(list, i, backup) put_backup(&table, backup);
		print_table(&table);
	}
	print_restore(answer.json);
	return EXIT_DONE;
}

const struct command backups_command = {
	.name = "backups",
	.words = "NAME",
	.summary = "show a server's backups",
	.about =
		"A backup is good once it was read back whole from its store. One that is doubtful "
		"was good, and could not be read when it was checked last.",
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run,
};
