/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may play, as a game's own files have it. What makes it hard is that the files are
 * not ours alone: what we do not know in them has to be there afterwards too.
 */

#include "game/game_file.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/civil.h"
#include "model/name.h"

#define FILE_DEPTH_LIMIT 16 /* the game's own have two levels */

static const char *const files[] = {
	[GAME_LIST_WHITELIST] = "whitelist.json",
	[GAME_LIST_OPS] = "ops.json",
	[GAME_LIST_BANNED] = "banned-players.json",
	[GAME_LIST_BANNED_IPS] = "banned-ips.json",
};

_Static_assert(ELEMENTS(files) == GAME_LIST_MAX, "a list without a file");

const char *
game_list_file(enum game_list list)
{
	ASSERT(list < GAME_LIST_MAX);
	return files[list];
}

/* Times. */

void
game_time_text(struct instant t, char ret_text[static GAME_TIME_SIZE])
{
	int64_t seconds = t.ms / 1000, day = civil_day_of(seconds), year;
	int64_t rest = seconds - day * DAY_SECONDS;
	int month, date;

	civil_of_days(day, &year, &month, &date);
	(void)snprintf(ret_text, GAME_TIME_SIZE, "%04lld-%02d-%02d %02d:%02d:%02d +0000",
		       (long long)(year % 10000), month, date, (int)(rest / 3600),
		       (int)(rest / 60 % 60), (int)(rest % 60));
}

struct instant
game_time_parse(const char *text)
{
	int year, month, day, hour, minute, second, zone, used = 0;
	char sign;
	int64_t seconds;

	if (sscanf(text, "%4d-%2d-%2d %2d:%2d:%2d %c%4d%n", &year, &month, &day, &hour, &minute,
		   &second, &sign, &zone, &used) != 8 ||
	    text[used] != '\0' || (sign != '+' && sign != '-'))
		return NEVER;
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > civil_month_days(year, month) || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 60 || zone < 0 || zone > 1400)
		return NEVER;
	seconds = civil_days(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second;
	zone = zone / 100 * 3600 + zone % 100 * 60;
	seconds -= sign == '+' ? zone : -zone;
	return seconds > 0 ? (struct instant){ seconds * 1000 } : NEVER;
}

/* Reading. */

json_t *
game_list_parse(const char *text, size_t length, char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(json_freep) json_t *list = NULL;
	json_error_t error;

	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL && text[length - 1] != 0)
		length--;
	if (length == 0)
		return json_array();
	list = json_loadb(text, length, 0, &error);
	if (list == NULL) {
		char said[100];

		text_clean(said, sizeof said, error.text, strlen(error.text));
		(void)snprintf(ret_why, REASON_LIMIT + 1, "is no JSON (line %d: %s)", error.line,
			       said);
		return NULL;
	}
	if (!json_is_array(list) || json_is_deeper(list, FILE_DEPTH_LIMIT)) {
		(void)text_put(ret_why, REASON_LIMIT + 1, "is no list");
		return NULL;
	}
	return TAKE(list);
}

static void
take_clean(char *to, size_t size, const json_t *from, const char *key)
{
	const char *text = json_get_text(from, key, "");

	text_clean(to, size, text, strlen(text));
}

bool
game_list_entry(enum game_list list, const json_t *entries, size_t index,
		struct game_entry *ret_entry)
{
	const json_t *from = json_array_get(entries, index);
	const char *name = json_get_text(from, "name", "");
	struct game_entry entry = { .name = "" };

	if (player_name_is_valid(name))
		(void)text_put(entry.name, sizeof entry.name, name);
	if (!player_uuid_parse(json_get_text(from, "uuid", ""), entry.uuid))
		entry.uuid[0] = '\0';
	take_clean(entry.reason, sizeof entry.reason, from, "reason");
	take_clean(entry.source, sizeof entry.source, from, "source");
	entry.created = game_time_parse(json_get_text(from, "created", ""));
	entry.expires = game_time_parse(json_get_text(from, "expires", ""));
	if (list == GAME_LIST_BANNED_IPS) {
		entry.name[0] = entry.uuid[0] = '\0';
		if (!ip_parse(json_get_text(from, "ip", ""), &entry.ip))
			return false;
	} else if (entry.name[0] == '\0' && entry.uuid[0] == '\0') {
		return false;
	}
	*ret_entry = entry;
	return true;
}

bool
game_entry_is(const struct game_entry *a, const struct game_entry *b)
{
	if (a->name[0] == '\0' && a->uuid[0] == '\0')
		return b->name[0] == '\0' && b->uuid[0] == '\0' && ip_equal(&a->ip, &b->ip);
	if (a->uuid[0] != '\0' && b->uuid[0] != '\0')
		return strcmp(a->uuid, b->uuid) == 0;
	return a->name[0] != '\0' && strcasecmp(a->name, b->name) == 0;
}

/* Changing. */

static void
put_ban(json_t *to, const struct game_entry *entry)
{
	char time[GAME_TIME_SIZE];

	if (instant_is_set(entry->created)) {
		game_time_text(entry->created, time);
		json_set_text(to, "created", time);
	}
	json_set_text(to, "source", entry->source[0] != '\0' ? entry->source : "Server");
	if (instant_is_set(entry->expires))
		game_time_text(entry->expires, time);
	json_set_text(to, "expires", instant_is_set(entry->expires) ? time : "forever");
	json_set_text(to, "reason",
		      entry->reason[0] != '\0' ? entry->reason : "Banned by an operator.");
}

