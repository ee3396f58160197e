/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powercut [-n N] [-a] [-w] [-l LOG] COMMAND...: run a program with all that it starts, and end all
 * of it by SIGKILL just before one of them changes a file for the N-th time since SIGUSR1 was sent
 * here (-a: from the beginning; SIGUSR2: never mind). strace can inject a signal too, but counts for each thread by itself.
 * LOG is told of each change, with what came of it; -w: also of what is written into files.
 * A filter lets the kernel stop the calls that matter and no others; at each stop we look at
 * whose it is and at which files. Exits as the command does; 99 when it was cut; 77 when
 * nothing may be traced here.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CUT	     99
#define CANNOT	     77
#define THREADS_MOST 4096
#define OPTIONS                                                                                 \
	(PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | \
	 PTRACE_O_TRACEVFORK | PTRACE_O_TRACESYSGOOD)
#define NONE (-1)

/* Where a call's arguments say which files: a directory and a path, or a descriptor. */
struct call {
	long number;
	const char *name;
	int directory, path;   /* arguments, or NONE */
	int directory2, path2; /* of the second name */
	int descriptor;	       /* or a file that is open */
	int flags;	       /* matters only with O_CREAT or O_TRUNC in this argument */
};

#define AT(call, directory, path)                                          \
	{                                                                  \
		SYS_##call, #call, directory, path, NONE, NONE, NONE, NONE \
	}
#define AT_TWO(call, a, b, c, d)                          \
	{                                                 \
		SYS_##call, #call, a, b, c, d, NONE, NONE \
	}
#define OPEN(call, directory, path, flags)                                  \
	{                                                                   \
		SYS_##call, #call, directory, path, NONE, NONE, NONE, flags \
	}
#define OF(call)                                                   \
	{                                                          \
		SYS_##call, #call, NONE, NONE, NONE, NONE, 0, NONE \
	}
#define TO(call, descriptor)                                                \
	{                                                                   \
		SYS_##call, #call, NONE, NONE, NONE, NONE, descriptor, NONE \
	}

static const struct call calls[] = {
	OPEN(openat, 0, 1, 2),
	AT_TWO(renameat2, 0, 1, 2, 3),
	AT_TWO(linkat, 0, 1, 2, 3),
	AT(symlinkat, 1, 2),
	AT(unlinkat, 0, 1),
	AT(mkdirat, 0, 1),
	OF(fsync),
	OF(fdatasync),
	OF(syncfs),
	OF(ftruncate),
	TO(copy_file_range, 2),
#ifdef SYS_renameat
	AT_TWO(renameat, 0, 1, 2, 3),
#endif
#ifdef SYS_open
	OPEN(open, NONE, 0, 1),
	AT(creat, NONE, 0),
	AT_TWO(rename, NONE, 0, NONE, 1),
	AT_TWO(link, NONE, 0, NONE, 1),
	AT(symlink, NONE, 1),
	AT(unlink, NONE, 0),
	AT(rmdir, NONE, 0),
	AT(mkdir, NONE, 0),
#endif
	AT(truncate, NONE, 0),
	/* With -w only; they are last. */
	OF(write),
	OF(writev),
	OF(pwrite64),
	OF(pwritev),
};
#define CALLS	   (sizeof calls / sizeof *calls)
#define CALLS_OF_w 4

struct thread {
	pid_t id;
	bool began; /* its first stop was seen */
	char *line; /* of the call that it is in, to be finished in the log */
};

static struct thread threads[THREADS_MOST];
static size_t thread_count;
static unsigned long at, seen;
static bool writes;
static FILE *record;
static pid_t command;
static volatile sig_atomic_t armed;

static void
die(const char *what)
{
	perror(what);
	exit(CANNOT);
}

/* ---- in the child ---- */

