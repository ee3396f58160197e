/* SPDX-License-Identifier: Apache-2.0 */
/* The stores: each is tried as a backup would use it, and asked what time it is. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "model/store.h"
#include "sys/guard.h"

#define ROOM_LEAST_MIB	1024 /* less than a small world, packed some times over */
#define ROOM_WISHED_MIB 10240
#define SKEW_MOST_S	300 /* S3 refuses from 900 on */

static void
check_room(struct doctor *d, const char *check, const char *directory)
{
	struct statvfs disk;
	unsigned long long mib;

	if (statvfs(directory, &disk) != 0)
		return;
	mib = (unsigned long long)disk.f_bavail * disk.f_frsize >> 20;
	if (mib < ROOM_LEAST_MIB)
		found_wrong(d, check, "free some space, or keep backups on another disk",
			    "%llu MiB are free at %.200s", mib, directory);
	else if (mib < ROOM_WISHED_MIB)
		found_note(d, check, "%llu MiB are free at %.200s, which is not much", mib,
			   directory);
}

/* One that nobody put anything into yet is not made by asking. */
static bool
is_yet_to_be_made(struct doctor *d, const char *check, const struct store_spec *store)
{
	CLEANUP(text_freep) char *above = NULL;
	struct stat is;

	if (store->directory == NULL || stat(store->directory, &is) == 0 || errno != ENOENT)
		return false;
	above = text_format("%s/..", store->directory);
	*strrchr(above, '/') = '\0';
	*strrchr(above, '/') = '\0';
	if (above[0] != '\0' && stat(above, &is) != 0)
		found_wrong(d, check, "mount its disk, or make the directories above it",
			    "%.300s is not there, nor is what it is in", store->directory);
	else
		found_right(d, check, "%.300s is not there yet; it will be made", store->directory);
	return true;
}

static const char *
mending(const struct store_spec *store)
{
	if (store->directory != NULL)
		return "let the user that runs roost write there, or name another directory";
	return "look at s3.endpoint, region, bucket and style; the key must be allowed to list "
	       "the bucket, and to put, get and delete objects and uploads in it";
}

static void
check_store(struct doctor *d, const struct config *config, const struct store_spec *store,
	    const struct cli_parts *parts)
{
	CLEANUP(text_freep) char *check = text_format("store %s", store->name);
	CLEANUP(text_freep)
	char *place =
		store->directory != NULL ? text_copy(store->directory) : store_endpoint(store);
	struct store_trial told;

	if (is_yet_to_be_made(d, check, store))
		return;
	parts->store_try(config, store, &told);
	if (told.works)
		found_right(d, check, "%.300s takes, gives back and removes", place);
	else
		found_wrong(d, check, mending(store), "%.150s: %.240s", place, told.why);
	if (told.told_time && (told.ahead_s > SKEW_MOST_S || told.ahead_s < -SKEW_MOST_S))
		found_wrong(d, check, "set this machine's clock, e.g. timedatectl set-ntp true",
			    "its clock is %lld s %s this machine's",
			    (long long)(told.ahead_s < 0 ? -told.ahead_s : told.ahead_s),
			    told.ahead_s > 0 ? "ahead of" : "behind");
	if (store->directory != NULL)
		check_room(d, check, store->directory);
}

void
check_stores(struct doctor *d, const struct config *config, const struct cli_parts *parts)
{
	struct store_spec local = { .name = STORE_LOCAL,
				    .directory = text_format("%s/backups", config->data) };
	bool is_declared = false;

	for (size_t i = 0; i < config->store_count; i++) {
		check_store(d, config, &config->stores[i], parts);
		is_declared |= strcmp(config->stores[i].name, STORE_LOCAL) == 0;
	}
	/* Its disk was looked at with the data; before the first start there is neither. */
	if (!is_declared && access(config->data, F_OK) == 0)
		check_store(d, config, &local, parts);
	mem_free(local.directory);
}

void
check_worlds(struct doctor *d, const struct config *config)
{
	CLEANUP(text_freep) char *local = text_format("%s/backups", config->data);
	struct guard *guard = guard_new();
	char why[REASON_LIMIT + 1];

	guard_add_home(guard, config->data);
	guard_add_store(guard, local);
	for (size_t i = 0; i < config->store_count; i++)
		if (config->stores[i].directory != NULL)
			guard_add_store(guard, config->stores[i].directory);
	for (size_t i = 0; i < config->server_count; i++) {
		const struct server_spec *spec = config->servers[i];

		if (!guard_allows(guard, spec->local.directory, spec->backup.paths, why))
			found_wrong(
				d, spec->name,
				"move the game's files into a directory of their own, or name them "
				"in backup.paths; until then it has no backups",
				"%s", why);
	}
	guard_free(guard);
}
