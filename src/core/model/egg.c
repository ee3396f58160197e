/* SPDX-License-Identifier: Apache-2.0 */
/* An egg as a template: see the header. */

#include "model/egg.h"

#include <stdio.h>
#include <string.h>

#include "model/egg_inside.h"
#include "model/hole.h"

static bool
is_version(const char *version)
{
	static const char *const known[] = { "PTDL_v1", "PTDL_v2", "PLCN_v1", "PLCN_v2",
					     "PLCN_v3" };

	for (size_t i = 0; i < ELEMENTS(known); i++)
		if (strcmp(version, known[i]) == 0)
			return true;
	return false;
}

static json_t *
config_of(const struct egg *egg, const char *name)
{
	return json_object_get(json_object_get(egg->from, "config"), name);
}

/* ---- names ---- */

static void
put_names(struct egg *egg)
{
	const char *name = json_get_text(egg->from, "name", "egg");
	char key[SERVER_NAME_LIMIT + 1], title[81], about[1500];
	size_t length = 0;
	const char *description = json_get_text(egg->from, "description", "");

	for (const char *c = name; *c != '\0' && length < SERVER_NAME_LIMIT; c++) {
		bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');

		if (is_letter)
			key[length++] = *c;
		else if (*c >= 'A' && *c <= 'Z')
			key[length++] = (char)(*c - 'A' + 'a');
		else if (length > 0 && key[length - 1] != '-')
			key[length++] = '-';
	}
	while (length > 0 && key[length - 1] == '-')
		length--;
	key[length] = '\0';
	text_clean(title, sizeof title, name, strlen(name));
	text_clean(about, sizeof about, description, strlen(description));
	json_set_text(egg->to, "template", length > 0 ? key : "egg");
	json_set_text(egg->to, "title", title[0] != '\0' ? title : "An egg");
	if (about[0] != '\0')
		json_set_text(egg->to, "description", about);
}

static void
add_variable(struct egg *egg, json_t *variable)
{
	ASSERT(variable != NULL && json_array_append_new(egg->variables, variable) == 0);
}

/* ---- the start-up line ---- */

/* The next word, with its quotes undone; NULL at the end. */
static char *
next_word(const char **at)
{
	CLEANUP(buf_deinit) struct buf word = BUF_NULL;
	const char *c = *at + strspn(*at, " \t\r\n");
	char quote = '\0';

	if (*c == '\0')
		return NULL;
	for (; *c != '\0' && (quote != '\0' || strchr(" \t\r\n", *c) == NULL); c++) {
		if (quote == '\0' && (*c == '"' || *c == '\''))
			quote = *c;
		else if (*c == quote)
			quote = '\0';
		else if (*c == '\\' && quote != '\'' && c[1] != '\0')
			buf_put_byte(&word, (unsigned char)*++c);
		else
			buf_put_byte(&word, (unsigned char)*c);
	}
	*at = c;
	return buf_take_text(&word);
}

static bool
needs_shell(const char *line)
{
	return strpbrk(line, ";|&<>`") != NULL || strstr(line, "$(") != NULL ||
	       strstr(line, "$((") != NULL;
}

static const char *
startup_of(struct egg *egg)
{
	const json_t *commands = json_object_get(egg->from, "startup_commands");
	const char *key;
	json_t *command;

	if (json_object_size(commands) > 1)
		egg_note(egg, "It has several start-up lines; the first was taken.");
	json_object_foreach((json_t *)commands, key, command)
	{
		if (json_is_string(command))
			return json_string_value(command);
	}
	return json_get_text(egg->from, "startup", "");
}

static json_t *
command_of(struct egg *egg, const char *line)
{
	json_t *command = json_array();
	char *word;

	if (needs_shell(line))
		egg_note(egg,
			 "Its start-up line is written for a shell, and there is none here: look "
			 "at local.command.");
	while ((word = next_word(&line)) != NULL && json_array_size(command) < 200) {
		CLEANUP(text_freep) char *text = egg_text(egg, word, true);

		mem_free(word);
		ASSERT(json_array_append_new(command, json_string(text)) == 0);
	}
	mem_free(word);
	if (json_array_size(command) == 0)
		egg_note(egg, "It has no start-up line: write local.command.");
	return command;
}

/* ---- the server ---- */

static void
put_ready(struct egg *egg, json_t *server)
{
	CLEANUP(json_freep) json_t *startup = egg_inner(config_of(egg, "startup"));
	const json_t *done = json_object_get(startup, "done");
	const char *text = json_string_value(json_is_array(done) ? json_array_get(done, 0) : done);

	if (json_array_size(done) > 1)
		egg_note(egg, "It names several lines that mean ready; the first was taken.");
	if (text == NULL || *text == '\0')
		return;
	if (text_starts_with(text, "regex:"))
		egg_note(egg,
			 "That it is ready is told by a regular expression (%.100s): write a part "
			 "of the line as ready_line.",
			 text + strlen("regex:"));
	else if (strlen(text) <= 200 && text_is_printable(text, strlen(text)))
		json_set_text(server, "ready_line", text);
}

static void
put_stop(struct egg *egg, json_t *server)
{
	const char *stop = json_string_value(config_of(egg, "stop"));
	json_t *rule = json_object();

	if (stop == NULL || *stop == '\0' || strcmp(stop, "^C") == 0 || strcmp(stop, "^^C") == 0)
		json_set_text(rule, "signal", "INT");
	else if (text_starts_with(stop, "^SIG"))
		json_set_text(rule, "signal", stop + strlen("^SIG"));
	else
		json_set_text(rule, "console", stop);
	ASSERT(json_object_set_new(server, "stop", rule) == 0);
}

