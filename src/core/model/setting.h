/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SETTING_H
#define ROOST_SETTING_H

/*
 * Settings as tables. One row says where a setting stands in a document, what
 * type it has, its default, its bounds and its one line of help; reading,
 * checking, canonical JSON, comparing and the printed reference all come from
 * the rows. server_setting.def is one such table (a declaration), setting.def
 * the other (the daemon's configuration).
 *
 * A document is JSON (YAML is turned into it first, yaml.h). A member that is
 * null counts as not given.
 */

#include "model/spec.h"

enum setting_type {
	SETTING_TEXT,		/* char *: one line; NULL when not given and without default */
	SETTING_LINES,		/* char *: text that may have line breaks */
	SETTING_NAME,		/* char[]: a server's name */
	SETTING_TEXTS,		/* char **: NULL-terminated */
	SETTING_PAIRS,		/* char **: NULL-terminated "NAME=value" */
	SETTING_BOOL,		/* bool */
	SETTING_COUNT,		/* unsigned */
	SETTING_DURATION,	/* struct duration; bounds in ms */
	SETTING_SIZE,		/* int64_t bytes */
	SETTING_CORES,		/* int64_t thousandths; bounds in thousandths */
	SETTING_RATE,		/* double, at most three decimals; bounds in thousandths */
	SETTING_WORD,		/* an enum, by the row's words */
	SETTING_SIGNAL,		/* int; 0 when not given */
	SETTING_ENDPOINT,	/* struct endpoint; bounds of the port */
	SETTING_ENDPOINTS,	/* struct endpoint * and its count */
	SETTING_NETWORKS,	/* struct network * and its count */
	SETTING_CHANNELS,	/* struct channel_rule * and its count */
	SETTING_DURATIONS,	/* struct duration * and its count; each at most a week */
	SETTING_TYPE_MAX
};

enum setting_flag {
	SETTING_REQUIRED = 1,	/* the document must have it */
	SETTING_SECRET = 2,	/* never shown; also accepted as ..._FILE */
	SETTING_RELOAD = 4,	/* SIGHUP may change it; others need a restart */
	SETTING_PATH = 8	/* a file or directory; see settings_make_absolute() */
};

#define SETTING_ROWS_LIMIT 64
#define SETTING_PATH_LIMIT 64

/* Bounds count bytes of a text, elements of a list, or the number itself. */
struct setting {
	const char *path;		/* "policy.idle_after" */
	enum setting_type type;
	const char *initial;		/* the default as setting_from_text() reads it; or NULL */
	int64_t min, max;
	const char *const *words;	/* WORD: NULL-terminated, in the enum's order */
	size_t offset, count_offset;
	unsigned flags;
	const char *help;
};

struct setting_table {
	const struct setting *rows;
	size_t count;
};

/*
 * Errors found so far; beyond `max` they are not kept, but `total` has them: whether something
 * was fine is known by that alone.
 */
struct complaints {
	struct spec_error *errors;
	size_t max, count, total;
};

void complain(struct complaints *complaints, const char *pointer, const char *format, ...)
	printf_like(3, 4);

/* Every setting at its default; `value` is zeroed memory of the table's struct. */
void settings_init(const struct setting_table *table, void *value);
void settings_deinit(const struct setting_table *table, void *value);

/*
 * Read a document over the defaults. `pointer` is where it stands ("" = whole).
 * Members that the table does not know are complaints, except those `beside`: paths
 * ("servers", "websocket.endpoints") that somebody else reads, and NULL at their end; or NULL.
 */
void settings_read(const struct setting_table *table, const json_t *document, const char *pointer,
		   const char *const *beside, struct complaints *complaints, void *value);

/* The pointer of a member below another (RFC 6901). */
#define POINTER_SIZE sizeof(((struct spec_error *)NULL)->pointer)
void pointer_join(char to[static POINTER_SIZE], const char *pointer, const char *name);

/* One setting, replacing what is there. Complaints name `pointer`. */
void setting_read(const struct setting *row, const json_t *json, const char *pointer,
		  struct complaints *complaints, void *value);

/*
 * Relative paths among the settings begin at `base` from now on (NULL or "":
 * they stay as they are).
 */
void settings_make_absolute(const struct setting_table *table, void *value, const char *base);

/* Frees what one setting owns and leaves it empty. */
void setting_clear(const struct setting *row, void *value);

/*
 * A setting as written on one line (an environment variable, a default) as the
 * JSON that setting_read() takes: lists are separated by commas.
 */
json_t *setting_from_text(const struct setting *row, const char *text) must_check;

/* Every setting of the value; secrets are left out. */
json_t *settings_json(const struct setting_table *table, const void *value) must_check;
json_t *setting_json(const struct setting *row, const void *value) must_check;
bool setting_equal(const struct setting *row, const void *a, const void *b);

/* What may be written, for people: "a duration such as 90s, 15m or 2h, from 0 to 24h". */
void setting_allowed(const struct setting *row, char *text, size_t size);

/* ROOST_ and the path in capitals. */
#define SETTING_VARIABLE_SIZE (SETTING_PATH_LIMIT + 8)
void setting_variable(const struct setting *row, char text[static SETTING_VARIABLE_SIZE]);

/* The word of `words` that `word` was probably meant to be, or NULL. */
const char *word_suggest(const char *word, const char *const *words, size_t count);

#endif
