/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who belongs to a run: one pass over /proc, then membership by descent, session
 * or mark. Between looking and killing a pid may have come round, so each is
 * held by a pidfd and looked at again before it is signalled.
 */

#include "process/crowd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "process/groups.h"
#include "sys/files.h"
#include "sys/run_mark.h"

#define PROCESSES_LIMIT 32768 /* looked at in one pass */
#define KILL_ROUNDS	50    /* of 10 ms */

struct pass {
	struct proc_stat *all;
	size_t count, room;
};

bool
process_look(pid_t pid, struct proc_stat *ret_stat)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	return file_read(AT_FDCWD, path, 4096, &content) == 0 &&
	       proc_stat_parse(buf_text(&content), ret_stat);
}

void
boot_id_read(char ret_id[static BOOT_ID_SIZE])
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;

	ret_id[0] = '\0';
	if (file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &content) < 0)
		return;
	(void)text_put(ret_id, BOOT_ID_SIZE, buf_text(&content));
	ret_id[strcspn(ret_id, "\n")] = '\0';
}

static bool
is_alive(const struct proc_stat *stat)
{
	return strchr("ZXx", stat->state) == NULL;
}

bool
process_is_same(const struct run_record *record)
{
	struct proc_stat stat;
	char boot_id[BOOT_ID_SIZE];

	boot_id_read(boot_id);
	return text_equal(boot_id, record->boot_id) && process_look((pid_t)record->pid, &stat) &&
	       stat.start_time == record->start_time && is_alive(&stat);
}

static void
pass_free(struct pass *pass)
{
	mem_free(pass->all);
}

static void
pass_make(struct pass *pass)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	while (folder != NULL && pass->count < PROCESSES_LIMIT &&
	       (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		if (pass->count == pass->room) {
			pass->room = pass->room * 2 + 256;
			pass->all = mem_resize(pass->all, pass->room * sizeof *pass->all);
		}
		if (process_look((pid_t)strtol(entry->d_name, NULL, 10), &pass->all[pass->count]))
			pass->count++;
	}
	if (folder != NULL)
		(void)closedir(folder);
}

static int
compare_pids(const void *a, const void *b)
{
	const struct proc_stat *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static const struct proc_stat *
pass_find(const struct pass *pass, int64_t pid)
{
	struct proc_stat key = { .pid = pid };

	return bsearch(&key, pass->all, pass->count, sizeof key, compare_pids);
}

static bool
is_descendant(const struct pass *pass, const struct proc_stat *stat)
{
	int64_t self = getpid();
	size_t hops = 0;

	while (stat != NULL && stat->parent != self && hops++ < pass->count)
		stat = pass_find(pass, stat->parent);
	return stat != NULL && stat->parent == self;
}

static bool
is_member(const struct crowd *crowd, const struct pass *pass, const struct proc_stat *stat)
{
	if (!is_alive(stat) || stat->pid == getpid())
		return false;
	if (crowd->leader > 0 && stat->session == crowd->leader)
		return true;
	return is_descendant(pass, stat) ||
	       (crowd->by_mark && run_mark_is_on(stat->pid, crowd->token));
}

/* Calls back for every member; returns how many there are. */
static size_t
each_member(const struct crowd *crowd, void (*call)(void *argument, const struct proc_stat *stat),
	    void *argument)
{
	CLEANUP(pass_free) struct pass pass = { 0 };
	size_t members = 0;

	pass_make(&pass);
	if (pass.count > 0)
		qsort(pass.all, pass.count, sizeof *pass.all, compare_pids);
	for (size_t i = 0; i < pass.count; i++) {
		if (is_member(crowd, &pass, &pass.all[i])) {
			members++;
			if (call != NULL)
				call(argument, &pass.all[i]);
		}
	}
	return members;
}

size_t
crowd_count(const struct crowd *crowd)
{
	return each_member(crowd, NULL, NULL);
}

/* pidfd_open(2) and pidfd_send_signal(2), since Linux 5.3; older: by number. */
static void
signal_exactly(const struct proc_stat *stat, int signal)
{
	CLEANUP(fd_closep) int fd = (int)syscall(SYS_pidfd_open, (pid_t)stat->pid, 0);
	struct proc_stat now;

	if (!process_look((pid_t)stat->pid, &now) || now.start_time != stat->start_time)
		return;
	if (fd >= 0)
		(void)syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	else if (errno == ENOSYS)
		(void)kill((pid_t)stat->pid, signal);
}

struct signalling {
	const struct crowd *crowd;
	int signal;
};

static void
on_member_to_signal(void *argument, const struct proc_stat *stat)
{
	struct signalling *s = argument;

	if (s->signal == SIGKILL || s->crowd->leader == 0 || stat->group != s->crowd->leader)
		signal_exactly(stat, s->signal);
}

void
crowd_signal(const struct crowd *crowd, int signal)
{
	struct signalling s = { crowd, signal };

	(void)each_member(crowd, on_member_to_signal, &s);
}

void
crowd_kill(const struct crowd *crowd)
{
	struct signalling s = { crowd, SIGKILL };
	const struct timespec pause = { .tv_nsec = 10000000 };

	if (crowd->group[0] != '\0')
		(void)!group_kill(crowd->group);
	for (int round = 0; round < KILL_ROUNDS; round++) {
		if (each_member(crowd, on_member_to_signal, &s) == 0)
			return;
		(void)nanosleep(&pause, NULL);
	}
}

struct use {
	int64_t pages;
	int64_t ticks;
};

static void
on_member_to_count(void *argument, const struct proc_stat *stat)
{
	struct use *use = argument;

	use->pages += (int64_t)stat->resident;
	use->ticks += (int64_t)stat->cpu_ticks;
}

void
crowd_use(const struct crowd *crowd, int64_t *ret_bytes, int64_t *ret_micros)
{
	struct use use = { 0 };
	bool by_group = group_memory(crowd->group, ret_bytes);

	if (group_cpu(crowd->group, ret_micros) && by_group)
		return;
	(void)each_member(crowd, on_member_to_count, &use);
	if (!by_group)
		*ret_bytes = use.pages * sysconf(_SC_PAGESIZE);
	if (!group_cpu(crowd->group, ret_micros))
		*ret_micros = use.ticks * 1000000 / sysconf(_SC_CLK_TCK);
}