static void
filter_calls(void)
{
	size_t count = writes ? CALLS : CALLS - CALLS_OF_w, n = 0;
	struct sock_filter code[5 * CALLS + 2];
	struct sock_fprog program = { .filter = code };

	for (size_t i = 0; i < count; i++) {
		const struct call *call = &calls[i];
		bool is_open = call->flags != NONE;

		code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							 offsetof(struct seccomp_data, nr));
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call->number, 0, is_open ? 3 : 1);
		if (is_open) {
			code[n++] = (struct sock_filter)BPF_STMT(
				BPF_LD | BPF_W | BPF_ABS,
				(uint32_t)offsetof(struct seccomp_data, args) +
					8 * (uint32_t)call->flags);
			code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
								 O_CREAT | O_TRUNC, 0, 1);
		}
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		die("powercut: seccomp");
}

static void
become_command(char **arguments)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		die("powercut: ptrace");
	(void)raise(SIGSTOP); /* until we are told what to look for */
	filter_calls();
	execvp(arguments[0], arguments);
	perror(arguments[0]);
	_exit(127);
}

/* ---- threads ---- */

static struct thread *
thread_find(pid_t id)
{
	for (size_t i = 0; i < thread_count; i++)
		if (threads[i].id == id)
			return &threads[i];
	if (thread_count == THREADS_MOST)
		die("powercut: more threads than were thought of");
	threads[thread_count] = (struct thread){ .id = id };
	return &threads[thread_count++];
}

static void
thread_forget(pid_t id)
{
	for (size_t i = 0; i < thread_count; i++) {
		if (threads[i].id != id)
			continue;
		free(threads[i].line);
		threads[i] = threads[--thread_count];
		return;
	}
}

/* ---- what a call is about ---- */

static void
read_link(pid_t id, const char *what, char text[static PATH_MAX])
{
	char path[64];
	ssize_t length;

	(void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)id, what);
	length = readlink(path, text, PATH_MAX - 1);
	text[length < 0 ? 0 : length] = '\0';
}

static void
read_descriptor(pid_t id, int fd, char text[static PATH_MAX])
{
	char what[32];

	(void)snprintf(what, sizeof what, "fd/%d", fd);
	read_link(id, fd == AT_FDCWD ? "cwd" : what, text);
}

/* Its pages one by one: the next one may not be there. */
static void
read_text(pid_t id, uint64_t address, char text[static PATH_MAX])
{
	size_t length = 0;

	while (length < PATH_MAX - 1) {
		size_t page = 4096 - (size_t)((address + length) % 4096);
		size_t wish = page < PATH_MAX - 1 - length ? page : PATH_MAX - 1 - length;
		struct iovec to = { text + length, wish };
		struct iovec from = { (void *)(uintptr_t)(address + length), wish };

		if (process_vm_readv(id, &to, 1, &from, 1, 0) != (ssize_t)wish)
			break;
		if (memchr(text + length, '\0', wish) != NULL)
			return;
		length += wish;
	}
	text[length] = '\0';
}

static void
read_name(pid_t id, const uint64_t *arguments, int directory, int path, char text[static PATH_MAX])
{
	char below[PATH_MAX], name[PATH_MAX];

	read_text(id, arguments[path], name);
	if (name[0] == '/') {
		memcpy(text, name, strlen(name) + 1);
		return;
	}
	read_descriptor(id, directory == NONE ? AT_FDCWD : (int)arguments[directory], below);
	if ((size_t)snprintf(text, PATH_MAX, "%s/%s", below, name) >= PATH_MAX)
		text[PATH_MAX - 1] = '\0';
}

static bool
is_same_as(const struct call *call, uint64_t number)
{
	return call->number == (long)number;
}

/* ---- stops ---- */

