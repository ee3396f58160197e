/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saving, said as vanilla says it, and a world of --world: a few files that are written in
 * place all the while, half a file at a time, so that a copy made meanwhile is torn and
 * shows it. What is on disk is whole after `save-all` until saving goes on.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "practice/inner.h"
#include "sys/files.h"

#define REGIONS	    8
#define HALF	    32768
#define WRITE_EVERY DURATION_MS(50)

static void
path_of(const struct practice *practice, unsigned region, char path[static 4096])
{
	(void)snprintf(path, 4096, "%s/region/r.%u.0.mca", practice->options.world, region);
}

/* Every 16 bytes of a half say its generation, so that a torn copy cannot pass for a whole one. */
static void
half_write(struct practice *practice, unsigned region, unsigned half)
{
	char path[4096], bytes[HALF];
	CLEANUP(fd_closep) int fd = -1;

	for (size_t at = 0; at < HALF; at += 16) {
		char piece[17];

		(void)snprintf(piece, sizeof piece, "%015u\n", practice->generation);
		memcpy(bytes + at, piece, 16);
	}
	path_of(practice, region, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, bytes, HALF, (off_t)half * HALF) != HALF)
		practice_warn("Failed to write %s", path);
}

static void
level_write(struct practice *practice)
{
	char path[4096], text[32];
	int length = snprintf(text, sizeof text, "generation %u\n", practice->generation);

	(void)snprintf(path, sizeof path, "%s/level.dat", practice->options.world);
	if (file_write(AT_FDCWD, path, text, (size_t)length, FILE_SURVIVES_PROCESS) != 0)
		practice_warn("Failed to write %s", path);
}

static void
world_save(struct practice *practice)
{
	if (practice->options.world == NULL)
		return;
	practice->generation++;
	for (unsigned i = 0; i < 2 * REGIONS; i++)
		half_write(practice, i / 2, i % 2);
	level_write(practice);
}

static void
world_step(struct practice *practice)
{
	unsigned step = practice->world_step++ % (2 * REGIONS);

	if (step % 2 == 0)
		practice->generation++;
	half_write(practice, step / 2, step % 2);
	if (step % 2 == 1)
		level_write(practice);
}

static unsigned
region_read(struct practice *practice, unsigned region, unsigned *ret_torn)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	char path[4096];
	const char *text;

	path_of(practice, region, path);
	if (file_read(AT_FDCWD, path, 2 * HALF, &bytes) != 0 || bytes.length != 2 * HALF) {
		practice_warn("The world is torn: %s is not whole", path);
		(*ret_torn)++;
		return 0;
	}
	text = buf_text(&bytes);
	for (size_t at = 16; at < 2 * HALF; at += 16) {
		if (memcmp(text, text + at, 16) == 0)
			continue;
		practice_warn("The world is torn: %s holds two generations", path);
		(*ret_torn)++;
		break;
	}
	return (unsigned)strtoul(text, NULL, 10);
}

void
world_open(struct practice *practice, struct instant now)
{
	CLEANUP(buf_deinit) struct buf level = BUF_NULL;
	char path[4096];
	unsigned torn = 0;

	if (practice->options.world == NULL)
		return;
	practice->world_at = instant_add(now, WRITE_EVERY);
	practice_say("Preparing level \"%s\"", practice->options.world);
	(void)snprintf(path, sizeof path, "%s/level.dat", practice->options.world);
	if (file_read(AT_FDCWD, path, 64, &level) != 0) {
		(void)snprintf(path, sizeof path, "%s/region", practice->options.world);
		if (directory_make(path) != 0)
			practice_warn("Failed to make %s", path);
		world_save(practice);
		practice_say("A new world was made");
		return;
	}
	(void)sscanf(buf_text(&level), "generation %u", &practice->generation);
	for (unsigned i = 0; i < REGIONS; i++) {
		unsigned generation = region_read(practice, i, &torn);

		if (generation > practice->generation) {
			practice_warn("The world is torn: region %u is newer than level.dat", i);
			torn++;
		}
	}
	practice_say("Loaded a world of generation %u, %s", practice->generation,
		     torn == 0 ? "whole" : "torn");
}

void
save_begin(struct practice *practice, bool flush, struct instant now)
{
	practice_say("Saving the game (this may take a moment!)");
	practice->is_flush = flush;
	if (!practice->options.never_saves)
		practice->save_at = instant_add(now, practice->options.slow_save);
}

bool
save_is_on(const struct practice *practice)
{
	return instant_is_set(practice->save_at);
}

static void
say_flushed(const struct practice *practice)
{
	const char *world = practice->options.world != NULL ? practice->options.world : "world";

	practice_say("Saving chunks for level 'ServerLevel[%s]'/minecraft:overworld", world);
	practice_say("ThreadedAnvilChunkStorage (%s): All chunks are saved", world);
	practice_say("ThreadedAnvilChunkStorage: All dimensions are saved");
}

void
save_tick(struct practice *practice, struct instant now)
{
	if (practice->options.world != NULL && practice->is_ready && !practice->is_save_off &&
	    !practice->is_stopping && instant_reached(now, practice->world_at)) {
		world_step(practice);
		practice->world_at = instant_add(now, WRITE_EVERY);
	}
	if (!instant_reached(now, practice->save_at))
		return;
	practice->save_at = NEVER;
	if (practice->options.fail_saves) {
		practice_say("Unable to save the game (is there enough disk space?)");
		return;
	}
	world_save(practice);
	if (practice->is_flush)
		say_flushed(practice);
	practice_say("Saved the game");
}

struct instant
save_due(const struct practice *practice)
{
	bool writes = practice->options.world != NULL && practice->is_ready &&
		      !practice->is_save_off && !practice->is_stopping;

	return instant_earlier(practice->save_at, writes ? practice->world_at : NEVER);
}

void
save_at_stop(struct practice *practice)
{
	practice->save_at = NEVER;
	practice_say("Saving worlds");
	world_save(practice);
	say_flushed(practice);
}
