/* SPDX-License-Identifier: Apache-2.0 */
/* A place to try real processes in: see the header. */

#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "process/crowd.h"
#include "process/supervise.h"
#include "sys/files.h"
#include "sys/run_mark.h"

#define PATIENCE 120000 /* ms; a machine may be slow, a test may not hang */

bool
place_is_supervisor(int argc, char **argv, int *ret_status)
{
	if (argc < 2 || !text_equal(argv[1], "supervise"))
		return false;
	*ret_status = supervise_main(argc - 1, argv + 1);
	return true;
}

static void
on_fact(void *argument, const struct fact *fact)
{
	struct place *place = argument;

	assert_false(place->inside);
	switch (fact->kind) {
	case FACT_REPLY:
		reply_deinit(&place->reply);
		place->reply = fact->as.reply;
		return;
	case FACT_PROCESS_ENDED:
		assert_string_equal(fact->server, "testing");
		place->ended++;
		return;
	case FACT_READY_LINE:
		place->ready++;
		return;
	case FACT_CONSOLE_LINE: {
		char *lines = text_format("%s%s\n", place->lines, fact->as.process.line);

		mem_free(place->lines);
		mem_free(fact->as.process.line);
		mem_free(place->styled);
		place->styled = fact->as.process.styled;
		place->past += fact->as.process.past;
		assert_true(place->at < fact->as.process.place || fact->as.process.place == 0 ||
			    (fact->as.process.past && place->past == 1));
		if (fact->as.process.place > 0)
			place->at = fact->as.process.place;
		place->lines = lines;
		return;
	}
	case FACT_PLAYER_LINE:
	case FACT_DISK:
	case FACT_WISH:
	case FACT_KNOCKED:
	case FACT_HELD:
	case FACT_RELEASED:
	case FACT_JOINED:
	case FACT_LEFT:
	case FACT_REFUSED:
	case FACT_MAX:
		break;
	}
	fail();
}

void
place_open_port(struct place *place)
{
	char why[REASON_LIMIT + 1];

	assert_int_equal(uv_loop_init(&place->loop), 0);
	assert_int_equal(
		process_port_new(&place->loop, place->data, on_fact, place, why, &place->port), 0);
}

void
place_close_port(struct place *place)
{
	process_port_free(place->port);
	(void)uv_run(&place->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&place->loop), 0);
}

struct place *
place_new(void)
{
	static unsigned places;
	struct place *place = mem_new(sizeof *place);

	(void)strcpy(place->data, "/tmp/roost-process-XXXXXX");
	assert_non_null(mkdtemp(place->data));
	(void)snprintf(place->token, sizeof place->token, "test-%ld-%u", (long)getpid(), ++places);
	place->lines = text_copy("");
	place->command[0] = (char *)"sh";
	place->command[1] = (char *)"-c";
	place->local.command = place->command;
	place->local.directory = place->data;
	place->local.environment = place->environment;
	place->order.server = "testing";
	place->order.local = &place->local;
	place_open_port(place);
	return place;
}

static void
end_all(struct place *place)
{
	CLEANUP(text_freep) char *tokens = NULL;
	char *rest, *token;

	place_list(place);
	tokens = text_copy(place->reply.as.text);
	for (token = strtok_r(tokens, "\n", &rest); token != NULL;
	     token = strtok_r(NULL, "\n", &rest)) {
		place_signal(place, token, SIGKILL);
		place_wait_gone(place, token);
		place_forget(place, token);
		assert_int_equal(place->reply.result, REPLY_DONE);
		assert_int_equal(place_count_marked(token), 0);
	}
}

void
place_free(struct place *place)
{
	CLEANUP(text_freep) char *remove = text_format("rm -rf '%s'", place->data);

	end_all(place);
	place_close_port(place);
	assert_int_equal(system(remove), 0);
	reply_deinit(&place->reply);
	mem_free(place->styled);
	mem_free(place->lines);
	mem_free(place);
}

static void
on_too_late(uv_timer_t *timer)
{
	fprintf(stderr, "waited too long\n%s\n", ((struct place *)timer->data)->lines);
	abort();
}

static void
on_timer_closed(uv_handle_t *handle)
{
	mem_free(handle);
}

