/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: see the header. The kernel wants processes only at the leaves
 * once controllers are handed down, so inside a delegated unit roost moves
 * itself into a leaf called `daemon` first (systemd's "Control Group APIs and
 * Delegation", "Two Key Design Rules").
 */

#include "process/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/files.h"
#include "wire/supervise/procfs.h"
#include "wire/supervise/record.h"

#define GROUP_FILE_LIMIT 65536	/* the kernel's own files here are a page; mountinfo is longer */
#define CPU_PERIOD	 100000 /* microseconds, the kernel's default */

static struct {
	char base[RUN_GROUP_LIMIT / 2]; /* "" = none */
	char own[RUN_GROUP_LIMIT / 2];	/* the unit's group, when the base is in it */
	bool kept;
	char note[320];
} found;

static int
write_text(const char *folder, const char *name, const char *text)
{
	char path[RUN_GROUP_LIMIT + 64];
	CLEANUP(fd_closep) int fd = -1;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

/* The text of a small kernel file; "" when it cannot be read. */
static const char *
read_text(const char *folder, const char *name, struct buf *content)
{
	char path[RUN_GROUP_LIMIT + 64];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	if (file_read(AT_FDCWD, path, GROUP_FILE_LIMIT, content) < 0)
		buf_clear(content);
	return buf_text(content);
}

static bool
has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at += length) {
		if ((at == list || at[-1] == ' ') && strchr(" \n", at[length]) != NULL)
			return true;
	}
	return false;
}

/* Is this group handed to us by systemd (its mark), or by its owner's hand? */
static bool
is_delegated(const char *group)
{
	char mark[4];

	if (access(group, W_OK) < 0)
		return false;
	return getxattr(group, "user.delegate", mark, sizeof mark) > 0 ||
	       getxattr(group, "trusted.delegate", mark, sizeof mark) > 0 ||
	       (geteuid() != 0 && text_ends_with(group, ".service"));
}

static bool
look_for_own(const char *mount)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	char path[RUN_GROUP_LIMIT / 4], *leaf;

	if (!cgroup_path_parse(read_text("/proc/self", "cgroup", &content), path, sizeof path) ||
	    text_equal(path, "/"))
		return false;
	leaf = strrchr(path, '/');
	if (text_equal(leaf, "/daemon") && leaf > path)
		*leaf = '\0';
	(void)snprintf(found.own, sizeof found.own, "%s%s", mount, path);
	if (!is_delegated(found.own))
		return false;
	(void)text_put(found.base, sizeof found.base, found.own);
	return true;
}

static bool
look_for_base(const char *mount)
{
	if (look_for_own(mount))
		return true;
	found.own[0] = '\0';
	if (geteuid() != 0 || access(mount, W_OK) < 0)
		return false;
	(void)snprintf(found.base, sizeof found.base, "%s/roost", mount);
	return true;
}

static void
look(void)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	char mount[RUN_GROUP_LIMIT / 4];
	const char *controllers;

	if (!cgroup_mount_parse(read_text("/proc/self", "mountinfo", &content), mount,
				sizeof mount)) {
		(void)text_put(found.note, sizeof found.note,
			       "memory and cpu limits are not kept: this machine has no cgroup v2 "
			       "(boot with systemd.unified_cgroup_hierarchy=1)");
		return;
	}
	if (!look_for_base(mount)) {
		(void)text_put(found.note, sizeof found.note,
			       "memory and cpu limits are not kept: roost may not make control "
			       "groups here; run it by deploy/roost.service, which has "
			       "Delegate=yes, or as root");
		return;
	}
	controllers =
		read_text(found.own[0] != '\0' ? found.own : mount, "cgroup.controllers", &content);
	found.kept = has_word(controllers, "memory") && has_word(controllers, "cpu");
	(void)snprintf(found.note, sizeof found.note,
		       found.kept ? "memory and cpu limits are kept by control groups in %s"
				  : "memory and cpu limits are not kept: %s has no memory and cpu "
				    "controllers (cgroup v1 holds them, or they are switched off); "
				    "boot with systemd.unified_cgroup_hierarchy=1",
		       found.base);
}

