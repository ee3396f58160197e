/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_LOGBOOK_H
#define ROOST_LOGBOOK_H

/*
 * All a game wrote, kept in a file of at most OUTPUT_FILE_LIMIT bytes and the
 * one before it. A full disk loses output, never the game.
 */

#include "base/base.h"

struct logbook {
	int folder;
	int fd;			/* -1 = could not be opened */
	int64_t length;
};

void logbook_init(struct logbook *book, int folder);
void logbook_deinit(struct logbook *book);
void logbook_write(struct logbook *book, const char *bytes, size_t length);

#endif
