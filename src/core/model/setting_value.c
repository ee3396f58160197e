/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of one value: text, numbers, words, endpoints. Each reader takes JSON
 * of exactly its type (a wrong type is a refusal, not a conversion) and leaves
 * the field alone when it refuses.
 */

#include <string.h>

#include "model/quantity.h"
#include "model/setting_value.h"

static bool
within(const struct setting *row, int64_t number)
{
	return number >= row->min && number <= row->max;
}

/* Printable but for line breaks, when `lines`. */
static bool
is_clean(const char *text, bool lines)
{
	while (lines) {
		size_t length = strcspn(text, "\n");

		if (!text_is_printable(text, length))
			return false;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
	return text_is_printable(text, strlen(text));
}

static bool
text_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	char **field = setting_field(row, value);
	const char *text = json_string_value(json);

	(void)ret_bad;
	if (text == NULL || strlen(text) != json_string_length(json) ||
	    !within(row, (int64_t)strlen(text)) || !is_clean(text, row->type == SETTING_LINES))
		return false;
	mem_free(*field);
	*field = text_copy(text);
	return true;
}

static json_t *
text_write(const struct setting *row, const void *value)
{
	char *const *field = setting_field_of(row, value);

	return *field != NULL ? json_string(*field) : json_null();
}

static void
text_clear(const struct setting *row, void *value)
{
	text_freep(setting_field(row, value));
}

static bool
name_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	const char *text = json_string_value(json);

	(void)ret_bad;
	if (text == NULL || !server_name_is_valid(text))
		return false;
	return text_put(setting_field(row, value), SERVER_NAME_LIMIT + 1, text);
}

static json_t *
name_write(const struct setting *row, const void *value)
{
	return json_string(setting_field_of(row, value));
}

static bool
bool_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	(void)ret_bad;
	if (!json_is_boolean(json))
		return false;
	*(bool *)setting_field(row, value) = json_is_true(json);
	return true;
}

static json_t *
bool_write(const struct setting *row, const void *value)
{
	return json_boolean(*(const bool *)setting_field_of(row, value));
}

static bool
count_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	(void)ret_bad;
	if (!json_is_integer(json) || !within(row, json_integer_value(json)))
		return false;
	*(unsigned *)setting_field(row, value) = (unsigned)json_integer_value(json);
	return true;
}

static json_t *
count_write(const struct setting *row, const void *value)
{
	return json_integer(*(const unsigned *)setting_field_of(row, value));
}

/* `0` needs no unit, and so no quotes either. */
static const char *
quantity_text(const json_t *json)
{
	if (json_is_integer(json) && json_integer_value(json) == 0)
		return "0";
	return json_string_value(json);
}

static bool
duration_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	const char *text = quantity_text(json);
	struct duration d;

	(void)ret_bad;
	if (text == NULL || !duration_parse(text, &d) || !within(row, d.ms))
		return false;
	*(struct duration *)setting_field(row, value) = d;
	return true;
}

static json_t *
duration_write(const struct setting *row, const void *value)
{
	char text[DURATION_TEXT_SIZE];

	duration_setting(*(const struct duration *)setting_field_of(row, value), text);
	return json_string(text);
}

static bool
size_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	const char *text = quantity_text(json);
	int64_t bytes;

	(void)ret_bad;
	if (text == NULL || !size_parse(text, &bytes) || !within(row, bytes))
		return false;
	*(int64_t *)setting_field(row, value) = bytes;
	return true;
}

static json_t *
size_write(const struct setting *row, const void *value)
{
	char text[QUANTITY_TEXT_SIZE];

	size_text(*(const int64_t *)setting_field_of(row, value), text);
	return json_string(text);
}

/* A decimal number, as JSON's number or as text (YAML keeps 1.5 as it is written). */
static bool
decimal_read(const struct setting *row, const json_t *json, int64_t *ret_thousandths)
{
	int64_t thousandths;

	if (json_is_integer(json)) {
		json_int_t whole = json_integer_value(json);

		if (whole < 0 || whole > INT64_MAX / 10000)
			return false;
		thousandths = whole * 1000;
	} else if (json_is_real(json)) {
		double number = json_real_value(json);

		if (!(number >= 0 && number < 1e12))
			return false;
		thousandths = (int64_t)(number * 1000 + 0.5);
	} else if (json_string_value(json) == NULL ||
		   !thousandths_parse(json_string_value(json), &thousandths)) {
		return false;
	}
	if (!within(row, thousandths))
		return false;
	*ret_thousandths = thousandths;
	return true;
}

