/* SPDX-License-Identifier: Apache-2.0 */
/* An egg's texts: what stands in its double braces, as holes. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/egg_inside.h"
#include "model/hole.h"

void
egg_note(struct egg *egg, const char *format, ...)
{
	char text[512], clean[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	text_clean(clean, sizeof clean, text, strlen(text));
	for (size_t i = 0; i < json_array_size(egg->notes); i++)
		if (strcmp(json_string_value(json_array_get(egg->notes, i)), clean) == 0)
			return;
	if (json_array_size(egg->notes) < EGG_NOTES_LIMIT)
		ASSERT(json_array_append_new(egg->notes, json_string(clean)) == 0);
}

json_t *
egg_inner(const json_t *value)
{
	if (json_is_string(value))
		return json_loads(json_string_value(value), 0, NULL);
	return json_is_object(value) || json_is_array(value) ? json_incref((json_t *)value) : NULL;
}

/* In lower case; those that are roost's own get a name beside them. */
void
egg_variable_name(const char *environment, char name[static VARIABLE_NAME_LIMIT + 1])
{
	static const char *const taken[] = {
		"name", "port", "public_port", "memory", "eula", "host"
	};
	size_t length = 0;

	for (; *environment != '\0' && length < VARIABLE_NAME_LIMIT - 4; environment++) {
		char c = *environment;

		name[length++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	name[length] = '\0';
	for (size_t i = 0; i < ELEMENTS(taken); i++)
		if (strcmp(name, taken[i]) == 0)
			(void)snprintf(name + length, 5, "_egg");
}

char *
egg_hole(const struct egg *egg, const char *environment)
{
	static const struct {
		const char *name, *hole;
	} known[] = {
		{ "SERVER_MEMORY", "${memory.MiB}" },
		{ "SERVER_PORT", "${port}" },
		{ "SERVER_IP", "127.0.0.1" },
	};
	char name[VARIABLE_NAME_LIMIT + 1];

	for (size_t i = 0; i < ELEMENTS(known); i++)
		if (strcmp(environment, known[i].name) == 0)
			return text_copy(known[i].hole);
	egg_variable_name(environment, name);
	for (size_t i = 0; i < json_array_size(egg->variables); i++)
		if (text_equal(json_get_text(json_array_get(egg->variables, i), "name", NULL),
			       name))
			return text_format("${%s}", name);
	return text_copy("");
}

/* What stands between the braces. */
static char *
placeholder(struct egg *egg, const char *inside)
{
	static const struct {
		const char *name, *hole;
	} known[] = {
		{ "server.build.default.port", "${port}" },
		{ "server.allocations.default.port", "${port}" },
		{ "server.build.default.ip", "127.0.0.1" },
		{ "server.allocations.default.ip", "127.0.0.1" },
		{ "config.docker.interface", "127.0.0.1" },
		{ "server.build.memory", "${memory.MiB}" },
		{ "server.build.memory_limit", "${memory.MiB}" },
	};
	static const char *const environments[] = { "server.build.env.", "server.environment.",
						    "env.", "" };
	char *hole;

	for (size_t i = 0; i < ELEMENTS(known); i++)
		if (strcmp(inside, known[i].name) == 0)
			return text_copy(known[i].hole);
	for (size_t i = 0; i < ELEMENTS(environments); i++) {
		if (!text_starts_with(inside, environments[i]))
			continue;
		hole = egg_hole(egg, inside + strlen(environments[i]));
		if (*hole != '\0')
			return hole;
		mem_free(hole);
	}
	egg_note(egg, "Nothing here is meant by {{%.100s}}; it was left out.", inside);
	return text_copy("");
}

/* The text's first placeholder: its whole length, and what is in it. 0: it does not begin here. */
static size_t
placeholder_at(const char *text, bool is_command, char inside[static 128])
{
	bool is_shell = is_command && text[0] == '$' && text[1] == '{' && text[2] != '{';
	const char *end;
	size_t from = 2, length;

	if (!is_shell && !(text[0] == '{' && text[1] == '{'))
		return 0;
	end = strstr(text + from, is_shell ? "}" : "}}");
	if (end == NULL)
		return 0;
	length = (size_t)(end - text) + (is_shell ? 1 : 2);
	while (text[from] == ' ')
		from++;
	while (end > text + from && end[-1] == ' ')
		end--;
	if ((size_t)(end - text) <= from || (size_t)(end - text) - from >= 128)
		return 0;
	memcpy(inside, text + from, (size_t)(end - text) - from);
	inside[(size_t)(end - text) - from] = '\0';
	return length;
}

char *
egg_text(struct egg *egg, const char *text, bool is_command)
{
	CLEANUP(buf_deinit) struct buf made = BUF_NULL;
	char inside[128];

	while (*text != '\0') {
		size_t length = placeholder_at(text, is_command, inside);

		if (length > 0) {
			CLEANUP(text_freep) char *hole = placeholder(egg, inside);

			buf_put_text(&made, hole);
			text += length;
			continue;
		}
		if (text[0] == '$' && text[1] == '{') /* no hole of ours */
			buf_put_byte(&made, '$');
		buf_put_byte(&made, (unsigned char)*text++);
	}
	return buf_take_text(&made);
}
