/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INSTANT_H
#define ROOST_INSTANT_H

/*
 * Points in time and lengths of time as types of their own, so that they cannot
 * be swapped. Core code is told the time; it never asks.
 */

#include "base/base.h"

struct instant { int64_t ms; };		/* since 1970-01-01T00:00:00Z; 0 = never */
struct duration { int64_t ms; };

#define NEVER ((struct instant){ 0 })
#define DURATION_MS(n) ((struct duration){ (n) })
#define DURATION_S(n) ((struct duration){ (int64_t)(n) * 1000 })

static inline bool
instant_is_set(struct instant t)
{
	return t.ms != 0;
}

static inline struct instant
instant_add(struct instant t, struct duration d)
{
	return (struct instant){ t.ms + d.ms };
}

static inline struct duration
instant_since(struct instant now, struct instant then)
{
	return (struct duration){ now.ms - then.ms };
}

static inline bool
instant_reached(struct instant now, struct instant t)
{
	return t.ms != 0 && now.ms >= t.ms;
}

/* The earlier of two, where NEVER is later than everything. */
static inline struct instant
instant_earlier(struct instant a, struct instant b)
{
	if (a.ms == 0)
		return b;
	if (b.ms == 0)
		return a;
	return a.ms < b.ms ? a : b;
}

#define INSTANT_TEXT_SIZE 25	/* "2026-11-20T21:16:00.123Z" and its end */
#define DURATION_TEXT_SIZE 32	/* "2 h 15 min" */
#define DURATION_WORDS_SIZE 40	/* "15 minutes" */

/* RFC 3339, UTC, milliseconds. */
void instant_text(struct instant t, char text[static INSTANT_TEXT_SIZE]);
bool instant_parse(const char *text, struct instant *ret_t) must_check;

/*
 * Durations as people write them in configuration: `90s`, `15m`, `2h`, `500ms`,
 * `1d`, `0`. Anything else is refused. duration_setting() prints the same form.
 */
bool duration_parse(const char *text, struct duration *ret_d) must_check;
void duration_setting(struct duration d, char text[static DURATION_TEXT_SIZE]);

/* For people: "40 s", "3 min", "2 h 15 min". */
void duration_text(struct duration d, char text[static DURATION_TEXT_SIZE]);

/* In a sentence said to players, in one unit: "50 seconds", "15 minutes", "1 hour". */
void duration_words(struct duration d, char text[static DURATION_WORDS_SIZE]);

#endif