const char *
groups_note(bool *ret_kept)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	ASSERT(pthread_once(&once, look) == 0);
	if (ret_kept != NULL)
		*ret_kept = found.kept;
	return found.note;
}

/* Out of the unit's own group into a leaf of it, so that controllers can be handed down. */
static int
step_aside(void)
{
	char leaf[sizeof found.own + 16];

	(void)snprintf(leaf, sizeof leaf, "%s/daemon", found.own);
	if (mkdir(leaf, 0755) < 0 && errno != EEXIST)
		return -errno;
	return group_enter(leaf);
}

const char *
groups_prepare(void)
{
	(void)groups_note(NULL);
	if (found.base[0] == '\0')
		return "";
	if ((found.own[0] != '\0' && step_aside() < 0) ||
	    (mkdir(found.base, 0755) < 0 && errno != EEXIST)) {
		found.kept = false;
		found.base[0] = '\0';
		(void)text_put(found.note, sizeof found.note,
			       "memory and cpu limits are not kept: the control group of this unit "
			       "could not be divided (is Delegate=yes set?)");
		return "";
	}
	if (found.own[0] == '\0') {
		char *slash = strrchr(found.base, '/');

		*slash = '\0';
		if (found.kept)
			(void)write_text(found.base, "cgroup.subtree_control", "+memory +cpu");
		*slash = '/';
	}
	if (found.kept && write_text(found.base, "cgroup.subtree_control", "+memory +cpu") < 0) {
		found.kept = false;
		(void)snprintf(found.note, sizeof found.note,
			       "memory and cpu limits are not kept: the controllers cannot be "
			       "handed down in %s (other processes are in it?)",
			       found.base);
	}
	return found.base;
}

int
group_make(const char *group, int64_t memory, int64_t cpu_millis)
{
	char text[64];
	int r;

	if (mkdir(group, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (memory > 0) {
		(void)snprintf(text, sizeof text, "%lld", (long long)memory);
		r = write_text(group, "memory.max", text);
		if (r < 0)
			return r;
		(void)write_text(group, "memory.swap.max", "0"); /* absent without swap */
		(void)write_text(group, "memory.oom.group", "1");
	}
	if (cpu_millis > 0) {
		(void)snprintf(text, sizeof text, "%lld %d",
			       (long long)cpu_millis * CPU_PERIOD / 1000, CPU_PERIOD);
		return write_text(group, "cpu.max", text);
	}
	return 0;
}

pid_t
group_fork(const char *group)
{
	CLEANUP(fd_closep) int fd = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct clone_args how = { .flags = CLONE_INTO_CGROUP,
					.exit_signal = SIGCHLD,
					.cgroup = (uint64_t)fd };

	if (fd < 0)
		return -1;
	return (pid_t)syscall(SYS_clone3, &how, sizeof how);
}

int
group_enter(const char *group)
{
	return write_text(group, "cgroup.procs", "0");
}

int
group_kill(const char *group)
{
	return write_text(group, "cgroup.kill", "1");
}

bool
group_memory(const char *group, int64_t *ret_bytes)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	long long bytes;

	if (group[0] == '\0' ||
	    sscanf(read_text(group, "memory.current", &content), "%lld", &bytes) != 1)
		return false;
	*ret_bytes = bytes;
	return true;
}

bool
group_cpu(const char *group, int64_t *ret_micros)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	uint64_t micros;

	if (group[0] == '\0' ||
	    !keyed_number_parse(read_text(group, "cpu.stat", &content), "usage_usec", &micros))
		return false;
	*ret_micros = (int64_t)micros;
	return true;
}

bool
group_was_short_of_memory(const char *group)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	uint64_t kills;

	return group[0] != '\0' &&
	       keyed_number_parse(read_text(group, "memory.events", &content), "oom_kill",
				  &kills) &&
	       kills > 0;
}

void
group_remove(const char *group)
{
	if (group[0] != '\0')
		(void)rmdir(group);
}
