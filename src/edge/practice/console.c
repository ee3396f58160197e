/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stand-in's console, in the words of a vanilla server. An operator's command in the
 * chat is shown here as `[Name: what was done]`; what fails is told to him alone.
 */

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "practice/inner.h"
#include "practice/roll.h"

#define BY_AN_OPERATOR "Banned by an operator."

/* A command as it was typed: `rest` is what is behind its first word. */
struct typed {
	struct practice *practice;
	const char *by; /* whose chat it is; NULL: the console */
	const char *rest;
	struct instant now;
};

static void done(const struct typed *typed, const char *format, ...) printf_like(2, 3);
static void failed(const struct typed *typed, const char *why);

static void
done(const struct typed *typed, const char *format, ...)
{
	char text[CONSOLE_LINE_LIMIT];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (typed->by != NULL)
		practice_say("[%s: %s]", typed->by, text);
	else
		practice_say("%s", text);
}

static void
failed(const struct typed *typed, const char *why)
{
	if (typed->by == NULL)
		practice_say("%s", why);
}

/* The first word of `rest` into `word`; returns what is behind it. */
static const char *
word_take(const char *rest, char *word, size_t size)
{
	size_t length = strcspn(rest, " ");

	(void)text_put(word, length + 1 < size ? length + 1 : size, rest);
	rest += length;
	return rest + strspn(rest, " ");
}

static struct visitor *
player_find(const struct practice *practice, const char *name)
{
	for (size_t i = 0; i < practice->visitor_count; i++) {
		struct visitor *visitor = practice->visitors[i];

		if (visitor_is_player(visitor) && !visitor->is_leaving &&
		    strcasecmp(visitor->name, name) == 0)
			return visitor;
	}
	return NULL;
}

/* Who is meant, as the game writes the name: who is on as there, else as typed. */
static bool
player_of(const struct typed *typed, const char *name, char ret_name[static PLAYER_NAME_LIMIT + 1],
	  char ret_uuid[static UUID_TEXT_SIZE])
{
	const struct visitor *visitor = player_find(typed->practice, name);
	unsigned char uuid[16];

	if (*name == '\0' || strlen(name) > MINECRAFT_NAME_LIMIT) {
		failed(typed, "That player does not exist");
		return false;
	}
	(void)text_put(ret_name, PLAYER_NAME_LIMIT + 1, visitor != NULL ? visitor->name : name);
	offline_uuid(ret_name, uuid);
	uuid_text(uuid, ret_uuid);
	return true;
}

/* Who plays. */

static void
run_list(const struct typed *typed)
{
	const struct practice *practice = typed->practice;
	CLEANUP(buf_deinit) struct buf names = BUF_NULL;
	char uuid[UUID_TEXT_SIZE];

	for (size_t i = 0; i < practice->visitor_count; i++) {
		const struct visitor *visitor = practice->visitors[i];

		if (!visitor_is_player(visitor))
			continue;
		buf_format(&names, "%s%s", names.length > 0 ? ", " : "", visitor->name);
		uuid_text(visitor->uuid, uuid);
		if (strcmp(typed->rest, "uuids") == 0)
			buf_format(&names, " (%s)", uuid);
	}
	if (typed->by == NULL)
		practice_say("There are %u of a max of %u players online: %s",
			     practice_players(practice), practice->options.max, buf_text(&names));
}

static void
run_kick(const struct typed *typed)
{
	char name[64];
	const char *reason = word_take(typed->rest, name, sizeof name);
	struct visitor *visitor = player_find(typed->practice, name);

	if (visitor == NULL) {
		failed(typed, "No player was found");
		return;
	}
	reason = *reason != '\0' ? reason : "Kicked by an operator";
	done(typed, "Kicked %s: %s", visitor->name, reason);
	visitor_send_away(visitor, reason);
}

/* Who may. */

static void
run_ban(const struct typed *typed)
{
	char word[64], name[PLAYER_NAME_LIMIT + 1], uuid[UUID_TEXT_SIZE];
	const char *reason = word_take(typed->rest, word, sizeof word);
	struct visitor *visitor;

	if (!player_of(typed, word, name, uuid))
		return;
	reason = *reason != '\0' ? reason : BY_AN_OPERATOR;
	if (!roll_add(&typed->practice->rolls, ROLL_BANS,
		      &(struct roll_line){ uuid, name, typed->by != NULL ? typed->by : "Server",
					   reason })) {
		failed(typed, "Nothing changed. The player is already banned");
		return;
	}
	done(typed, "Banned %s: %s", name, reason);
	visitor = player_find(typed->practice, name);
	if (visitor != NULL)
		visitor_send_away(visitor, "You are banned from this server");
}

static void
run_pardon(const struct typed *typed)
{
	char name[PLAYER_NAME_LIMIT + 1], uuid[UUID_TEXT_SIZE];

	if (!player_of(typed, typed->rest, name, uuid))
		return;
	if (roll_remove(&typed->practice->rolls, ROLL_BANS, uuid))
		done(typed, "Unbanned %s", name);
	else
		failed(typed, "Nothing changed. The player isn't banned");
}

