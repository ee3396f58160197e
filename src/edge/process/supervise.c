/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run's supervisor: small, single-threaded, and gone as soon as the run is.
 * What makes it hard is that anybody may be killed at any moment: roost (then it
 * goes on alone), the game (then its end is recorded before anybody is told), or
 * the supervisor itself (then another takes over; see game.c and the record).
 */

#include "process/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
#include "process/desk.h"
#include "process/game.h"
#include "process/groups.h"
#include "process/logbook.h"
#include "process/rundir.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "wire/supervise/console.h"

#define PARENT_SOCKET	    3	  /* inherited: the order comes over it */
#define ORDER_SERIAL	    1	  /* the answer to the order carries it */
#define OUTPUT_AT_ONCE	    65536 /* bytes of output between two looks at anything else */
#define LEFTOVER_LOOK_EVERY 500	  /* ms, when nobody tells us that a leftover has ended */
#define RECORD_TRIES	    10	  /* a second apart, when the end cannot be written (disk full) */

enum slot { SLOT_CHILDREN = DESK_POLLS, SLOT_OUTPUT, SLOT_LEADER, SLOT_MAX };

struct supervisor {
	int folder, lock;
	int children; /* signalfd of SIGCHLD */
	int leader;   /* pidfd of a game that is not our child; else -1 */
	bool took_over;
	bool leader_ended;
	bool told_to_end;	/* a signal that ends programs was passed on */
	struct instant kill_at; /* leftovers are killed then; NEVER */
	struct game game;
	struct run_record record;
	struct desk desk;
	struct logbook logbook;
	struct console_splitter splitter;
	struct buf input;	/* console bytes that the game has not taken yet (terminal only) */
	struct instant used_at; /* when processor time was last looked at */
	int64_t used_micros;
};

static struct crowd
crowd_of(const struct supervisor *s)
{
	return (struct crowd){
		.leader = s->leader_ended ? 0 : s->game.pid,
		.token = s->record.token,
		.by_mark = s->took_over,
		.group = s->record.group,
	};
}

/* ---- what the game says ---- */

static void
saw_ready_line(struct supervisor *s)
{
	s->record.ready_line_seen = true;
	(void)!rundir_write(s->folder, &s->record, false);
	desk_tell(&s->desk, &(struct message){ .kind = MESSAGE_READY });
}

static void
on_line(void *argument, const char *line)
{
	struct supervisor *s = argument;
	char text[CONSOLE_LINE_LIMIT + 1];

	(void)text_put(text, sizeof text, line);
	console_tail_add(s->record.tail, text);
	desk_tell(&s->desk, &(struct message){ .kind = MESSAGE_LINE, .text = text });
	if (!s->record.ready_line_seen && s->record.ready_line[0] != '\0' &&
	    strstr(text, s->record.ready_line) != NULL)
		saw_ready_line(s);
}

