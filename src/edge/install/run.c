/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posix_spawn, a pipe and a deadline. The program is reaped here and not by libuv, which only
 * asks for the processes it started.
 */

#include "install/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "sys/files.h"

#define LOOK_EVERY_MS 100
#define FILE_LIMIT    ((rlim_t)64 << 30) /* bytes of one file that it writes */
#define PATH_FALLBACK "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* PATH as roost has it, and no more: what is ours is nobody's business. */
static char **
environment_new(const char *directory)
{
	char **list = mem_new_array(4, sizeof *list);
	const char *path = NULL;

	for (size_t i = 0; environ != NULL && environ[i] != NULL; i++)
		if (text_starts_with(environ[i], "PATH="))
			path = environ[i] + strlen("PATH=");
	list[0] = text_format("PATH=%s", path != NULL ? path : PATH_FALLBACK);
	list[1] = text_format("HOME=%s", directory);
	list[2] = text_copy("LANG=C.UTF-8");
	return list;
}

static void
limit(pid_t pid)
{
	const struct rlimit no_core = { 0, 0 }, file = { FILE_LIMIT, FILE_LIMIT };

	(void)prlimit(pid, RLIMIT_CORE, &no_core, NULL);
	(void)prlimit(pid, RLIMIT_FSIZE, &file, NULL);
}

static int
start(const struct run_order *order, int output, pid_t *ret_pid)
{
	char **environment = environment_new(order->directory);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	ASSERT(posix_spawn_file_actions_init(&actions) == 0);
	ASSERT(posix_spawnattr_init(&attributes) == 0);
	ASSERT(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0);
	ASSERT(posix_spawn_file_actions_adddup2(&actions, output, 1) == 0);
	ASSERT(posix_spawn_file_actions_adddup2(&actions, output, 2) == 0);
	ASSERT(posix_spawn_file_actions_addchdir_np(&actions, order->directory) == 0);
	ASSERT(posix_spawnattr_setsigmask(&attributes, &none) == 0);
	ASSERT(posix_spawnattr_setsigdefault(&attributes, &all) == 0);
	ASSERT(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
							     POSIX_SPAWN_SETSIGDEF) == 0);
	error = posix_spawnp(ret_pid, order->command[0], &actions, &attributes, order->command,
			     environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	texts_free(environment);
	return -error;
}

/* Whatever of it is still there. */
static void
end(pid_t pid)
{
	(void)kill(-pid, SIGKILL);
}

enum run_is { RUN_ENDED, RUN_LATE, RUN_CANCELLED };

/* True when there may be more. */
static bool
take_output(const struct run_order *order, int from)
{
	char bytes[4096];
	ssize_t got = read(from, bytes, sizeof bytes);

	if (got > 0)
		order->output(order->argument, bytes, (size_t)got);
	return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Not reaped: as long as it is not, its number is nobody else's. */
static bool
has_ended(pid_t pid)
{
	siginfo_t ended = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       ended.si_pid == pid;
}

/* Ended means the program itself: what it left in the background is ended after it. */
static enum run_is
watch(const struct run_order *order, pid_t pid, int from)
{
	uint64_t until = uv_hrtime() + (uint64_t)order->within.ms * 1000000;
	bool open = true;

	for (;;) {
		struct pollfd wait = { .fd = open ? from : -1, .events = POLLIN };

		if (poll(&wait, 1, LOOK_EVERY_MS) > 0)
			open = take_output(order, from);
		else if (has_ended(pid))
			return RUN_ENDED;
		if (!open && has_ended(pid))
			return RUN_ENDED;
		if (atomic_load(order->cancelled))
			return RUN_CANCELLED;
		if (uv_hrtime() >= until)
			return RUN_LATE;
	}
}

static int
explain(const struct run_order *order, enum run_is is, int status,
	char ret_why[static REASON_LIMIT + 1])
{
	const char *program = order->command[0];
	char within[DURATION_TEXT_SIZE];

	duration_text(order->within, within);
	if (is == RUN_CANCELLED)
		(void)text_put(ret_why, REASON_LIMIT + 1, "it was given up");
	else if (is == RUN_LATE)
		(void)snprintf(ret_why, REASON_LIMIT + 1, "'%.120s' was not done within %s",
			       program, within);
	else if (WIFSIGNALED(status))
		(void)snprintf(ret_why, REASON_LIMIT + 1, "'%.120s' was ended by signal %d (%s)",
			       program, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		(void)snprintf(ret_why, REASON_LIMIT + 1, "'%.120s' ended with exit status %d",
			       program, WEXITSTATUS(status));
	return is == RUN_CANCELLED ? -ECANCELED : is == RUN_LATE ? -ETIMEDOUT : -EIO;
}

int
run_program(const struct run_order *order, char ret_why[static REASON_LIMIT + 1])
{
	int ends[2], status = 0, r;
	enum run_is is;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		r = -errno;
		file_explain(r, "run", order->command[0], ret_why, REASON_LIMIT + 1);
		return r;
	}
	r = start(order, ends[1], &pid);
	(void)close(ends[1]);
	if (r < 0) {
		(void)close(ends[0]);
		file_explain(r, "run", order->command[0], ret_why, REASON_LIMIT + 1);
		return r;
	}
	limit(pid);
	is = watch(order, pid, ends[0]);
	end(pid);
	(void)waitpid(pid, &status, 0);
	(void)close(ends[0]);
	if (is == RUN_ENDED && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return explain(order, is, status, ret_why);
}