static void
run_ban_ip(const struct typed *typed)
{
	struct practice *practice = typed->practice;
	char word[64], ip[IP_TEXT_SIZE];
	const char *reason = word_take(typed->rest, word, sizeof word);
	const struct visitor *named = player_find(practice, word);
	unsigned char parsed[16];

	(void)text_put(ip, sizeof ip, named != NULL ? named->from.ip : word);
	if (inet_pton(AF_INET, ip, parsed) != 1 && inet_pton(AF_INET6, ip, parsed) != 1) {
		failed(typed, "Invalid IP address or unknown player");
		return;
	}
	reason = *reason != '\0' ? reason : BY_AN_OPERATOR;
	if (!roll_add(&practice->rolls, ROLL_IP_BANS,
		      &(struct roll_line){ ip, NULL, typed->by != NULL ? typed->by : "Server",
					   reason })) {
		failed(typed, "Nothing changed. That IP is already banned");
		return;
	}
	done(typed, "Banned IP %s: %s", ip, reason);
	for (size_t i = 0; i < practice->visitor_count; i++) {
		struct visitor *visitor = practice->visitors[i];

		if (visitor_is_player(visitor) && strcmp(visitor->from.ip, ip) == 0)
			visitor_send_away(visitor, "You have been IP banned");
	}
}

static void
run_pardon_ip(const struct typed *typed)
{
	if (roll_remove(&typed->practice->rolls, ROLL_IP_BANS, typed->rest))
		done(typed, "Unbanned IP %s", typed->rest);
	else
		failed(typed, "Nothing changed. That IP isn't banned");
}

static void
say_bans(const struct typed *typed, enum roll which, const char *key)
{
	const json_t *line;
	size_t i;

	json_array_foreach(typed->practice->rolls.lines[which], i, line)
		done(typed, "%s was banned by %s: %s", json_get_text(line, key, "?"),
		     json_get_text(line, "source", "(Unknown)"), json_get_text(line, "reason", ""));
}

static void
run_banlist(const struct typed *typed)
{
	const struct rolls *rolls = &typed->practice->rolls;
	bool players = strcmp(typed->rest, "ips") != 0, ips = strcmp(typed->rest, "players") != 0;
	size_t count = (players ? json_array_size(rolls->lines[ROLL_BANS]) : 0) +
		       (ips ? json_array_size(rolls->lines[ROLL_IP_BANS]) : 0);

	if (count == 0) {
		done(typed, "There are no bans");
		return;
	}
	done(typed, "There are %zu ban(s):", count);
	if (players)
		say_bans(typed, ROLL_BANS, "name");
	if (ips)
		say_bans(typed, ROLL_IP_BANS, "ip");
}

static void
run_op(const struct typed *typed, bool give)
{
	struct rolls *rolls = &typed->practice->rolls;
	char name[PLAYER_NAME_LIMIT + 1], uuid[UUID_TEXT_SIZE];

	if (!player_of(typed, typed->rest, name, uuid))
		return;
	if (give && roll_add(rolls, ROLL_OPS, &(struct roll_line){ .whom = uuid, .name = name }))
		done(typed, "Made %s a server operator", name);
	else if (give)
		failed(typed, "Nothing changed. The player already is an operator");
	else if (roll_remove(rolls, ROLL_OPS, uuid))
		done(typed, "Made %s no longer a server operator", name);
	else
		failed(typed, "Nothing changed. The player is not an operator");
}

static void
say_whitelist(const struct typed *typed)
{
	const json_t *lines = typed->practice->rolls.lines[ROLL_WHITELIST], *line;
	CLEANUP(buf_deinit) struct buf names = BUF_NULL;
	size_t i;

	json_array_foreach(lines, i, line)
		buf_format(&names, "%s%s", i > 0 ? ", " : "", json_get_text(line, "name", "?"));
	if (names.length == 0)
		done(typed, "There are no whitelisted players");
	else
		done(typed, "There are %zu whitelisted player(s): %s", json_array_size(lines),
		     buf_text(&names));
}

static void
whitelist_turn(const struct typed *typed, bool on)
{
	struct rolls *rolls = &typed->practice->rolls;

	if (rolls->is_whitelist_on == on) {
		failed(typed,
		       on ? "Whitelist is already turned on" : "Whitelist is already turned off");
		return;
	}
	rolls->is_whitelist_on = on;
	done(typed, "Whitelist is now turned %s", on ? "on" : "off");
}

static void
whitelist_change(const struct typed *typed, const char *whom, bool add)
{
	struct rolls *rolls = &typed->practice->rolls;
	char name[PLAYER_NAME_LIMIT + 1], uuid[UUID_TEXT_SIZE];

	if (!player_of(typed, whom, name, uuid))
		return;
	if (add &&
	    roll_add(rolls, ROLL_WHITELIST, &(struct roll_line){ .whom = uuid, .name = name }))
		done(typed, "Added %s to the whitelist", name);
	else if (add)
		failed(typed, "Player is already whitelisted");
	else if (roll_remove(rolls, ROLL_WHITELIST, uuid))
		done(typed, "Removed %s from the whitelist", name);
	else
		failed(typed, "Player is not whitelisted");
}

