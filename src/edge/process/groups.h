/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_GROUPS_H
#define ROOST_GROUPS_H

/*
 * Control groups (cgroup v2): limits for one run, and a list of all that is in
 * it. Each run has a group under one base of ours: inside the unit's own group
 * when systemd delegates it, else /sys/fs/cgroup/roost when roost is root.
 * Without either, runs go without: nothing else stands in for it (RLIMIT_AS
 * counts address space, which a JVM reserves freely, not memory).
 */

#include <sys/types.h>

#include "base/base.h"

/*
 * What this machine allows, looked at once and changing nothing. The sentence
 * says it to people; *ret_kept (may be NULL) is whether limits are enforced.
 */
const char *groups_note(bool *ret_kept);

/* Make the base (moving this process out of the way when it must be). "" when there is none. */
const char *groups_prepare(void);

/* Make a run's group and set its limits (0 = none). 0 or -errno; an existing one is set anew. */
int group_make(const char *group, int64_t memory, int64_t cpu_millis) must_check;

/*
 * fork(2) whose child is born in the group: moving a process costs the kernel
 * some 20 ms of waiting (it synchronises with all others), being born there
 * costs nothing. -1 and errno when this kernel cannot (before 5.7, or a
 * container's filter); then fork and group_enter().
 */
pid_t group_fork(const char *group) must_check;

/* Move the calling process into it. Usable between fork and exec. */
int group_enter(const char *group) must_check;

/* End everything in it by SIGKILL. -ENOENT and the like when the kernel cannot. */
int group_kill(const char *group) must_check;

/* False when the group does not tell. */
bool group_memory(const char *group, int64_t *ret_bytes) must_check;
bool group_cpu(const char *group, int64_t *ret_micros) must_check;
bool group_was_short_of_memory(const char *group);

/* Remove it when it is empty. */
void group_remove(const char *group);

#endif