static bool
cores_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	(void)ret_bad;
	return decimal_read(row, json, setting_field(row, value));
}

static json_t *
cores_write(const struct setting *row, const void *value)
{
	char text[QUANTITY_TEXT_SIZE];

	thousandths_text(*(const int64_t *)setting_field_of(row, value), text);
	return json_string(text);
}

static bool
rate_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	int64_t thousandths;

	(void)ret_bad;
	if (!decimal_read(row, json, &thousandths))
		return false;
	*(double *)setting_field(row, value) = (double)thousandths / 1000;
	return true;
}

static json_t *
rate_write(const struct setting *row, const void *value)
{
	char text[QUANTITY_TEXT_SIZE];

	thousandths_text((int64_t)(*(const double *)setting_field_of(row, value) * 1000 + 0.5),
			 text);
	return json_string(text);
}

static bool
word_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	const char *text = json_string_value(json);

	(void)ret_bad;
	for (unsigned i = 0; text != NULL && row->words[i] != NULL; i++) {
		if (strcmp(row->words[i], text) == 0) {
			*(unsigned *)setting_field(row, value) = i;
			return true;
		}
	}
	return false;
}

static json_t *
word_write(const struct setting *row, const void *value)
{
	return json_string(row->words[*(const unsigned *)setting_field_of(row, value)]);
}

static bool
signal_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	const char *text = json_string_value(json);

	(void)ret_bad;
	return text != NULL && signal_parse(text, setting_field(row, value));
}

static json_t *
signal_write(const struct setting *row, const void *value)
{
	const char *word = signal_word(*(const int *)setting_field_of(row, value));

	return word != NULL ? json_string(word) : json_null();
}

static bool
endpoint_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	const char *text = json_string_value(json);
	struct endpoint e;

	(void)ret_bad;
	if (text == NULL || !endpoint_parse(text, &e) || !within(row, e.port))
		return false;
	*(struct endpoint *)setting_field(row, value) = e;
	return true;
}

static json_t *
endpoint_write(const struct setting *row, const void *value)
{
	char text[HOST_MAX + 16];

	const struct endpoint *e = setting_field_of(row, value);

	if (e->port == 0 && e->host[0] == '\0')
		return json_null(); /* not given */
	endpoint_text(e, text, sizeof text);
	return json_string(text);
}

_Static_assert(sizeof(enum game) == sizeof(unsigned), "words are kept as unsigned");

static const struct setting_kind kinds[] = {
	[SETTING_TEXT] = { "text", text_read, text_write, text_clear },
	[SETTING_LINES] = { "text", text_read, text_write, text_clear },
	[SETTING_NAME] = { "name", name_read, name_write, NULL },
	[SETTING_TEXTS] = { "list of texts", texts_read, texts_write, texts_clear },
	[SETTING_PAIRS] = { "map of texts", pairs_read, pairs_write, texts_clear },
	[SETTING_BOOL] = { "true or false", bool_read, bool_write, NULL },
	[SETTING_COUNT] = { "number", count_read, count_write, NULL },
	[SETTING_DURATION] = { "duration", duration_read, duration_write, NULL },
	[SETTING_SIZE] = { "size", size_read, size_write, NULL },
	[SETTING_CORES] = { "decimal number", cores_read, cores_write, NULL },
	[SETTING_RATE] = { "decimal number", rate_read, rate_write, NULL },
	[SETTING_WORD] = { "word", word_read, word_write, NULL },
	[SETTING_SIGNAL] = { "signal", signal_read, signal_write, NULL },
	[SETTING_ENDPOINT] = { "address", endpoint_read, endpoint_write, NULL },
	[SETTING_ENDPOINTS] = { "list of addresses", counted_read, endpoints_write, counted_clear },
	[SETTING_DURATIONS] = { "list of durations", durations_read, durations_write,
				counted_clear },
	[SETTING_NETWORKS] = { "list of networks", counted_read, networks_write, counted_clear },
	[SETTING_CHANNELS] = { "list of channels", channels_read, channels_write, counted_clear },
};

_Static_assert(ELEMENTS(kinds) == SETTING_TYPE_MAX, "a type without a row");

const struct setting_kind *
setting_kind(enum setting_type type)
{
	ASSERT(type < SETTING_TYPE_MAX);
	return &kinds[type];
}
