/* SPDX-License-Identifier: Apache-2.0 */
/* Every block has a head that links it to the plane's list, or to nothing. */

#include "memory.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct block {
	struct block *before, *after;
	size_t size;
	size_t unused; /* keeps what follows aligned */
};

void *__real_malloc(size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

#define MEMORY_MOST ((size_t)256 << 20) /* a world needs 2 MB: more is a leak, or never ends */

static size_t held; /* bytes, the world's too */
static struct block planes = { &planes, &planes, 0, 0 };
static size_t planes_count;
static bool is_planes;

static void
link_in(struct block *block)
{
	block->before = &planes;
	block->after = planes.after;
	planes.after->before = block;
	planes.after = block;
	planes_count++;
}

static void
link_out(struct block *block)
{
	if (block->before == NULL)
		return;
	block->before->after = block->after;
	block->after->before = block->before;
	planes_count--;
}

void *
__wrap_malloc(size_t size)
{
	struct block *block =
		size <= MEMORY_MOST - held ? __real_malloc(sizeof *block + size) : NULL;

	if (block == NULL)
		abort();
	held += size;
	block->before = NULL;
	block->size = size;
	if (is_planes)
		link_in(block);
	return block + 1;
}

void *
__wrap_calloc(size_t count, size_t size)
{
	void *memory = __wrap_malloc(count * size);

	memset(memory, 0, count * size);
	return memory;
}

void
__wrap_free(void *memory)
{
	struct block *block;

	if (memory == NULL)
		return;
	block = (struct block *)memory - 1;
	link_out(block);
	held -= block->size;
	__real_free(block);
}

void *
__wrap_realloc(void *memory, size_t size)
{
	void *larger = __wrap_malloc(size);
	struct block *block;

	if (memory == NULL)
		return larger;
	block = (struct block *)memory - 1;
	memcpy(larger, memory, block->size < size ? block->size : size);
	__wrap_free(memory);
	return larger;
}

void
memory_begin(void)
{
	json_set_alloc_funcs(__wrap_malloc, __wrap_free);
	json_object_seed(1);
}

bool
memory_is_planes(bool yes)
{
	bool was = is_planes;

	is_planes = yes;
	return was;
}

void
memory_adopt(void *memory)
{
	if (memory != NULL)
		link_in((struct block *)memory - 1);
}

void
memory_forget(void)
{
	while (planes.after != &planes)
		__wrap_free(planes.after + 1);
}

size_t
memory_count(void)
{
	return planes_count;
}
