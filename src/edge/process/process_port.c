/* SPDX-License-Identifier: Apache-2.0 */
/* The port's functions, each one request to a link or a look at the folders: see the header. */

#include "process/process_port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/groups.h"
#include "process/link.h"
#include "process/rundir.h"
#include "sys/files.h"

struct processes {
	struct process_port port;
	struct link_host host;
};

static struct link_host *
host_of(struct process_port *port)
{
	return &CONTAINER_OF(port, struct processes, port)->host;
}

static void
ensure(struct process_port *port, struct ticket ticket, const struct process_order *order)
{
	struct link_host *host = host_of(port);
	const struct link_request request = { .ticket = ticket, .wish = LINK_ASK };

	ASSERT(run_token_is_valid(order->token));
	if (order->local->command == NULL || order->local->command[0] == NULL)
		courier_refuse(host->courier, ticket,
			       "there is nothing to start: set local.command");
	else if (order->local->directory == NULL || order->local->directory[0] != '/')
		courier_refuse(host->courier, ticket,
			       "there is nowhere to start it: set local.directory");
	else if (!text_is_printable(order->local->directory, strlen(order->local->directory)))
		courier_refuse(host->courier, ticket,
			       "local.directory must be UTF-8 text without control characters");
	else if (order->ready_line != NULL && strlen(order->ready_line) > READY_LINE_LIMIT)
		courier_refuse(host->courier, ticket, "ready_line has at most %d bytes",
			       READY_LINE_LIMIT);
	else
		link_send(host, order->token, &request, order);
}

static void
find(struct process_port *port, struct ticket ticket, const char *token)
{
	const struct link_request request = { .ticket = ticket, .wish = LINK_ASK };

	ASSERT(run_token_is_valid(token));
	link_send(host_of(port), token, &request, NULL);
}

static void
say(struct process_port *port, struct ticket ticket, const char *token, const char *line)
{
	struct link_host *host = host_of(port);
	const struct link_request request = { .ticket = ticket, .wish = LINK_SAY, .text = line };

	ASSERT(run_token_is_valid(token));
	if (strlen(line) >= CONSOLE_LINE_LIMIT || !text_is_printable(line, strlen(line)))
		courier_refuse(host->courier, ticket,
			       "a console line is UTF-8 text without control characters, shorter "
			       "than %d bytes",
			       CONSOLE_LINE_LIMIT);
	else
		link_send(host, token, &request, NULL);
}

static void
send_signal(struct process_port *port, struct ticket ticket, const char *token, int number)
{
	const struct link_request request = { .ticket = ticket,
					      .wish = LINK_SIGNAL,
					      .number = number };

	ASSERT(run_token_is_valid(token) && number > 0 && number <= 64);
	link_send(host_of(port), token, &request, NULL);
}

/* What can be said against forgetting a run whose lock we hold; NULL = nothing. */
static const char *
objection(int folder)
{
	struct run_record record;
	int r = rundir_read(folder, &record);

	if (r == 0 && !instant_is_set(record.ended_at))
		return "the game still runs, or how it ended is not known yet; ask for it first";
	if (r == 0)
		group_remove(record.group);
	return NULL;
}

static void
forget(struct process_port *port, struct ticket ticket, const char *token)
{
	struct link_host *host = host_of(port);
	CLEANUP(fd_closep) int folder = -1;
	CLEANUP(fd_closep) int lock = -1;
	const char *why = NULL;
	int r = 0;

	ASSERT(run_token_is_valid(token));
	folder = rundir_open(host->runs, token, false);
	lock = folder < 0 ? folder : rundir_lock(folder);
	if (link_find(host, token) != NULL || lock == -EWOULDBLOCK)
		why = "the game still runs; stop it first";
	else if (lock >= 0)
		why = objection(folder);
	if (why == NULL && lock >= 0)
		r = rundir_remove(host->runs, token);
	else if (why == NULL && folder != -ENOENT)
		r = lock;
	if (why != NULL)
		courier_refuse(host->courier, ticket, "%s", why);
	else if (r < 0)
		courier_refuse(host->courier, ticket, "cannot delete the folder of run %s: %s",
			       token, strerror(-r));
	else
		courier_reply(host->courier,
			      &(struct reply){ .ticket = ticket, .result = REPLY_DONE });
}

/* Calls back for every run there is. 0 or -errno. */
static int
each_run(struct link_host *host, void (*call)(void *argument, const char *token), void *argument)
{
	int fd = openat(host->runs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (folder == NULL) {
		int r = -errno;

		fd_closep(&fd);
		return r;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (run_token_is_valid(entry->d_name))
			call(argument, entry->d_name);
	}
	(void)closedir(folder);
	return 0;
}

static void
on_run_to_list(void *argument, const char *token)
{
	buf_format(argument, "%s\n", token);
}

static void
list(struct process_port *port, struct ticket ticket)
{
	struct link_host *host = host_of(port);
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	struct reply reply = { .ticket = ticket, .result = REPLY_DONE, .holds = REPLY_TEXT };
	int r = each_run(host, on_run_to_list, &text);

	if (r < 0) {
		courier_refuse(host->courier, ticket, "cannot read the folder of runs: %s",
			       strerror(-r));
		return;
	}
	reply.as.text = buf_take_text(&text);
	courier_reply(host->courier, &reply);
}

static void
on_run_to_watch(void *argument, const char *token)
{
	link_watch(argument, token);
}

const char *
process_limits_note(bool *ret_kept)
{
	return groups_note(ret_kept);
}

/* DATA/run, made when missing. */
static int
open_runs(const char *data, char *why)
{
	CLEANUP(text_freep) char *path = text_format("%s/run", data);
	int r = directory_make(path), fd;

	if (r < 0) {
		file_explain(r, "make the directory", path, why, REASON_LIMIT + 1);
		return r;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && access(path, R_OK | W_OK | X_OK) == 0)
		return fd;
	r = -errno;
	fd_closep(&fd);
	file_explain(r, "use the directory", path, why, REASON_LIMIT + 1);
	return r;
}

int
process_port_new(uv_loop_t *loop, const char *data, courier_deliver *deliver, void *argument,
		 char ret_why[static REASON_LIMIT + 1], struct process_port **ret_port)
{
	int runs = open_runs(data, ret_why);
	struct processes *processes;

	if (runs < 0)
		return runs;
	(void)signal(SIGPIPE, SIG_IGN); /* libuv writes to supervisors that may have gone */
	processes = mem_new(sizeof *processes);
	processes->port = (struct process_port){
		.ensure = ensure,
		.find = find,
		.say = say,
		.signal = send_signal,
		.forget = forget,
		.list = list,
	};
	processes->host = (struct link_host){
		.loop = loop,
		.courier = courier_new(loop, deliver, argument),
		.spawner = spawner_new(loop),
		.runs = runs,
		.groups = groups_prepare(),
	};
	(void)groups_note(&processes->host.limits_kept);
	(void)each_run(&processes->host, on_run_to_watch, &processes->host);
	*ret_port = &processes->port;
	return 0;
}

void
process_port_free(struct process_port *port)
{
	struct processes *processes;

	if (port == NULL)
		return;
	processes = CONTAINER_OF(port, struct processes, port);
	links_close(&processes->host);
	spawner_free(processes->host.spawner);
	courier_free(processes->host.courier);
	(void)close(processes->host.runs);
	mem_free(processes);
}
