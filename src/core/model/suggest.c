/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean": the nearest word by edit distance (with swapped neighbours
 * counted once), and only when it is near enough to be a slip of the finger.
 */

#include <string.h>

#include "model/setting.h"

#define WORD_LIMIT 48

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance; UINT32_MAX-like 99 when a word is too long to be compared. */
static unsigned
distance(const char *a, const char *b)
{
	size_t a_length = strlen(a), b_length = strlen(b);
	unsigned rows[3][WORD_LIMIT + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	if (a_length > WORD_LIMIT || b_length > WORD_LIMIT)
		return 99;
	for (size_t j = 0; j <= b_length; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *spare = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned change = last[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = least(least(last[j], row[j - 1]) + 1, change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_length];
}

const char *
word_suggest(const char *word, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	unsigned best = (unsigned)least((unsigned)(strlen(word) / 3 + 1), 3);

	for (size_t i = 0; i < count; i++) {
		unsigned far = distance(word, words[i]);

		if (far <= best && (nearest == NULL || far < best)) {
			nearest = words[i];
			best = far;
		}
	}
	return nearest;
}