static void
say_unknown(const struct typed *typed, const char *line)
{
	failed(typed, "Unknown or incomplete command, see below for error");
	if (typed->by == NULL)
		practice_say("%s<--[HERE]", line);
}

static void
run_whitelist(const struct typed *typed)
{
	char word[16];
	const char *whom = word_take(typed->rest, word, sizeof word);

	if (strcmp(word, "add") == 0 || strcmp(word, "remove") == 0) {
		whitelist_change(typed, whom, word[0] == 'a');
	} else if (strcmp(word, "on") == 0 || strcmp(word, "off") == 0) {
		whitelist_turn(typed, word[1] == 'n');
	} else if (strcmp(word, "reload") == 0) {
		roll_read(&typed->practice->rolls, ROLL_WHITELIST);
		done(typed, "Reloaded the whitelist");
	} else if (strcmp(word, "list") == 0) {
		say_whitelist(typed);
	} else {
		say_unknown(typed, "whitelist");
	}
}

/* The rest. */

static void
run_saving(const struct typed *typed, bool off)
{
	struct practice *practice = typed->practice;

	if (practice->is_save_off == off) {
		failed(typed, off ? "Saving is already turned off" : "Saving is already turned on");
		return;
	}
	practice->is_save_off = off;
	done(typed, "Automatic saving is now %s", off ? "disabled" : "enabled");
}

static void
run_help(const struct typed *typed)
{
	static const char *const lines[] = {
#define COMMAND(name, word, arguments) "/" word " " arguments,
#include "practice/command.def"
	};

	for (size_t i = 0; typed->by == NULL && i < ELEMENTS(lines); i++)
		practice_say("%s", lines[i]);
}

enum command_name {
#define COMMAND(name, word, arguments) COMMAND_##name,
#include "practice/command.def"
	COMMAND_MAX
};

static enum command_name
command_of(const char *word)
{
	static const char *const words[] = {
#define COMMAND(name, word, arguments) word,
#include "practice/command.def"
	};
	size_t at = 0;

	while (at < ELEMENTS(words) && strcmp(words[at], word) != 0)
		at++;
	return (enum command_name)at;
}

/* long: one case a command. */
static void
run(const struct typed *typed, const char *line)
{
	char word[32];

	(void)word_take(line, word, sizeof word);
	switch (command_of(word)) {
	case COMMAND_BAN:
		run_ban(typed);
		break;
	case COMMAND_BAN_IP:
		run_ban_ip(typed);
		break;
	case COMMAND_BANLIST:
		run_banlist(typed);
		break;
	case COMMAND_DEOP:
		run_op(typed, false);
		break;
	case COMMAND_HELP:
		run_help(typed);
		break;
	case COMMAND_KICK:
		run_kick(typed);
		break;
	case COMMAND_LIST:
		run_list(typed);
		break;
	case COMMAND_OP:
		run_op(typed, true);
		break;
	case COMMAND_PARDON:
		run_pardon(typed);
		break;
	case COMMAND_PARDON_IP:
		run_pardon_ip(typed);
		break;
	case COMMAND_SAVE_ALL:
		save_begin(typed->practice, strcmp(typed->rest, "flush") == 0, typed->now);
		break;
	case COMMAND_SAVE_OFF:
		run_saving(typed, true);
		break;
	case COMMAND_SAVE_ON:
		run_saving(typed, false);
		break;
	case COMMAND_SAY:
		practice_say("[Not Secure] [%s] %s", typed->by != NULL ? typed->by : "Server",
			     typed->rest);
		break;
	case COMMAND_STOP:
		if (typed->practice->options.ignore_stop)
			practice_say("Told to stop, and told to ignore it.");
		else
			done(typed, "Stopping the server");
		practice_stop(typed->practice, typed->now);
		break;
	case COMMAND_WHITELIST:
		run_whitelist(typed);
		break;
	case COMMAND_MAX:
		say_unknown(typed, line);
		break;
	}
}

void
console_run(struct practice *practice, const char *line, struct instant now)
{
	char clean[CONSOLE_LINE_LIMIT];
	struct typed typed = { practice, NULL, clean, now };

	line += strspn(line, " ");
	line += *line == '/';
	text_clean(clean, sizeof clean, line, strlen(line));
	typed.rest = clean + strcspn(clean, " ");
	typed.rest += strspn(typed.rest, " ");
	if (*clean != '\0')
		run(&typed, clean);
}

void
console_hear_chat(struct practice *practice, struct visitor *visitor, const char *text,
		  struct instant now)
{
	char uuid[UUID_TEXT_SIZE];
	struct typed typed = { practice, visitor->name, text, now };

	if (*text != '/') {
		practice_say("[Not Secure] <%s> %s", visitor->name, text);
		return;
	}
	uuid_text(visitor->uuid, uuid);
	typed.rest = text + strcspn(text, " ");
	typed.rest += strspn(typed.rest, " ");
	if (roll_find(&practice->rolls, ROLL_OPS, uuid) != NULL)
		run(&typed, text + 1);
}
