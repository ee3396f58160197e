/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_KEYED_H
#define ROOST_KEYED_H

/*
 * A list of heap values in the order of their keys. A value begins with its key
 * as terminated text. The list owns neither.
 */

#include "base/base.h"

struct keyed {
	void **items;
	size_t count, room;
};

void keyed_deinit(struct keyed *list);			/* the list, not what is in it */
void *keyed_find(const struct keyed *list, const char *key);	/* NULL: no such */
void keyed_add(struct keyed *list, void *item);		/* its key must be new */
void *keyed_remove(struct keyed *list, const char *key);	/* what was removed, or NULL */

#endif
