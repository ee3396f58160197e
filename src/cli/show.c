/* SPDX-License-Identifier: Apache-2.0 */
/* Printing: see the header. */

#include "cli/show.h"

#include <stdio.h>

const json_t *
list_in(const json_t *answer, const char *name)
{
	return json_is_array(answer) ? answer : json_object_get(answer, name);
}

void
since_text(const json_t *object, const char *key, char text[static DURATION_TEXT_SIZE])
{
	struct instant t = json_get_instant(object, key);

	text[0] = '\0';
	if (instant_is_set(t))
		duration_text(instant_since(clock_now(), t), text);
}

void
when_text(const json_t *object, const char *key, const char *otherwise,
	  char text[static CLOCK_TEXT_SIZE])
{
	struct instant t = json_get_instant(object, key);

	if (instant_is_set(t))
		clock_text(t, clock_now(), text);
	else
		(void)text_put(text, CLOCK_TEXT_SIZE, otherwise);
}

void
print_buf(struct buf *b)
{
	(void)fwrite(b->data, 1, b->length, stdout);
}

void
print_table(struct table *table)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	table_put(table, &b, terminal_has_colour());
	print_buf(&b);
	table_deinit(table);
}
