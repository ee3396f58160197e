/* SPDX-License-Identifier: Apache-2.0 */
/* Compared by names that lead through no link, so that a link is no way around it. */

#include "sys/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARDED_LIMIT 40 /* all stores, and one */

struct guarded {
	char *directory;
	bool is_store;
};

struct guard {
	struct guarded list[GUARDED_LIMIT];
	size_t count;
};

struct guard *
guard_new(void)
{
	return mem_new(sizeof(struct guard));
}

void
guard_free(struct guard *guard)
{
	if (guard == NULL)
		return;
	for (size_t i = 0; i < guard->count; i++)
		mem_free(guard->list[i].directory);
	mem_free(guard);
}

static void
add(struct guard *guard, const char *directory, bool is_store)
{
	ASSERT(guard->count < GUARDED_LIMIT);
	guard->list[guard->count++] = (struct guarded){ text_copy(directory), is_store };
}

void
guard_add_home(struct guard *guard, const char *directory)
{
	add(guard, directory, false);
}

void
guard_add_store(struct guard *guard, const char *directory)
{
	add(guard, directory, true);
}

/* Both without links. */
static bool
is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strcmp(directory, "/") == 0 || (strncmp(path, directory, length) == 0 &&
					       (path[length] == '\0' || path[length] == '/'));
}

/* One place that is about to be packed or exchanged, and one that is guarded. */
static bool
meets(const char *place, const struct guarded *guarded, const char *directory)
{
	return is_within(directory, place) || (guarded->is_store && is_within(place, directory));
}

static bool
place_is_free(const struct guard *guard, const char *path, char *ret_why)
{
	char *place = realpath(path, NULL);
	bool is_free = true;

	/* What is not there is not packed, and what comes in its place replaces nothing. */
	for (size_t i = 0; place != NULL && is_free && i < guard->count; i++) {
		char *directory = realpath(guard->list[i].directory, NULL);

		is_free = directory == NULL || !meets(place, &guard->list[i], directory);
		if (!is_free)
			(void)snprintf(ret_why, REASON_LIMIT + 1,
				       "'%.100s' and %s '%.100s' are in one another; give the game "
				       "a directory of its own",
				       path,
				       guard->list[i].is_store ? "the store"
							       : "roost's own directory",
				       guard->list[i].directory);
		free(directory);
	}
	free(place);
	return is_free;
}

bool
guard_allows(const struct guard *guard, const char *root, char *const *paths,
	     char ret_why[static REASON_LIMIT + 1])
{
	bool is_free = true;

	if (paths == NULL || paths[0] == NULL)
		return place_is_free(guard, root, ret_why);
	for (size_t i = 0; is_free && paths[i] != NULL; i++) {
		CLEANUP(text_freep) char *path = text_format("%s/%s", root, paths[i]);

		is_free = place_is_free(guard, path, ret_why);
	}
	return is_free;
}