static json_t *
entry_json(enum game_list list, const struct game_entry *entry, unsigned op_level)
{
	json_t *to = json_object();
	char ip[IP_TEXT_SIZE];

	if (list == GAME_LIST_BANNED_IPS) {
		ip_text(&entry->ip, ip);
		json_set_text(to, "ip", ip);
	} else {
		json_set_text(to, "uuid", entry->uuid);
		json_set_text(to, "name", entry->name);
	}
	if (list == GAME_LIST_OPS) {
		json_set_integer(to, "level", op_level);
		json_set_bool(to, "bypassesPlayerLimit", false);
	}
	if (list == GAME_LIST_BANNED || list == GAME_LIST_BANNED_IPS)
		put_ban(to, entry);
	return to;
}

/*
 * From `from` on, and round to it: edits mostly come in the order of the entries, and there may
 * be tens of thousands of both.
 */
static size_t
edit_about(const struct game_edit *edits, size_t count, const struct game_entry *entry, size_t from)
{
	for (size_t i = 0; i < count; i++, from++) {
		from = from < count ? from : 0;
		if (game_entry_is(&edits[from].entry, entry))
			return from;
	}
	return count;
}

/* What stays of what is there; marks which edits were met. */
static bool
keep_entries(enum game_list list, const json_t *entries, const struct game_edit *edits,
	     size_t count, bool *met, json_t *to)
{
	bool changed = false;
	size_t next = 0;

	for (size_t i = 0; i < json_array_size(entries); i++) {
		json_t *one = json_array_get(entries, i);
		struct game_entry entry;
		size_t at = game_list_entry(list, entries, i, &entry)
				    ? edit_about(edits, count, &entry, next)
				    : count;

		next = at < count ? at + 1 : next;
		if (at < count && (!edits[at].set || met[at])) {
			changed = true;
			continue;
		}
		if (at < count)
			met[at] = true;
		if (at < count && edits[at].anew) {
			CLEANUP(json_freep) json_t *before = json_deep_copy(one);

			put_ban(one, &edits[at].entry);
			changed = changed || !json_equal(before, one);
		}
		ASSERT(json_array_append_new(to, json_incref(one)) == 0);
	}
	return changed;
}

bool
game_list_edit(enum game_list list, const json_t *entries, const struct game_edit *edits,
	       size_t count, unsigned op_level, char **ret_text)
{
	CLEANUP(json_freep) json_t *from = json_deep_copy(entries);
	CLEANUP(json_freep) json_t *to = json_array();
	bool *met = mem_new_array(count + 1, sizeof *met);
	bool changed = keep_entries(list, from, edits, count, met, to);

	for (size_t i = 0; i < count; i++) {
		const struct game_entry *entry = &edits[i].entry;

		if (!edits[i].set || met[i] ||
		    (list != GAME_LIST_BANNED_IPS && entry->uuid[0] == '\0'))
			continue;
		ASSERT(json_array_append_new(to, entry_json(list, entry, op_level)) == 0);
		changed = true;
	}
	mem_free(met);
	if (!changed)
		return false;
	*ret_text = json_dumps(to, JSON_INDENT(2));
	ASSERT(*ret_text != NULL);
	return true;
}

/* server.properties */

static bool
property_is(const char *line, size_t length, const char *key, const char **ret_value,
	    size_t *ret_length)
{
	size_t at = strlen(key);

	if (length < at || strncmp(line, key, at) != 0)
		return false;
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (at == length || (line[at] != '=' && line[at] != ':'))
		return false;
	at++;
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	while (length > at && strchr(" \t\r", line[length - 1]) != NULL)
		length--;
	*ret_value = line + at;
	*ret_length = length - at;
	return true;
}

void
game_properties_parse(const char *text, size_t length, struct game_properties *ret_properties)
{
	const char *end = text + length, *value;

	*ret_properties =
		(struct game_properties){ .is_known = true, .online_mode = true, .op_level = 4 };
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((newline != NULL ? newline : end) - text), size;

		while (line > 0 && (*text == ' ' || *text == '\t')) {
			text++;
			line--;
		}
		if (property_is(text, line, "online-mode", &value, &size))
			ret_properties->online_mode =
				!(size == 5 && strncasecmp(value, "false", 5) == 0);
		if (property_is(text, line, "op-permission-level", &value, &size) && size == 1 &&
		    *value >= '1' && *value <= '4')
			ret_properties->op_level = (unsigned)(*value - '0');
		text += line + 1;
	}
}

/* Lines of the console. */

static const char *const hints[] = {
#define HINT(text) text,
#include "game/game_line.def"
};

bool
game_line_hints(const char *line)
{
	char plain[CONSOLE_LINE_LIMIT + 1];
	const char *message = player_line_message(line, plain);

	if (message == NULL || *message == '<')
		return false;
	for (size_t i = 0; i < ELEMENTS(hints); i++)
		if (strstr(message, hints[i]) != NULL)
			return true;
	return false;
}

bool
op_line_parse(const char *line, struct op_line *ret_line)
{
	static const char order[] = "> !op ", unsigned_chat[] = "[Not Secure] ";
	char plain[CONSOLE_LINE_LIMIT + 1];
	const char *message = player_line_message(line, plain);
	struct op_line found;
	size_t length;

	if (message != NULL && text_starts_with(message, unsigned_chat))
		message += strlen(unsigned_chat);
	if (message == NULL || *message++ != '<')
		return false;
	length = strcspn(message, ">");
	if (length >= sizeof found.name || !text_starts_with(message + length, order))
		return false;
	memcpy(found.name, message, length);
	found.name[length] = '\0';
	message += length + strlen(order);
	if (!player_name_is_valid(found.name) || strlen(message) != OP_TOKEN_SIZE - 1)
		return false;
	for (size_t i = 0; i < OP_TOKEN_SIZE; i++) {
		char c = message[i];

		found.token[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	*ret_line = found;
	return true;
}
