/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_SLAB_H
#define ROOST_RELAY_SLAB_H

/*
 * Entries of one size, as many as were agreed at the start and never more. They
 * cost address space only, until they are first used. Not locked.
 */

#include "base/base.h"

struct slab {
	unsigned char *memory;
	uint32_t *free;			/* a stack: what was used last is warm */
	size_t size;			/* of an entry */
	uint32_t limit, used_to, free_count;
	uint32_t taken;
};

void slab_init(struct slab *slab, size_t size, uint32_t limit);
void slab_deinit(struct slab *slab);

/* NULL when all are taken. The content is whatever it was; zero when never used. */
void *slab_take(struct slab *slab) must_check;
void slab_give(struct slab *slab, void *entry);
bool slab_is_exhausted(const struct slab *slab);

/* The memory behind an entry may go back to the system; for large ones. */
void slab_give_cold(struct slab *slab, void *entry);

uint32_t slab_index(const struct slab *slab, const void *entry);
/* NULL for an index never taken; the entry may be free by now. */
void *slab_at(const struct slab *slab, uint32_t index);

#endif
