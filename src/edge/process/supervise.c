/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's beginning: the order, the game, the console. What makes it
 * hard is that anybody may be killed at any moment: roost (then it goes on
 * alone), the game (then its end is recorded before anybody is told), or the
 * supervisor itself (then another takes over; see game.c and the record).
 */

#include "process/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/crowd.h"
#include "process/groups.h"
#include "process/keeping.h"
#include "process/rundir.h"
#include "sys/clock.h"
#include "sys/files.h"

#define PARENT_SOCKET 3 /* inherited: the order comes over it */
#define ORDER_SERIAL  1 /* the answer to the order carries it */

static void
fill_record(struct run_record *record, const struct supervise_order *order)
{
	*record = (struct run_record){ .pty = order->pty,
				       .memory_limit = order->memory,
				       .cpu_limit = order->cpu_millis,
				       .started_at = sys_now() };
	(void)text_put(record->token, sizeof record->token, order->token);
	(void)text_put(record->server, sizeof record->server, order->server);
	(void)text_put(record->ready_line, sizeof record->ready_line, order->ready_line);
	(void)text_put(record->group, sizeof record->group, order->group);
	boot_id_read(record->boot_id);
}

static int
make_group(const struct supervise_order *order, char *why)
{
	int r = order->group[0] != '\0' ? group_make(order->group, order->memory, order->cpu_millis)
					: 0;

	if (r == 0 || (order->memory == 0 && order->cpu_millis == 0))
		return 0; /* without limits a group is a convenience */
	file_explain(r, "keep the limits by the control group", order->group, why,
		     REASON_LIMIT + 1);
	return r;
}

/* The game waits to be let go: write down who it is, then do so. */
static int
release_game(struct supervisor *s, const struct supervise_order *order, struct game_start *start,
	     char *why)
{
	struct proc_stat stat;
	int r;

	s->record.pid = start->game.pid;
	if (process_look(start->game.pid, &stat))
		s->record.start_time = stat.start_time;
	r = rundir_write(s->folder, &s->record, false);
	if (r < 0) {
		file_explain(r, "write", "the run's state", why, REASON_LIMIT + 1);
		fd_closep(&start->go);
		return r;
	}
	return game_let_go(order, start, why);
}

/* A new run, by the order. */
static int
start_game(struct supervisor *s, const struct supervise_order *order, char *why)
{
	struct game_start start;
	int r;

	fill_record(&s->record, order);
	s->used_at = s->record.started_at;
	if (s->desk.listening < 0) {
		file_explain(s->desk.listening, "make", "the run's socket", why, REASON_LIMIT + 1);
		return s->desk.listening;
	}
	r = make_group(order, why);
	if (r < 0)
		return r;
	r = game_fork(order, s->folder, &start, why);
	if (r < 0)
		return r;
	r = release_game(s, order, &start, why);
	if (r < 0) {
		(void)waitpid(start.game.pid, NULL, 0);
		(void)unlinkat(s->folder, RUNDIR_BEGUN, 0);
		(void)unlinkat(s->folder, RUNDIR_STATE, 0);
		group_remove(order->group);
		return r;
	}
	s->game = start.game;
	return 0;
}

/* The run of a supervisor that died. */
static int
take_over(struct supervisor *s, char *why)
{
	int r = rundir_read(s->folder, &s->record);

	if (r < 0) {
		file_explain(r, "read", RUNDIR_STATE, why, REASON_LIMIT + 1);
		return r;
	}
	s->took_over = true;
	s->game.pid = (pid_t)s->record.pid;
	s->game.input = s->game.output = -1;
	s->leader = (int)syscall(SYS_pidfd_open, s->game.pid, 0);
	if (s->leader < 0 || !process_is_same(&s->record)) {
		leader_has_ended(s, EXIT_UNKNOWN, 0);
		return 0;
	}
	if (!s->record.pty)
		game_open_console(s->folder, &s->game);
	if (s->record.group[0] != '\0')
		(void)!group_make(s->record.group, s->record.memory_limit, s->record.cpu_limit);
	return 0;
}

/* The order, and three descriptors with it: its text, the folder, the lock. */
static int
receive_order(struct supervisor *s, struct supervise_order *ret_order)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof control };
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	char path[32];
	int fds[3];
	ssize_t got;

	do {
		got = recvmsg(PARENT_SOCKET, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got != 1 || message.msg_controllen < CMSG_LEN(sizeof fds))
		return -ECONNRESET;
	memcpy(fds, CMSG_DATA(&control.header), sizeof fds);
	s->folder = fds[1];
	s->lock = fds[2];
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fds[0]);
	if (file_read(AT_FDCWD, path, SUPERVISE_ORDER_LIMIT, &text) < 0 ||
	    !supervise_order_parse(text.data, text.length, ret_order))
		return -EBADMSG;
	(void)close(fds[0]);
	return 0;
}

static void
settle_in(struct supervisor *s)
{
	sigset_t child;

	(void)syscall(SYS_close_range, PARENT_SOCKET + 1, ~0U, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_SETMASK, &child, NULL);
	s->children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	ASSERT(s->children >= 0);
	ASSERT(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	ASSERT(fcntl(PARENT_SOCKET, F_SETFD, FD_CLOEXEC) == 0);
	(void)umask(077);
	(void)!chdir("/");
	s->folder = s->lock = s->leader = -1;
	desk_init(&s->desk, -1);
	s->next_place = backlog_beginning(sys_now()) + BACKLOG_STEP;
}

/* What somebody who looks at this process, or its last words, will want to know. */
static void
introduce(struct supervisor *s)
{
	char name[16];

	(void)snprintf(name, sizeof name, "roost:%s", s->record.server);
	(void)prctl(PR_SET_NAME, name);
	logbook_init(&s->logbook, s->folder);
	if (s->logbook.fd >= 0)
		(void)dup2(s->logbook.fd, STDERR_FILENO);
}

int
supervise_main(int argc, char **argv)
{
	static struct supervisor supervisor;
	struct supervisor *s = &supervisor;
	CLEANUP(supervise_order_deinit) struct supervise_order order = { 0 };
	char why[REASON_LIMIT + 1] = "the order could not be read";
	struct stat found;
	int r;

	(void)argc;
	(void)argv;
	if (fstat(PARENT_SOCKET, &found) < 0 || !S_ISSOCK(found.st_mode)) {
		(void)fputs("roost supervise: roost starts this by itself; it is not a command "
			    "for people\n",
			    stderr);
		return 2;
	}
	settle_in(s);
	r = receive_order(s, &order);
	if (r == -ECONNRESET)
		return 0; /* roost has ended and never asked for anything */
	(void)desk_seat(&s->desk, PARENT_SOCKET);
	if (r == 0) {
		s->desk.listening = rundir_listen(s->folder);
		r = order.takes_over ? take_over(s, why) : start_game(s, &order, why);
	}
	if (r < 0) {
		supervisor_refuse(&s->desk.clients[0], ORDER_SERIAL, why);
		desk_finish(&s->desk, 1000);
		return 1;
	}
	desk_answer(&s->desk.clients[0], &(struct message){ .kind = MESSAGE_STATUS,
							    .serial = ORDER_SERIAL,
							    .status = &s->record });
	introduce(s);
	supervise_order_deinit(&order);
	supervisor_watch(s);
	supervisor_finish(s);
	return 0;
}
