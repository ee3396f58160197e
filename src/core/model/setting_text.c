/* SPDX-License-Identifier: Apache-2.0 */
/* Settings on one line, and what may be written there, for people. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "model/quantity.h"
#include "model/setting_value.h"

static json_t *
list_from_text(const char *text)
{
	json_t *list = json_array();

	while (*text != '\0') {
		size_t length = strcspn(text, ",");
		size_t start = strspn(text, " "), end = length;

		while (end > start && text[end - 1] == ' ')
			end--;
		if (start < end)
			json_array_append_new(list,
					      json_stringn_nocheck(text + start, end - start));
		text += length + (text[length] == ',');
	}
	return list;
}

/* A whole number as JSON's; anything else stays text and will be refused as what it is. */
static json_t *
number_from_text(const char *text)
{
	int64_t thousandths;

	if (strchr(text, '.') == NULL && thousandths_parse(text, &thousandths))
		return json_integer(thousandths / 1000);
	return json_string_nocheck(text);
}

json_t *
setting_from_text(const struct setting *row, const char *text)
{
	ASSERT(text != NULL);
	switch (row->type) {
	case SETTING_TEXTS:
	case SETTING_PAIRS:
	case SETTING_ENDPOINTS:
	case SETTING_NETWORKS:
	case SETTING_CHANNELS:
	case SETTING_DURATIONS:
		return list_from_text(text);
	case SETTING_BOOL:
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return json_boolean(*text == 't');
		return json_string_nocheck(text);
	case SETTING_COUNT:
		return number_from_text(text);
	case SETTING_TEXT:
	case SETTING_LINES:
	case SETTING_NAME:
	case SETTING_DURATION:
	case SETTING_SIZE:
	case SETTING_CORES:
	case SETTING_RATE:
	case SETTING_WORD:
	case SETTING_SIGNAL:
	case SETTING_ENDPOINT:
	case SETTING_TYPE_MAX:
		break;
	}
	return json_string_nocheck(text);
}

/* A bound as it would be written. */
static void
bound_text(enum setting_type type, int64_t bound, char text[static QUANTITY_TEXT_SIZE])
{
	_Static_assert(QUANTITY_TEXT_SIZE >= DURATION_TEXT_SIZE, "bounds of both kinds fit");

	if (type == SETTING_DURATION)
		duration_setting((struct duration){ bound }, text);
	else if (type == SETTING_SIZE)
		size_text(bound, text);
	else if (type == SETTING_CORES || type == SETTING_RATE)
		thousandths_text(bound, text);
	else
		(void)snprintf(text, QUANTITY_TEXT_SIZE, "%" PRId64, bound);
}

static void
put_words(struct buf *b, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++)
		buf_format(b, "%s%s", i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ", words[i]);
}

static void
put_bounds(struct buf *b, const struct setting *row, const char *what, const char *of)
{
	char low[QUANTITY_TEXT_SIZE], high[QUANTITY_TEXT_SIZE];

	bound_text(row->type, row->min, low);
	bound_text(row->type, row->max, high);
	buf_format(b, "%s%s to %s%s", what, low, high, of);
}

static void
put_allowed(struct buf *b, const struct setting *row)
{
	switch (row->type) {
	case SETTING_TEXT:
		put_bounds(b, row, "text on one line, ", " bytes");
		return;
	case SETTING_LINES:
		put_bounds(b, row, "text, ", " bytes");
		return;
	case SETTING_NAME:
		buf_format(b, "1 to %d of a-z, 0-9 and '-'", SERVER_NAME_LIMIT);
		return;
	case SETTING_TEXTS:
		put_bounds(b, row, "a list of ", " texts");
		return;
	case SETTING_PAIRS:
		put_bounds(b, row, "a map of ", " names ([A-Za-z0-9_]) to texts");
		return;
	case SETTING_BOOL:
		buf_put_text(b, "true or false");
		return;
	case SETTING_COUNT:
		put_bounds(b, row, "a whole number, ", "");
		return;
	case SETTING_DURATION:
		put_bounds(b, row, "a duration such as 90s, 15m or 2h, ", "");
		return;
	case SETTING_SIZE:
		put_bounds(b, row, "a size such as 512MiB or 2GiB, ", "");
		return;
	case SETTING_CORES:
	case SETTING_RATE:
		put_bounds(b, row, "a number such as 2 or 1.5, ", "");
		return;
	case SETTING_WORD:
		put_words(b, row->words);
		return;
	case SETTING_SIGNAL:
		buf_put_text(b, "TERM, INT, HUP, QUIT, USR1, USR2 or KILL");
		return;
	case SETTING_ENDPOINT:
		put_bounds(b, row, "host:port such as 127.0.0.1:8080 or [::]:8080, port ", "");
		return;
	case SETTING_ENDPOINTS:
		put_bounds(b, row, "a list of ",
			   " of host:port, such as 127.0.0.1:25565 or [::]:25565");
		return;
	case SETTING_NETWORKS:
		put_bounds(b, row, "a list of ", " networks such as 10.0.0.0/8 or fd00::/8");
		return;
	case SETTING_CHANNELS:
		put_bounds(b, row, "a list of ",
			   " of {name, read, post}, or of NAME:READ:POST, such as "
			   "chat/*:player:player; roles are player, staff or admin");
		return;
	case SETTING_DURATIONS:
		put_bounds(b, row, "a list of ",
			   " durations such as 90s, 15m or 2h, each at most 7d");
		return;
	case SETTING_TYPE_MAX:
		break;
	}
	ASSERT(!"a type of setting");
}

void
setting_allowed(const struct setting *row, char *text, size_t size)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	put_allowed(&b, row);
	(void)text_put(text, size, buf_text(&b));
}

void
setting_variable(const struct setting *row, char text[static SETTING_VARIABLE_SIZE])
{
	size_t i, length = strlen(row->path);

	ASSERT(length < SETTING_PATH_LIMIT);
	memcpy(text, "ROOST_", 6);
	for (i = 0; i < length; i++) {
		char c = row->path[i];

		text[6 + i] = c == '.' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	text[6 + i] = '\0';
}