/* What its variables are called in the game's environment. */
static json_t *
environment_of(struct egg *egg)
{
	const json_t *list = json_object_get(egg->from, "variables");
	json_t *to = json_object();

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_get_text(json_array_get(list, i), "env_variable", "");
		CLEANUP(text_freep) char *hole = egg_hole(egg, name);

		if (*hole != '\0')
			json_set_text(to, name, hole);
	}
	json_set_text(to, "SERVER_PORT", "${port}");
	json_set_text(to, "SERVER_IP", "127.0.0.1");
	json_set_text(to, "SERVER_MEMORY", "${memory.MiB}");
	return to;
}

static bool
has_feature(const struct egg *egg, const char *feature)
{
	const json_t *list = json_object_get(egg->from, "features");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (text_equal(json_string_value(json_array_get(list, i)), feature))
			return true;
	return false;
}

static void
put_server(struct egg *egg)
{
	bool is_minecraft = has_feature(egg, "eula");
	const char *line = startup_of(egg);
	json_t *server = json_object(), *local = json_object();

	add_variable(egg, json_pack("{s:s, s:s, s:s, s:s}", "name", "memory", "type", "size",
				    "title", "Memory", "default", "2GiB"));
	add_variable(egg,
		     json_pack("{s:s, s:s, s:s, s:i}", "name", "port", "type", "port", "title",
			       "The game's own port", "default", is_minecraft ? 25570 : 27700));
	json_set_text(server, "game", is_minecraft ? "minecraft-java" : "udp");
	json_set_text(server, "address", "127.0.0.1:${port}");
	if (!is_minecraft) {
		add_variable(egg, json_pack("{s:s, s:s, s:s, s:i}", "name", "public_port", "type",
					    "port", "title", "Players' port", "default", 27600));
		ASSERT(json_object_set_new(server, "listen",
					   json_pack("[s]", "0.0.0.0:${public_port}")) == 0);
		egg_note(egg,
			 "An egg does not say what its players speak: it was taken to be UDP. For "
			 "TCP, write game: tcp.");
		put_ready(egg, server);
	}
	ASSERT(json_object_set_new(local, "command", command_of(egg, line)) == 0);
	json_set_text(local, "directory", "worlds/${name}");
	ASSERT(json_object_set_new(local, "environment", environment_of(egg)) == 0);
	ASSERT(json_object_set_new(server, "local", local) == 0);
	put_stop(egg, server);
	ASSERT(json_object_set_new(egg->to, "server", server) == 0);
}

/* ---- the rest ---- */

static void
put_licence(struct egg *egg)
{
	json_t *files = json_object_get(egg->to, "files");

	if (!has_feature(egg, "eula"))
		return;
	add_variable(egg, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", "eula", "type", "boolean",
				    "title", "I have read Minecraft's licence and agree to it",
				    "help", "https://aka.ms/MinecraftEULA", "default", 0));
	ASSERT(json_array_append_new(files,
				     json_pack("{s:s, s:s, s:{s:s}}", "path", "eula.txt", "format",
					       "properties", "set", "eula", "${eula}")) == 0);
	ASSERT(json_object_set_new(egg->to, "install",
				   json_pack("[{s:s, s:s, s:s, s:s}]", "do", "accept", "variable",
					     "eula", "title", "Minecraft's licence", "url",
					     "https://aka.ms/MinecraftEULA")) == 0);
}

static void
note_rest(struct egg *egg)
{
	const json_t *script =
		json_object_get(json_object_get(egg->from, "scripts"), "installation");

	if (*json_get_text(script, "script", "") != '\0')
		egg_note(egg,
			 "Its install script needs a container (%.100s) and was left out: write "
			 "what it "
			 "does as steps of install, or put the game's files into its directory.",
			 json_get_text(script, "container", "of its own"));
	if (json_object_get(egg->from, "docker_images") != NULL ||
	    json_object_get(egg->from, "images") != NULL ||
	    json_object_get(egg->from, "image") != NULL)
		egg_note(egg,
			 "Its container images were left out: what the game needs must be on this "
			 "machine.");
	if (json_array_size(json_object_get(egg->from, "file_denylist")) > 0)
		egg_note(egg, "Its file_denylist was left out: there is no file manager.");
}

json_t *
egg_import(const json_t *from, json_t **ret_notes)
{
	const char *version = json_get_text(json_object_get(from, "meta"), "version", "");
	struct egg egg = { .from = from, .to = json_object(), .variables = json_array() };

	egg.notes = *ret_notes = json_array();
	if (!is_version(version)) {
		egg_note(&egg,
			 "This is not an egg: its meta.version is '%.40s', and PTDL_v1, PTDL_v2 "
			 "and PLCN_v1 to PLCN_v3 are known.",
			 version);
		json_decref(egg.to);
		json_decref(egg.variables);
		return NULL;
	}
	put_names(&egg);
	ASSERT(json_object_set_new(egg.to, "variables", egg.variables) == 0);
	egg_take_variables(&egg);
	put_server(&egg);
	ASSERT(json_object_set_new(egg.to, "files", egg_files(&egg)) == 0);
	put_licence(&egg);
	note_rest(&egg);
	return egg.to;
}
