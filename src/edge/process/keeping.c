/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping one run: see the header. The game may end while its children still save
 * the world, so a run ends when the last of it does; what overstays is killed.
 */

#include "process/keeping.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/crowd.h"
#include "process/groups.h"
#include "process/rundir.h"
#include "sys/clock.h"
#include "sys/files.h"

#define OUTPUT_AT_ONCE	    65536 /* bytes of output between two looks at anything else */
#define LEFTOVER_LOOK_EVERY 500	  /* ms, when nobody tells us that a leftover has ended */
#define RECORD_TRIES	    10	  /* a second apart, when the end cannot be written (disk full) */

enum slot { SLOT_CHILDREN = DESK_POLLS, SLOT_OUTPUT, SLOT_LEADER, SLOT_MAX };

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
on_line(void *argument, const char *line, const char *styled)
{
	struct supervisor *s = argument;

	console_tail_add(s->record.tail, line);
	backlog_add(&s->backlog, s->next_place, line, styled);
	desk_tell(&s->desk, &(struct message){ .kind = MESSAGE_LINE,
					       .text = (char *)line,
					       .styled = (char *)styled,
					       .place = s->next_place });
	s->next_place += BACKLOG_STEP;
	if (!s->record.ready_line_seen && s->record.ready_line[0] != '\0' &&
	    strstr(line, s->record.ready_line) != NULL)
		saw_ready_line(s);
}

/* A roost that has just come (back) hears what was said meanwhile, as what is past. */
static void
recall(struct supervisor *s, struct client *client)
{
	if (client == NULL)
		return;
	desk_answer(client, &(struct message){ .kind = MESSAGE_STATUS, .status = &s->record });
	for (size_t i = 0; i < backlog_count(&s->backlog); i++) {
		const struct backlog_line *line = backlog_at(&s->backlog, i);

		desk_recall(client, &(struct message){ .kind = MESSAGE_LINE,
						       .text = line->line,
						       .styled = line->styled,
						       .place = line->place,
						       .past = true });
	}
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

void
supervisor_refuse(struct client *client, int64_t serial, const char *why)
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
		supervisor_refuse(client, request->serial, "the game has no console to write to");
	} else if (length >= CONSOLE_LINE_LIMIT) {
		supervisor_refuse(client, request->serial, "the line is too long for a console");
	} else if (s->input.length > 0) {
		supervisor_refuse(client, request->serial, "the game is not reading its console");
	} else {
		CLEANUP(text_freep) char *line = text_format("%s\n", request->text);
		ssize_t wrote = write(s->game.input, line, length + 1);

		if (wrote < 0 && errno == EAGAIN) {
			supervisor_refuse(client, request->serial,
					  "the game is not reading its console");
			return;
		}
		if (wrote < 0) {
			supervisor_refuse(client, request->serial,
					  "the game has closed its console");
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
	supervisor_refuse(client, request->serial, "that is not a request");
}

/* ---- how it ends ---- */

/* The game itself has ended; its children may still be saving the world. */
void
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

/* Durable first, told second; the lock goes before the sockets: who sees them close finds it free. */
void
supervisor_finish(struct supervisor *s)
{
	while (hear_game(s))
		;
	console_flush(&s->splitter, on_line, s);
	s->record.ended_at = sys_now();
	s->record.killed_for_memory = group_was_short_of_memory(s->record.group);
	s->record.cpu_millis = 0;
	for (int i = 0; i < RECORD_TRIES && rundir_write(s->folder, &s->record, true) < 0; i++)
		(void)poll(NULL, 0, 1000);
	group_remove(s->record.group);
	desk_tell(&s->desk, &(struct message){ .kind = MESSAGE_STATUS, .status = &s->record });
	(void)unlinkat(s->folder, RUNDIR_SOCKET, 0);
	(void)unlinkat(s->folder, RUNDIR_INPUT_PIPE, 0);
	(void)unlinkat(s->folder, RUNDIR_OUTPUT_PIPE, 0);
	desk_finish(&s->desk, 1000);
	fd_closep(&s->lock);
	desk_deinit(&s->desk);
	logbook_deinit(&s->logbook);
	backlog_deinit(&s->backlog);
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

void
supervisor_watch(struct supervisor *s)
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
		recall(s, desk_serve(&s->desk, polls, on_request, s));
	}
}