/* Read what is there, up to a bound; true when there may be more. */
static bool
hear_game(struct supervisor *s)
{
	char bytes[8192];
	size_t heard = 0;

	while (s->game.output >= 0 && heard < OUTPUT_AT_ONCE) {
		ssize_t got = read(s->game.output, bytes, sizeof bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			break;
		if (got <= 0) {
			fd_closep(&s->game.output);
			break;
		}
		heard += (size_t)got;
		logbook_write(&s->logbook, bytes, (size_t)got);
		console_split(&s->splitter, bytes, (size_t)got, on_line, s);
	}
	if (heard > 0 && !s->record.ready_line_seen &&
	    console_pending_has(&s->splitter, s->record.ready_line))
		saw_ready_line(s);
	return heard >= OUTPUT_AT_ONCE;
}

/* ---- what roost asks ---- */

static void
look_at_use(struct supervisor *s)
{
	struct crowd crowd = crowd_of(s);
	struct instant now = sys_now();
	int64_t passed = instant_since(now, s->used_at).ms, micros;

	if (instant_is_set(s->used_at) && passed < 500)
		return;
	crowd_use(&crowd, &s->record.memory_bytes, &micros);
	if (instant_is_set(s->used_at))
		s->record.cpu_millis =
			micros > s->used_micros ? (micros - s->used_micros) / passed : 0;
	s->used_at = now;
	s->used_micros = micros;
}

static void
refuse(struct client *client, int64_t serial, const char *why)
{
	char text[REASON_LIMIT + 1];

	(void)text_put(text, sizeof text, why);
	desk_answer(client,
		    &(struct message){ .kind = MESSAGE_REFUSED, .serial = serial, .text = text });
}

static void
flush_input(struct supervisor *s)
{
	ssize_t wrote;

	if (s->input.length == 0 || s->game.input < 0)
		return;
	wrote = write(s->game.input, s->input.data, s->input.length);
	if (wrote > 0)
		buf_drop(&s->input, (size_t)wrote);
	else if (wrote < 0 && errno != EAGAIN && errno != EINTR)
		buf_clear(&s->input);
}

/*
 * A pipe takes a line whole or not at all (PIPE_BUF); a terminal may take a part,
 * and what is left waits. One line waits at most.
 */
static void
say(struct supervisor *s, struct client *client, const struct message *request)
{
	size_t length = strlen(request->text);

	if (s->game.input < 0) {
		refuse(client, request->serial, "the game has no console to write to");
	} else if (length >= CONSOLE_LINE_LIMIT) {
		refuse(client, request->serial, "the line is too long for a console");
	} else if (s->input.length > 0) {
		refuse(client, request->serial, "the game is not reading its console");
	} else {
		CLEANUP(text_freep) char *line = text_format("%s\n", request->text);
		ssize_t wrote = write(s->game.input, line, length + 1);

		if (wrote < 0 && errno == EAGAIN) {
			refuse(client, request->serial, "the game is not reading its console");
			return;
		}
		if (wrote < 0) {
			refuse(client, request->serial, "the game has closed its console");
			return;
		}
		buf_put(&s->input, line + wrote, length + 1 - (size_t)wrote);
		desk_answer(client,
			    &(struct message){ .kind = MESSAGE_DONE, .serial = request->serial });
	}
}

static void
pass_signal(struct supervisor *s, int number)
{
	struct crowd crowd = crowd_of(s);

	if (number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGHUP)
		s->told_to_end = true;
	if (number == SIGKILL) {
		crowd_kill(&crowd);
		return;
	}
	if (s->leader_ended)
		crowd_signal(&crowd, number);
	else
		(void)kill(-s->game.pid, number);
}

static void
on_request(void *argument, struct client *client, const struct message *request)
{
	struct supervisor *s = argument;

	switch (request->kind) {
	case MESSAGE_SAY:
		say(s, client, request);
		return;
	case MESSAGE_SIGNAL:
		pass_signal(s, request->number);
		desk_answer(client,
			    &(struct message){ .kind = MESSAGE_DONE, .serial = request->serial });
		return;
	case MESSAGE_ASK:
		look_at_use(s);
		desk_answer(client, &(struct message){ .kind = MESSAGE_STATUS,
						       .serial = request->serial,
						       .status = &s->record });
		return;
	case MESSAGE_DONE:
	case MESSAGE_REFUSED:
	case MESSAGE_STATUS:
	case MESSAGE_LINE:
	case MESSAGE_READY:
	case MESSAGE_MAX:
		break;
	}
	refuse(client, request->serial, "that is not a request");
}

/* ---- how it ends ---- */

/* The game itself has ended; its children may still be saving the world. */
static void
leader_has_ended(struct supervisor *s, int exit_status, int exit_signal)
{
	struct crowd crowd;

	s->leader_ended = true;
	s->record.exit_status = exit_status;
	s->record.exit_signal = exit_signal;
	fd_closep(&s->leader);
	crowd = crowd_of(s);
	if (crowd_count(&crowd) == 0)
		return;
	if (!s->told_to_end)
		crowd_signal(&crowd, SIGTERM);
	s->kill_at = instant_add(sys_now(), DURATION_MS(SUPERVISE_LEFTOVER_WITHIN));
}

/* Bury the dead. True when we have no child left. */
static bool
reap(struct supervisor *s)
{
	struct signalfd_siginfo ignored;
	int status;
	pid_t pid;

	(void)!read(s->children, &ignored, sizeof ignored);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->game.pid && !s->leader_ended)
			leader_has_ended(s, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
					 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
	return pid < 0 && errno == ECHILD;
}

/* Is anything of the run left? */
static bool
is_over(struct supervisor *s)
{
	struct crowd crowd = crowd_of(s);
	bool childless = reap(s);

	if (!s->leader_ended)
		return false;
	if (instant_is_set(s->kill_at) && instant_reached(sys_now(), s->kill_at)) {
		crowd_kill(&crowd);
		s->kill_at = NEVER;
		childless = reap(s);
	}
	return childless && (!s->took_over || crowd_count(&crowd) == 0);
}

/* Durable first, told second; the lock goes before the sockets, so who sees them close finds it free. */
static void
finish(struct supervisor *s)
{
	while (hear_game(s))
		;
	console_flush(&s->splitter, on_line, s);
	s->record.ended_at = sys_now();
	s->record.killed_for_memory = group_was_short_of_memory(s->record.group);
	s->record.cpu_millis = 0;
	for (int i = 0; i < RECORD_TRIES && rundir_write(s->folder, &s->record, true) < 0; i++)
		(void)sleep(1);
	group_remove(s->record.group);
	desk_tell(&s->desk, &(struct message){ .kind = MESSAGE_STATUS, .status = &s->record });
	(void)unlinkat(s->folder, RUNDIR_SOCKET, 0);
	(void)unlinkat(s->folder, RUNDIR_INPUT_PIPE, 0);
	(void)unlinkat(s->folder, RUNDIR_OUTPUT_PIPE, 0);
	desk_finish(&s->desk, 1000);
	fd_closep(&s->lock);
	desk_deinit(&s->desk);
	logbook_deinit(&s->logbook);
	fd_closep(&s->game.input);
	fd_closep(&s->game.output);
	buf_deinit(&s->input);
}

/* How long to wait when nothing happens: for ever, unless leftovers must be looked at. */
static int
patience(const struct supervisor *s)
{
	return s->leader_ended ? LEFTOVER_LOOK_EVERY : -1;
}

static void
watch(struct supervisor *s)
{
	struct pollfd polls[SLOT_MAX];

	while (!is_over(s)) {
		desk_await(&s->desk, polls);
		polls[SLOT_CHILDREN] = (struct pollfd){ .fd = s->children, .events = POLLIN };
		polls[SLOT_OUTPUT] = (struct pollfd){ .fd = s->game.output, .events = POLLIN };
		if (s->input.length > 0)
			polls[SLOT_OUTPUT].events |= POLLOUT;
		polls[SLOT_LEADER] = (struct pollfd){ .fd = s->leader, .events = POLLIN };
		if (poll(polls, SLOT_MAX, patience(s)) < 0)
			continue;
		if (polls[SLOT_OUTPUT].revents & POLLOUT)
			flush_input(s);
		if (polls[SLOT_OUTPUT].revents & (POLLIN | POLLHUP | POLLERR))
			(void)hear_game(s);
		if (polls[SLOT_LEADER].revents & POLLIN)
			leader_has_ended(s, EXIT_UNKNOWN, 0);
		desk_serve(&s->desk, polls, on_request, s);
	}
}

/* ---- how it begins ---- */

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
	desk_seat(&s->desk, PARENT_SOCKET);
	if (r == 0) {
		s->desk.listening = rundir_listen(s->folder);
		r = order.takes_over ? take_over(s, why) : start_game(s, &order, why);
	}
	if (r < 0) {
		refuse(&s->desk.clients[0], ORDER_SERIAL, why);
		desk_finish(&s->desk, 1000);
		return 1;
	}
	desk_answer(&s->desk.clients[0], &(struct message){ .kind = MESSAGE_STATUS,
							    .serial = ORDER_SERIAL,
							    .status = &s->record });
	introduce(s);
	supervise_order_deinit(&order);
	watch(s);
	finish(s);
	return 0;
}
