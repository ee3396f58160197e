/* SPDX-License-Identifier: Apache-2.0 */
/* Zones from files: see the header. What was not found is looked for again when it is asked for. */

#include "sys/zones.h"

#include <fcntl.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/files.h"
#include "wire/zone/zone.h"

struct named {
	char *name;
	struct zone *zone;
};

struct zones {
	struct zones_port port;
	char *directory;
	struct named *known;
	size_t count;
};

static struct zone *
zone_read(const struct zones *zones, const char *name)
{
	CLEANUP(text_freep) char *path = text_format("%s/%s", zones->directory, name);
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	struct zone *zone = NULL;
	bool read = file_read(AT_FDCWD, path, ZONE_FILE_LIMIT, &bytes) == 0 &&
		    zone_parse(bytes.data, bytes.length, &zone);

	if (!read && strcmp(name, "UTC") == 0)
		read = zone_from_rule("UTC0", &zone);
	return read ? zone : NULL;
}

static const struct zone *
find(struct zones_port *port, const char *name)
{
	struct zones *zones = CONTAINER_OF(port, struct zones, port);
	struct zone *zone;

	if (!zone_name_is_valid(name))
		return NULL;
	for (size_t i = 0; i < zones->count; i++)
		if (strcmp(zones->known[i].name, name) == 0)
			return zones->known[i].zone;
	zone = zone_read(zones, name);
	if (zone == NULL)
		return NULL;
	zones->known = mem_resize(zones->known, (zones->count + 1) * sizeof *zones->known);
	zones->known[zones->count++] = (struct named){ text_copy(name), zone };
	return zone;
}

static struct instant
clock_shows(struct zones_port *port, struct instant now)
{
	(void)port;
	(void)now;
	return sys_wall();
}

struct zones_port *
sys_zones_new(const char *directory)
{
	struct zones *zones = mem_new(sizeof *zones);

	zones->port.find = find;
	zones->port.clock = clock_shows;
	zones->directory =
		text_copy(directory != NULL && *directory != '\0' ? directory : ZONES_DIRECTORY);
	return &zones->port;
}

void
sys_zones_free(struct zones_port *port)
{
	struct zones *zones;

	if (port == NULL)
		return;
	zones = CONTAINER_OF(port, struct zones, port);
	for (size_t i = 0; i < zones->count; i++) {
		mem_free(zones->known[i].name);
		zone_free(zones->known[i].zone);
	}
	mem_free(zones->known);
	mem_free(zones->directory);
	mem_free(zones);
}
