/* SPDX-License-Identifier: Apache-2.0 */
/* A list in the order of its keys: see the header. */

#include "service/keyed.h"

#include <string.h>

void
keyed_deinit(struct keyed *list)
{
	mem_free(list->items);
	*list = (struct keyed){ 0 };
}

/* Where the key is, or where it would be put. */
static size_t
place_of(const struct keyed *list, const char *key, bool *ret_found)
{
	size_t low = 0, high = list->count;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp((const char *)list->items[middle], key);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *
keyed_find(const struct keyed *list, const char *key)
{
	bool found;
	size_t at = place_of(list, key, &found);

	return found ? list->items[at] : NULL;
}

void
keyed_add(struct keyed *list, void *item)
{
	bool found;
	size_t at = place_of(list, item, &found);

	ASSERT(!found);
	if (list->count == list->room) {
		list->room = list->room > 0 ? 2 * list->room : 16;
		list->items = mem_resize(list->items, list->room * sizeof *list->items);
	}
	memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof *list->items);
	list->items[at] = item;
	list->count++;
}

void *
keyed_remove(struct keyed *list, const char *key)
{
	bool found;
	size_t at = place_of(list, key, &found);
	void *item;

	if (!found)
		return NULL;
	item = list->items[at];
	list->count--;
	memmove(&list->items[at], &list->items[at + 1], (list->count - at) * sizeof *list->items);
	return item;
}
