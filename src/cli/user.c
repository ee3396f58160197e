/* SPDX-License-Identifier: Apache-2.0 */
/* roost user: who may use roost. Passwords are asked for, never taken from argv. */

#include <stdio.h>
#include <string.h>

#include "cli/file.h"
#include "cli/show.h"
#include "model/words.h"

static const struct option options[] = {
	{ "--role", 'r', "ROLE", "player, staff or admin (add: player when not given)" },
	{ "--password-file", 0, "FILE",
	  "read the password from this file's first line; - is the standard input" },
};

static int
list_users(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	struct table table = { .columns = 4 };
	static const char *const heads[] = { "NAME", "ROLE", "MADE", "LAST SIGNED IN" };
	int status = client_ask(client, "GET", "/v1/users", NULL, &answer);
	json_t *user;
	size_t i;

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	for (i = 0; i < ELEMENTS(heads); i++)
		table_cell(&table, heads[i], COLOUR_QUIET);
	json_array_foreach(list_in(answer.json, "users"), i, user)
	{
		char made[CLOCK_TEXT_SIZE], signed_in[CLOCK_TEXT_SIZE];

		when_text(user, "created_at", "", made);
		when_text(user, "signed_in_at", "never", signed_in);
		table_cell(&table, json_get_text(user, "name", "?"), COLOUR_NONE);
		table_cell(&table, json_get_text(user, "role", "?"), COLOUR_NONE);
		table_cell(&table, made, COLOUR_NONE);
		table_cell(&table, signed_in, COLOUR_NONE);
	}
	print_table(&table);
	return EXIT_DONE;
}

/* The new password, from where the invocation says. NULL: said on stderr. */
static char *
new_password(const struct invocation *in)
{
	const char *path = invocation_option(in, "--password-file");
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	CLEANUP(text_freep) char *prompt = NULL;
	char *password;
	int error;

	if (path == NULL) {
		prompt = text_format("Password for %.64s", in->words[1]);
		return ask_secret(prompt, true);
	}
	error = file_slurp(path, 4096, &content);
	if (error < 0) {
		(void)refused("cannot read the password from %.200s: %s", path, strerror(-error));
		return NULL;
	}
	password = buf_take_text(&content);
	password[strcspn(password, "\r\n")] = '\0';
	return password;
}

static int
put_user(struct client *client, const struct invocation *in, json_t *body, const char *done)
{
	CLEANUP(json_freep) json_t *owned = body;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/users/%s", in->words[1]);
	int status = client_ask(client, "PUT", path, owned, &answer);

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else
		(void)printf("%s %s.\n", in->words[1], done);
	return EXIT_DONE;
}

/* `add` must not change somebody who is there already. */
static bool
user_exists(struct client *client, const char *name)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/users/%s", name);

	client_call(client, "GET", path, NULL, &answer);
	return answer_is_good(&answer);
}

static int
add_user(struct client *client, const struct invocation *in)
{
	const char *role = invocation_option(in, "--role");
	CLEANUP(text_freep) char *password = NULL;
	json_t *body;

	if (user_exists(client, in->words[1]))
		return refused("there is a user %.64s already; change it with `roost user role` or "
			       "`roost user password`",
			       in->words[1]);
	password = new_password(in);
	if (password == NULL)
		return EXIT_REFUSED;
	body = json_object();
	json_set_text(body, "role", role != NULL ? role : "player");
	json_set_text(body, "password", password);
	return put_user(client, in, body, "can sign in now");
}

static int
change_password(struct client *client, const struct invocation *in)
{
	CLEANUP(text_freep) char *password = NULL;
	json_t *body;

	if (!user_exists(client, in->words[1]))
		return refused("there is no user %.64s; `roost user ls` lists them", in->words[1]);
	password = new_password(in);
	if (password == NULL)
		return EXIT_REFUSED;
	body = json_object();
	json_set_text(body, "password", password);
	return put_user(client, in, body, "has a new password and is signed out everywhere");
}

static int
change_role(struct client *client, const struct invocation *in)
{
	const char *word =
		invocation_word(in, 2) != NULL ? in->words[2] : invocation_option(in, "--role");
	enum role role;
	CLEANUP(text_freep) char *done = NULL;
	json_t *body;

	if (word == NULL || !role_parse(word, &role) || role == ROLE_NOBODY)
		return misused(in, "which role? player, staff or admin");
	if (!user_exists(client, in->words[1]))
		return refused("there is no user %.64s; `roost user ls` lists them", in->words[1]);
	body = json_object();
	json_set_text(body, "role", word);
	done = text_format("has the role %s now", word);
	return put_user(client, in, body, done);
}

static int
remove_user(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/users/%s", in->words[1]);
	int status = client_ask(client, "DELETE", path, NULL, &answer);

	if (status == EXIT_DONE && !invocation_has(in, "--json"))
		(void)printf("%s is removed, with sessions and tokens.\n", in->words[1]);
	return status;
}

static int
change_game_name(struct client *client, const struct invocation *in)
{
	const char *name = invocation_word(in, 2);
	json_t *body;

	if (!user_exists(client, in->words[1]))
		return refused("there is no user %.64s; `roost user ls` lists them", in->words[1]);
	body = json_object();
	json_set_text(body, "game_name", name != NULL ? name : "");
	return put_user(client, in, body,
			name != NULL ? "is known by that name in the game"
				     : "has no name in the game any more");
}

static const struct {
	const char *word;
	unsigned words; /* with the first */
	int (*run)(struct client *client, const struct invocation *in);
} parts[] = {
	{ "ls", 1, list_users },    { "add", 2, add_user },   { "password", 2, change_password },
	{ "role", 2, change_role }, { "rm", 2, remove_user }, { "game-name", 2, change_game_name },
};

static int
run(const struct invocation *in)
{
	const char *word = in->word_count > 0 ? in->words[0] : "ls";

	for (size_t i = 0; i < ELEMENTS(parts); i++) {
		CLEANUP(client_freep) struct client *client = NULL;
		int status;

		if (strcmp(parts[i].word, word) != 0)
			continue;
		if (in->word_count < parts[i].words && in->word_count > 0)
			return misused(in, "whom? roost user %s NAME", word);
		status = client_new(in, &client);
		return status == EXIT_DONE ? parts[i].run(client, in) : status;
	}
	return misused(
		in, "there is no `user %.40s`; there are ls, add, role, password, game-name and rm",
		word);
}

const struct command user_command = {
	.name = "user",
	.words = "[ls | add NAME | role NAME ROLE | password NAME | game-name NAME [PLAYER] | rm "
		 "NAME]",
	.summary = "list, add, change and remove users",
	.about = "A password is asked for on the terminal without showing it, or read from the "
		 "first "
		 "line of the standard input or of --password-file. Players see and wake; staff "
		 "also "
		 "send to sleep and use the console; admins change everything.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.most = 3,
	.run = run,
};
