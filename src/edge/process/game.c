/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the program. The pipes of its console are named and the game holds
 * both of their ends, so neither it nor its console notices when a supervisor
 * dies and another opens them. A pseudo-terminal has no such life after death.
 */

#include "process/game.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "process/groups.h"
#include "process/rundir.h"
#include "sys/files.h"

/* What the waiting process could not do, with its errno. */
enum stage {
	STAGE_SESSION,
	STAGE_GROUP,
	STAGE_CONSOLE,
	STAGE_DIRECTORY,
	STAGE_RECORD,
	STAGE_PROGRAM
};

struct failure {
	int stage;
	int error;
};

/* The game's ends of its console, besides ours. */
struct console {
	int input, output;	     /* ours */
	int game_input, game_output; /* its; the same descriptor for a terminal */
	int folder;		     /* of the run */
	bool is_terminal;
	bool is_in_group; /* the process was born in its control group */
};

static int
keep(int fd, int *ret_fd)
{
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int
make_pipe(int folder, const char *name)
{
	(void)unlinkat(folder, name, 0);
	return mkfifoat(folder, name, 0600) < 0 ? -errno : 0;
}

static int
open_pipes(int folder, struct console *console)
{
	int r = make_pipe(folder, RUNDIR_INPUT_PIPE);

	if (r == 0)
		r = make_pipe(folder, RUNDIR_OUTPUT_PIPE);
	if (r == 0)
		r = keep(openat(folder, RUNDIR_INPUT_PIPE, O_RDWR | O_CLOEXEC),
			 &console->game_input);
	if (r == 0)
		r = keep(openat(folder, RUNDIR_INPUT_PIPE, O_WRONLY | O_NONBLOCK | O_CLOEXEC),
			 &console->input);
	if (r == 0)
		r = keep(openat(folder, RUNDIR_OUTPUT_PIPE, O_RDWR | O_CLOEXEC),
			 &console->game_output);
	if (r == 0)
		r = keep(openat(folder, RUNDIR_OUTPUT_PIPE, O_RDONLY | O_NONBLOCK | O_CLOEXEC),
			 &console->output);
	return r;
}

static int
open_terminal(struct console *console)
{
	const struct winsize size = { .ws_row = 50, .ws_col = 200 };
	struct termios mode;

	if (openpty(&console->output, &console->game_output, NULL, NULL, &size) < 0)
		return -errno;
	console->is_terminal = true;
	console->game_input = console->game_output;
	/* Lines that roost says are not to come back as if the game had said them. */
	if (tcgetattr(console->game_output, &mode) < 0)
		return -errno;
	mode.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(console->game_output, TCSANOW, &mode) < 0 ||
	    fcntl(console->output, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(console->output, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(console->game_output, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return keep(fcntl(console->output, F_DUPFD_CLOEXEC, 3), &console->input);
}

static void
console_close_game_side(struct console *console)
{
	if (console->game_input != console->game_output)
		fd_closep(&console->game_input);
	fd_closep(&console->game_output);
}

static void
console_close(struct console *console)
{
	console_close_game_side(console);
	fd_closep(&console->input);
	fd_closep(&console->output);
}

static _Noreturn void
give_up(int heard, enum stage stage)
{
	struct failure failure = { (int)stage, errno };

	(void)!write(heard, &failure, sizeof failure);
	_exit(127);
}

/* Signals, mask and umask as a program expects to find them. */
static void
reset_habits(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)umask(022);
}

/* In the new process: wait to be let go, then become the program. */
static _Noreturn void
become_program(const struct supervise_order *order, const struct console *console, int go,
	       int heard)
{
	char byte;

	if (setsid() < 0 || (console->is_terminal && ioctl(console->game_input, TIOCSCTTY, 0) < 0))
		give_up(heard, STAGE_SESSION);
	if (order->group[0] != '\0' && !console->is_in_group && group_enter(order->group) < 0 &&
	    (order->memory > 0 || order->cpu_millis > 0))
		give_up(heard, STAGE_GROUP);
	if (dup2(console->game_input, 0) < 0 || dup2(console->game_output, 1) < 0 ||
	    dup2(console->game_output, 2) < 0)
		give_up(heard, STAGE_CONSOLE);
	reset_habits();
	if (read(go, &byte, 1) != 1)
		_exit(126);
	if (chdir(order->directory) < 0)
		give_up(heard, STAGE_DIRECTORY);
	if (openat(console->folder, RUNDIR_BEGUN, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0)
		give_up(heard, STAGE_RECORD);
	environ = order->environment;
	(void)execvp(order->command[0], order->command);
	give_up(heard, STAGE_PROGRAM);
}

static int
open_channels(int go[2], int heard[2])
{
	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(heard, O_CLOEXEC) < 0) {
		int r = -errno;

		(void)close(go[0]);
		(void)close(go[1]);
		return r;
	}
	return 0;
}

static int
fork_game(const struct supervise_order *order, struct console *console,
	  struct game_start *ret_start)
{
	int go[2], heard[2], r = open_channels(go, heard);
	pid_t pid;

	if (r < 0)
		return r;
	pid = order->group[0] != '\0' ? group_fork(order->group) : -1;
	console->is_in_group = pid >= 0;
	if (pid < 0)
		pid = fork();
	if (pid == 0) {
		(void)close(go[1]);
		become_program(order, console, go[0], heard[1]);
	}
	r = pid < 0 ? -errno : 0;
	(void)close(go[0]);
	(void)close(heard[1]);
	if (r < 0) {
		(void)close(go[1]);
		(void)close(heard[0]);
		return r;
	}
	*ret_start = (struct game_start){
		.game = { .pid = pid, .input = console->input, .output = console->output },
		.go = go[1],
		.heard = heard[0],
	};
	console->input = console->output = -1;
	return 0;
}

int
game_fork(const struct supervise_order *order, int folder, struct game_start *ret_start,
	  char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(console_close)
	struct console console = {
		.input = -1, .output = -1, .game_input = -1, .game_output = -1, .folder = folder
	};
	int r = order->pty ? open_terminal(&console) : open_pipes(folder, &console);

	if (r < 0) {
		file_explain(r, "make", order->pty ? "a pseudo-terminal" : "the console's pipes",
			     ret_why, REASON_LIMIT + 1);
		return r;
	}
	r = fork_game(order, &console, ret_start);
	if (r < 0)
		file_explain(r, "start", order->command[0], ret_why, REASON_LIMIT + 1);
	return r;
}

/* Is the program there, so that what is missing is what it needs to run? */
static bool
program_exists(const struct supervise_order *order)
{
	char path[4096];

	(void)snprintf(path, sizeof path, "%s%s%s",
		       order->command[0][0] == '/' ? "" : order->directory,
		       order->command[0][0] == '/' ? "" : "/", order->command[0]);
	return strchr(order->command[0], '/') != NULL && access(path, F_OK) == 0;
}

static void
explain_program(const struct supervise_order *order, int error, char *why, size_t size)
{
	const char *program = order->command[0];
	CLEANUP(text_freep) char *text = NULL;

	if (error == ENOENT && program_exists(order))
		text = text_format("cannot start '%s': it is there, but the interpreter in its "
				   "first line (#!) or the loader it needs is not; install that",
				   program);
	else if (error == ENOENT && strchr(program, '/') == NULL)
		text = text_format("cannot start '%s': no such program on PATH; install it, or "
				   "give its full path in local.command",
				   program);
	else if (error == ENOENT)
		text = text_format("cannot start '%s': no such file (local.directory is '%s'); "
				   "correct local.command",
				   program, order->directory);
	else if (error == EACCES)
		text = text_format("cannot start '%s': not executable by the user that roost runs "
				   "as; chmod +x it, or correct local.command",
				   program);
	if (text != NULL)
		(void)text_put(why, size, text);
	else
		file_explain(error, "start", program, why, size);
}

static void
explain_failure(const struct supervise_order *order, const struct failure *failure, char *why,
		size_t size)
{
	switch ((enum stage)failure->stage) {
	case STAGE_DIRECTORY:
		file_explain(failure->error, "start in the directory", order->directory, why, size);
		return;
	case STAGE_PROGRAM:
		explain_program(order, failure->error, why, size);
		return;
	case STAGE_GROUP:
		file_explain(failure->error, "keep the limits by the control group", order->group,
			     why, size);
		return;
	case STAGE_RECORD:
		file_explain(failure->error, "write to", "the folder of the run", why, size);
		return;
	case STAGE_SESSION:
	case STAGE_CONSOLE:
		file_explain(failure->error, "give a console to", order->command[0], why, size);
		return;
	}
	file_explain(failure->error, "start", order->command[0], why, size);
}

int
game_let_go(const struct supervise_order *order, struct game_start *start,
	    char ret_why[static REASON_LIMIT + 1])
{
	struct failure failure = { 0 };
	ssize_t got;

	(void)!write(start->go, "g", 1);
	fd_closep(&start->go);
	do {
		got = read(start->heard, &failure, sizeof failure);
	} while (got < 0 && errno == EINTR);
	fd_closep(&start->heard);
	if (got != sizeof failure)
		return 0;
	explain_failure(order, &failure, ret_why, REASON_LIMIT + 1);
	fd_closep(&start->game.input);
	fd_closep(&start->game.output);
	return failure.error != 0 ? -failure.error : -EIO;
}

void
game_open_console(int folder, struct game *game)
{
	game->output = openat(folder, RUNDIR_OUTPUT_PIPE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	game->input = openat(folder, RUNDIR_INPUT_PIPE, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}