static void
cut(void)
{
	int status;

	for (size_t i = 0; i < thread_count; i++)
		(void)kill(threads[i].id, SIGKILL);
	for (pid_t id; (id = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;)
		if (id > 0 && WIFSTOPPED(status))
			(void)kill(id, SIGKILL); /* it was just born, and nobody knew it yet */
	if (record != NULL)
		(void)fclose(record);
	_exit(CUT);
}

/* Before a call. Returns whether its end is to be seen too. */
static bool
on_call(struct thread *thread)
{
	struct __ptrace_syscall_info info;
	char first[PATH_MAX] = "", second[PATH_MAX] = "";
	const struct call *call = NULL;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->id, sizeof info, &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return false;
	for (size_t i = 0; call == NULL && i < CALLS; i++)
		if (is_same_as(&calls[i], info.seccomp.nr))
			call = &calls[i];
	if (call == NULL)
		return false;
	if (call->descriptor != NONE)
		read_descriptor(thread->id, (int)info.seccomp.args[call->descriptor], first);
	else
		read_name(thread->id, (const uint64_t *)info.seccomp.args, call->directory,
			  call->path, first);
	if (call->path2 != NONE)
		read_name(thread->id, (const uint64_t *)info.seccomp.args, call->directory2,
			  call->path2, second);
	/* Sockets, pipes and devices are no files. */
	if (first[0] != '/' || strncmp(first, "/dev/", 5) == 0 ||
	    strncmp(first, "/proc/", 6) == 0 || strncmp(first, "/memfd:", 7) == 0 ||
	    strncmp(first, "/sys/", 5) == 0)
		return false;
	if (armed && at > 0 && ++seen == at) {
		if (record != NULL)
			(void)fprintf(record, "CUT\t%s\t%s\t%s\n", call->name, first, second);
		cut();
	}
	if (record == NULL)
		return false;
	free(thread->line);
	if (asprintf(&thread->line, "%ld\t%s\t%s\t%s", (long)thread->id, call->name, first,
		     second) < 0)
		thread->line = NULL;
	if (thread->line != NULL)
		(void)fprintf(record, "begin\t%s\n", thread->line);
	return true;
}

static void
on_call_end(struct thread *thread)
{
	struct __ptrace_syscall_info info;

	if (thread->line == NULL ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, thread->id, sizeof info, &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_EXIT)
		return;
	(void)fprintf(record, "end\t%s\t%lld\n", thread->line, (long long)info.exit.rval);
	(void)fflush(record);
	free(thread->line);
	thread->line = NULL;
}

static void
on_stop(struct thread *thread, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16, request = PTRACE_CONT;

	if (event == PTRACE_EVENT_SECCOMP) {
		request = on_call(thread) ? PTRACE_SYSCALL : PTRACE_CONT;
		signal = 0;
	} else if (signal == (SIGTRAP | 0x80)) {
		on_call_end(thread);
		signal = 0;
	} else if (event != 0 || (signal == SIGSTOP && !thread->began)) {
		signal = 0; /* of tracing itself */
	} else if (signal == SIGTRAP) {
		signal = 0; /* execve */
	}
	thread->began = true;
	(void)ptrace(request, thread->id, NULL, (void *)(intptr_t)signal);
}

/* ---- all of it ---- */

static void
on_signal(int signal)
{
	if (signal == SIGTERM || signal == SIGINT)
		(void)kill(command, signal);
	else
		armed = signal == SIGUSR1;
}

static int
follow_all(void)
{
	int status, code = 0;

	for (;;) {
		pid_t id = waitpid(-1, &status, __WALL);

		if (id < 0 && errno == EINTR)
			continue;
		if (id < 0)
			return code;
		if (WIFSTOPPED(status)) {
			on_stop(thread_find(id), status);
			continue;
		}
		thread_forget(id);
		if (id == command)
			code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static void
read_options(int argc, char **argv)
{
	for (int option; (option = getopt(argc, argv, "+n:al:w")) != -1;) {
		if (option == 'n') {
			at = strtoul(optarg, NULL, 10);
		} else if (option == 'a') {
			armed = 1;
		} else if (option == 'w') {
			writes = true;
		} else if (option == 'l') {
			record = fopen(optarg, "we");
			if (record == NULL)
				die(optarg);
		} else {
			exit(2);
		}
	}
	if (optind == argc)
		exit(2);
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	int status;

	read_options(argc, argv);
	command = fork();
	if (command < 0)
		die("powercut: fork");
	if (command == 0)
		become_command(argv + optind);
	for (const int *s = (const int[]){ SIGUSR1, SIGUSR2, SIGTERM, SIGINT, 0 }; *s != 0; s++)
		(void)sigaction(*s, &action, NULL);
	if (waitpid(command, &status, __WALL) != command || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, command, NULL, (void *)OPTIONS) < 0)
		die("powercut: this program may not be traced here");
	thread_find(command)->began = true;
	(void)ptrace(PTRACE_CONT, command, NULL, NULL);
	return follow_all();
}
