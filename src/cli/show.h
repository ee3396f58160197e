/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SHOW_H
#define ROOST_SHOW_H

/* Printing what the API answered: lists, tables, servers. */

#include "cli/client.h"
#include "cli/terminal.h"

/* The list of an answer: itself, or its member `name`; never NULL, borrowed. */
const json_t *list_in(const json_t *answer, const char *name);

/* "40 s", from an instant in a document until now; "" when it is not there. */
void since_text(const json_t *object, const char *key, char text[static DURATION_TEXT_SIZE]);

/* An instant in a document as local time; `otherwise` when it is not there. */
void when_text(const json_t *object, const char *key, const char *otherwise,
	       char text[static CLOCK_TEXT_SIZE]);

void print_buf(struct buf *b);
void print_table(struct table *table);		/* and frees it */

#endif
