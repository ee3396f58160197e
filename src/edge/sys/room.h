/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ROOM_H
#define ROOST_ROOM_H

/* How much room there is where the record lives: a fact each minute. */

#include <uv.h>

#include "keeper/fact.h"

struct room_watch;

/*
 * Look now, and then each minute; `deliver` is called in the loop's thread with a
 * FACT_DISK. A file system that does not answer is waited for by a worker; one that
 * cannot be asked is no news.
 */
struct room_watch *room_watch_new(uv_loop_t *loop, const char *path,
				  void (*deliver)(void *argument, const struct fact *fact),
				  void *argument) must_check;
/* Nothing is delivered any more; the memory goes when the loop has run its course. */
void room_watch_free(struct room_watch *watch);

#endif
