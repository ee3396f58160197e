/* SPDX-License-Identifier: Apache-2.0 */
/* The room where the record lives: told once when it becomes scarce, and once when it is back. */

#include "keeper/disk.h"

#include "keeper/plane_inside.h"

#include <string.h>

#define DISK_KEY     "disk" /* in the record: what was told last */
#define LOW_BELOW    ((int64_t)1 << 30)
#define LOW_FRACTION 10

int64_t
disk_low_below(int64_t size_bytes)
{
	int64_t part = size_bytes / LOW_FRACTION;

	return part < LOW_BELOW ? part : LOW_BELOW;
}

bool
disk_is_low(bool was_low, int64_t free_bytes, int64_t size_bytes)
{
	int64_t below = disk_low_below(size_bytes);

	return free_bytes < (was_low ? below + below / 2 : below);
}

static void
on_meta(void *argument, const char *key, const json_t *body)
{
	bool *low = argument;

	if (strcmp(key, DISK_KEY) == 0)
		*low = json_get_bool(body, "low", false);
}

void
disk_learn(struct plane *plane)
{
	plane_each_loaded(plane, DOCUMENT_META, on_meta, &plane->disk_is_low);
}

void
disk_note(struct plane *plane, const struct fact *fact)
{
	int64_t free = fact->as.disk.free_bytes, size = fact->as.disk.size_bytes;
	bool low = disk_is_low(plane->disk_is_low, free, size);
	CLEANUP(json_freep) json_t *body = NULL;
	json_t *data;

	if (low == plane->disk_is_low)
		return;
	plane->disk_is_low = low;
	body = json_object();
	json_set_bool(body, "low", low);
	plane_put(plane, DOCUMENT_META, DISK_KEY, body);
	data = json_object();
	json_set_integer(data, "free_bytes", free);
	json_set_integer(data, "size_bytes", size);
	if (low)
		json_set_integer(data, "below_bytes", disk_low_below(size));
	plane_tell(plane, low ? EVENT_DISK_LOW : EVENT_DISK_RECOVERED, "", data);
}
