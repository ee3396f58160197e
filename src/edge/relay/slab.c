/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reserved address space and a stack of free indices. Pages come when they are
 * first touched, so a generous limit costs nothing.
 */

#include "relay/slab.h"

#include <sys/mman.h>

#define WARM_LIMIT 16 /* free large entries that may keep their pages */

static void *
space_new(size_t size)
{
	void *space = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ASSERT(space != MAP_FAILED);
	return space;
}

void
slab_init(struct slab *slab, size_t size, uint32_t limit)
{
	ASSERT(limit > 0);
	*slab = (struct slab){ .size = (size + 15) & ~(size_t)15, .limit = limit };
	slab->memory = space_new(slab->size * limit);
	slab->free = space_new(sizeof *slab->free * limit);
}

void
slab_deinit(struct slab *slab)
{
	if (slab->memory == NULL)
		return;
	(void)munmap(slab->memory, slab->size * slab->limit);
	(void)munmap(slab->free, sizeof *slab->free * slab->limit);
	*slab = (struct slab){ 0 };
}

void *
slab_take(struct slab *slab)
{
	uint32_t index;

	if (slab->free_count > 0)
		index = slab->free[--slab->free_count];
	else if (slab->used_to < slab->limit)
		index = slab->used_to++;
	else
		return NULL;
	slab->taken++;
	return slab->memory + slab->size * index;
}

void
slab_give(struct slab *slab, void *entry)
{
	ASSERT(slab->taken > 0);
	slab->free[slab->free_count++] = slab_index(slab, entry);
	slab->taken--;
}

void
slab_give_cold(struct slab *slab, void *entry)
{
	if (slab->free_count >= WARM_LIMIT) {
		uintptr_t from = ((uintptr_t)entry + 4095) & ~(uintptr_t)4095;
		uintptr_t to = ((uintptr_t)entry + slab->size) & ~(uintptr_t)4095;

		if (from < to)
			(void)madvise((void *)from, to - from, MADV_DONTNEED);
	}
	slab_give(slab, entry);
}

bool
slab_is_exhausted(const struct slab *slab)
{
	return slab->free_count == 0 && slab->used_to == slab->limit;
}

uint32_t
slab_index(const struct slab *slab, const void *entry)
{
	size_t offset = (size_t)((const unsigned char *)entry - slab->memory);

	ASSERT(offset % slab->size == 0 && offset / slab->size < slab->used_to);
	return (uint32_t)(offset / slab->size);
}

void *
slab_at(const struct slab *slab, uint32_t index)
{
	return index < slab->used_to ? slab->memory + slab->size * index : NULL;
}
