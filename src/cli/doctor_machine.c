/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: where the record lies, what time it is, whether limits can be kept. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "cli/terminal.h"

#define DISK_LEAST_MIB	  256 /* a world's save and the record's log fit */
#define DISK_WISHED_MIB	  2048
#define CLOCK_EARLIEST_MS INT64_C(1767225600000) /* 2026-01-01: roost is not older */

static void
check_disk(struct doctor *d, const char *path)
{
	struct statvfs disk;
	unsigned long long mib;

	if (statvfs(path, &disk) != 0)
		return;
	mib = (unsigned long long)disk.f_bavail * disk.f_frsize >> 20;
	if (mib < DISK_LEAST_MIB || disk.f_favail == 0)
		found_wrong(d, "disk", "free some space, or move `data` to another disk",
			    "%llu MiB are free at %.200s", mib, path);
	else if (mib < DISK_WISHED_MIB)
		found_note(d, "disk", "%llu MiB are free at %.200s, which is not much", mib, path);
	else
		found_right(d, "disk", "%llu GiB are free at %.200s", mib >> 10, path);
}

void
check_data(struct doctor *d, const struct config *config)
{
	CLEANUP(text_freep) char *parent = NULL;
	struct stat about;

	if (stat(config->data, &about) != 0 && errno == ENOENT) {
		parent = text_format("%s/..", config->data);
		if (strrchr(config->data, '/') != NULL &&
		    strrchr(config->data, '/') != config->data)
			parent[strlen(config->data) - strlen(strrchr(config->data, '/'))] = '\0';
		if (access(parent, W_OK) == 0)
			found_right(d, "data", "%.300s is not there yet; it will be made",
				    config->data);
		else
			found_wrong(d, "data",
				    "make the directory, owned by the user that runs roost",
				    "%.300s is not there and cannot be made", config->data);
		check_disk(d, parent);
		return;
	}
	if (stat(config->data, &about) != 0) {
		found_wrong(d, "data",
			    "let the user that runs roost enter the directories above it",
			    "cannot look at %.300s: %s", config->data, strerror(errno));
		return;
	}
	if (!S_ISDIR(about.st_mode))
		found_wrong(d, "data", "name a directory as `data`", "%.300s is not a directory",
			    config->data);
	else if (access(config->data, R_OK | W_OK | X_OK) != 0)
		found_wrong(d, "data", "run this as the user that runs roost, or chown it",
			    "%.300s cannot be written", config->data);
	else if ((about.st_mode & 077) != 0)
		found_wrong(d, "data", "chmod 700 it: others on this machine can look into it",
			    "%.300s is open to others (mode %03o)", config->data,
			    (unsigned)about.st_mode & 0777);
	else
		found_right(d, "data", "%.300s", config->data);
	check_disk(d, config->data);
}

void
check_clock(struct doctor *d)
{
	struct instant now = clock_now();
	struct timex kernel = { .modes = 0 };
	char text[INSTANT_TEXT_SIZE];

	instant_text(now, text);
	if (now.ms < CLOCK_EARLIEST_MS)
		found_wrong(d, "clock", "set the clock, e.g. timedatectl set-ntp true",
			    "it says %s, which is long ago", text);
	else if (adjtimex(&kernel) == TIME_ERROR)
		found_note(d, "clock", "%s; the kernel does not know it to be synchronized", text);
	else
		found_right(d, "clock", "%s, synchronized", text);
}

/* As the daemon sees it, started the same way and by the same user as this. */
void
check_limits(struct doctor *d, const struct config *config, const struct cli_parts *parts)
{
	bool wished = false, kept = false;
	const char *note = parts->limits_note(&kept);

	for (size_t i = 0; i < config->server_count; i++)
		wished = wished || config->servers[i]->local.memory != 0 ||
			 config->servers[i]->local.cpu_millis != 0;
	if (kept)
		found_right(d, "limits", "%s", note);
	else if (wished)
		found_wrong(d, "limits", "as it says, or drop local.memory and local.cpu", "%s",
			    note);
	else
		found_note(d, "limits", "%s", note);
}
