/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_AHEAD_H
#define ROOST_ARCHIVE_AHEAD_H

/*
 * A source that reads another one ahead, in a thread of its own: what makes the bytes (reading
 * files, hashing, packing) goes on while whoever pulls deals with those before. One piece of
 * AHEAD_SIZE bytes is all that is held of them.
 */

#include "port/objects.h"

#define AHEAD_SIZE 8388608 /* bytes: what a disk that begins to write may hold up is less */

struct ahead;

/*
 * `from` is lent until ahead_free, and is nobody else's from the first read on. The thread
 * begins with that; a source that is never read needs none. It ends with the source, or with
 * ahead_end (in any thread but its own; as often as one likes; nothing is read afterwards),
 * which waits as long as one read of `from` takes.
 */
struct ahead *ahead_new(struct object_source *from) must_check;
void ahead_end(struct ahead *ahead);
void ahead_free(struct ahead *ahead); /* ends it too; NULL is fine */

struct object_source *ahead_source(struct ahead *ahead);

#endif
