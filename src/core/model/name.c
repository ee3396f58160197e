/* SPDX-License-Identifier: Apache-2.0 */
/* Names of users and channels: what a peer says is one, is one only if it says yes here. */

#include "model/name.h"

#include <string.h>

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const char *const own_words[] = { "feed",   "servers", "server",	   "user",
					 "alerts", "console", "connection" };

bool
user_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= USER_NAME_LIMIT && strspn(name, LETTERS_AND_DIGITS) > 0 &&
	       strspn(name, LETTERS_AND_DIGITS "._@-") == length;
}

size_t
player_name_length(const char *text)
{
	size_t mark = text[0] == '.' || text[0] == '*';
	size_t length = strspn(text + mark, LETTERS_AND_DIGITS "_");

	return length > 0 && mark + length <= MINECRAFT_NAME_LIMIT ? mark + length : 0;
}

bool
player_name_is_valid(const char *name)
{
	return *name != '\0' && player_name_length(name) == strlen(name);
}

static bool
is_own_word(const char *part, size_t length)
{
	for (size_t i = 0; i < ELEMENTS(own_words); i++) {
		if (strlen(own_words[i]) == length && strncmp(own_words[i], part, length) == 0)
			return true;
	}
	return false;
}

bool
channel_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > CHANNEL_NAME_LIMIT || is_own_word(name, strcspn(name, "/")))
		return false;
	if (strspn(name, LETTERS_AND_DIGITS "._~-/") != length)
		return false;
	return name[0] != '/' && name[length - 1] != '/' && strstr(name, "//") == NULL;
}

/* With a star: what can stand before it, so that some name begins so. */
bool
channel_rule_name_is_valid(const char *name)
{
	size_t length = strlen(name);
	char some[CHANNEL_NAME_LIMIT + 1];

	if (length == 0 || length > CHANNEL_NAME_LIMIT || name[length - 1] != '*')
		return channel_name_is_valid(name);
	(void)text_put(some, sizeof some, name);
	some[length - 1] = '-';
	return channel_name_is_valid(some);
}

static bool
rule_matches(const struct channel_rule *rule, const char *name)
{
	size_t length = strlen(rule->name);

	if (length > 0 && rule->name[length - 1] == '*')
		return strncmp(rule->name, name, length - 1) == 0;
	return strcmp(rule->name, name) == 0;
}

const struct channel_rule *
channel_rule_find(const struct channel_rule *rules, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (rule_matches(&rules[i], name))
			return &rules[i];
	}
	return NULL;
}
