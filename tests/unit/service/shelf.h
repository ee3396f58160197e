/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_SHELF_H
#define SERVICE_SHELF_H

/*
 * A well-behaved archive port in memory, beside the plane's fixture: it answers at once unless
 * it is told to wait, and does what it is asked unless it is told to refuse. What an archive
 * holds is the number that the world had when it was packed.
 */

#include "../keeper/fixture.h"
#include "port/archive.h"

#define SHELF_MOST 64

struct shelf_archive {
	char name[OBJECT_KEY_LIMIT + 1];	/* "" = free */
	bool is_whole, is_damaged;
	int world;
	struct instant modified;
};

struct shelf {
	struct archive_port port;
	struct fixture *world;
	struct shelf_archive archives[SHELF_MOST];
	int now_world;			/* what is in the directory */
	int fresh_world, aside_world;	/* what is in the directories beside it; 0 = nothing */
	bool waits;			/* packs and unpacks are not answered before shelf_answer() */
	bool is_empty;			/* the world: not one file */
	const char *refuses;		/* every order, with this reason; or NULL */
	struct ticket waiting;
	bool waiting_unpacks;
	char waiting_name[OBJECT_KEY_LIMIT + 1];
	int waiting_world;
	char asked[4096];		/* words of what was asked, each ended by '\n' */
};

void shelf_init(struct shelf *shelf, struct fixture *world);
void shelf_answer(struct shelf *shelf);		/* what waits is done */
struct shelf_archive *shelf_find(struct shelf *shelf, const char *name);
size_t shelf_count(const struct shelf *shelf);	/* whole ones */
void shelf_put(struct shelf *shelf, const char *name, bool is_whole, struct instant modified);

#endif