/* Run the loop until `is_so`. */
static void
wait_until(struct place *place, bool (*is_so)(struct place *place, const void *argument),
	   const void *argument)
{
	uv_timer_t *timer = mem_new(sizeof *timer);

	assert_int_equal(uv_timer_init(&place->loop, timer), 0);
	timer->data = place;
	uv_update_time(&place->loop);
	assert_int_equal(uv_timer_start(timer, on_too_late, PATIENCE, 0), 0);
	while (!is_so(place, argument))
		(void)uv_run(&place->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)timer, on_timer_closed);
	(void)uv_run(&place->loop, UV_RUN_NOWAIT);
}

static bool
is_answered(struct place *place, const void *unused)
{
	(void)unused;
	return place->reply.ticket.v == place->tickets;
}

static struct ticket
next_ticket(struct place *place)
{
	place->inside = true;
	return (struct ticket){ ++place->tickets };
}

static void
wait_answer(struct place *place)
{
	place->inside = false;
	wait_until(place, is_answered, NULL);
}

void
place_ensure(struct place *place, const char *token, const char *script)
{
	place->order.token = token;
	if (script != NULL)
		place->command[2] = (char *)script;
	place->port->ensure(place->port, next_ticket(place), &place->order);
	wait_answer(place);
}

void
place_find(struct place *place, const char *token)
{
	place->port->find(place->port, next_ticket(place), token);
	wait_answer(place);
}

void
place_say(struct place *place, const char *token, const char *line)
{
	place->port->say(place->port, next_ticket(place), token, line);
	wait_answer(place);
}

void
place_signal(struct place *place, const char *token, int number)
{
	place->port->signal(place->port, next_ticket(place), token, number);
	wait_answer(place);
}

void
place_forget(struct place *place, const char *token)
{
	place->port->forget(place->port, next_ticket(place), token);
	wait_answer(place);
}

void
place_list(struct place *place)
{
	place->port->list(place->port, next_ticket(place));
	wait_answer(place);
	assert_int_equal(place->reply.holds, REPLY_TEXT);
}

static bool
has_line(struct place *place, const void *text)
{
	return strstr(place->lines, text) != NULL;
}

void
place_wait_line(struct place *place, const char *text)
{
	wait_until(place, has_line, text);
}

static bool
has_ended(struct place *place, const void *count)
{
	return place->ended >= *(const size_t *)count;
}

void
place_wait_ended(struct place *place, size_t count)
{
	wait_until(place, has_ended, &count);
}

static bool
is_ready(struct place *place, const void *count)
{
	return place->ready >= *(const size_t *)count;
}

void
place_wait_ready(struct place *place, size_t count)
{
	wait_until(place, is_ready, &count);
}

void
place_wait_gone(struct place *place, const char *token)
{
	for (int i = 0; i < PATIENCE / 10; i++) {
		place_find(place, token);
		if (place->reply.holds == REPLY_PROCESS &&
		    place->reply.as.process->is != PROCESS_RUNNING)
			return;
		(void)usleep(10000);
	}
	fail();
}

bool
pid_lives(int64_t pid)
{
	struct proc_stat stat;

	return process_look((pid_t)pid, &stat) && stat.state != 'Z' && stat.state != 'X';
}

size_t
place_count_marked(const char *token)
{
	CLEANUP(text_freep) char *mark = text_format("%s=%s", RUN_MARK, token);
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(folder)) != NULL) {
		CLEANUP(buf_deinit) struct buf content = BUF_NULL;
		char path[300];

		(void)snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
		if (atoi(entry->d_name) > 0 && pid_lives(atoi(entry->d_name)) &&
		    file_read(AT_FDCWD, path, 1 << 20, &content) == 0 &&
		    memmem(content.data, content.length, mark, strlen(mark) + 1) != NULL)
			count++;
	}
	(void)closedir(folder);
	return count;
}

int64_t
place_supervisor(struct place *place, const char *token)
{
	struct proc_stat stat;

	place_find(place, token);
	assert_int_equal(place->reply.as.process->is, PROCESS_RUNNING);
	assert_true(process_look((pid_t)place->reply.as.process->pid, &stat));
	return stat.parent;
}
