/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TERMINAL_H
#define ROOST_TERMINAL_H

/*
 * What is written to a terminal, and asked of one. Text from the wire is cleaned
 * of everything that steers a terminal before it is printed; colour is used only
 * on a terminal, and not when NO_COLOR is set (no-color.org).
 */

#include "base/buf.h"
#include "base/instant.h"
#include "base/json.h"

enum colour {
	COLOUR_NONE,
	COLOUR_GOOD,
	COLOUR_BUSY,
	COLOUR_BAD,
	COLOUR_QUIET
};

bool terminal_is_tty(int fd);
bool terminal_has_colour(void);				/* standard output */
const char *colour_begin(enum colour colour);		/* "" without colour */
const char *colour_end(void);

/* Columns that UTF-8 text takes: wide characters two, combining ones none. */
unsigned text_width(const char *text);

/* Cleaned and appended. */
void put_clean(struct buf *b, const char *text);

/* The value as text on standard output: indented on a terminal, one line otherwise. */
void print_json(const json_t *json);

/* Local time: "21:16:00" for today, else "2026-11-20 21:16:00". */
#define CLOCK_TEXT_SIZE 32
void clock_text(struct instant t, struct instant now, char text[static CLOCK_TEXT_SIZE]);
struct instant clock_now(void);

/*
 * Ask for a secret without echo, twice when `twice`; from standard input's first
 * line when it is no terminal. NULL with a sentence on stderr when there is none.
 */
char *ask_secret(const char *prompt, bool twice) must_check;

/* A table: rows of cleaned cells, columns as wide as their widest cell. */
#define TABLE_COLUMNS_LIMIT 8
struct table {
	size_t columns;
	char **cells;			/* row by row; the first row is the heading */
	enum colour *colours;
	size_t count;
};

void table_cell(struct table *table, const char *text, enum colour colour);
void table_put(const struct table *table, struct buf *b, bool with_colour);
void table_deinit(struct table *table);

#endif
