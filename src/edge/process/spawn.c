/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Supervisors started ahead: see the header. The order travels as a memory file
 * with the folder and the lock in one message, so it arrives whole or, when
 * roost dies first, not at all; and the lock is held all the way.
 */

#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/files.h"

#define SPARE_AFTER 20 /* ms behind an order: the game's own start goes first */

struct spawner {
	uv_loop_t *loop;
	uv_timer_t timer;
	int spare; /* socket to a supervisor without an order; -1 = none */
};

static void
on_process_closed(uv_handle_t *handle)
{
	mem_free(handle);
}

/* Reaping only: what became of the run is in its folder. */
static void
on_supervisor_exit(uv_process_t *process, int64_t status, int signal)
{
	(void)status;
	(void)signal;
	uv_close((uv_handle_t *)process, on_process_closed);
}

/* The environment that a supervisor and, from it, a game starts with. */
static bool
is_ours_alone(const char *variable)
{
	static const char *const prefixes[] = {
		"ROOST_",	  "NOTIFY_SOCKET=",	    "LISTEN_",
		"WATCHDOG_",	  "CREDENTIALS_DIRECTORY=", "INVOCATION_ID=",
		"JOURNAL_STREAM="
	};

	for (size_t i = 0; i < ELEMENTS(prefixes); i++) {
		if (text_starts_with(variable, prefixes[i]))
			return true;
	}
	return false;
}

char **
spawn_environment(size_t more, size_t *ret_count)
{
	size_t count = 0, kept = 0;
	char **list;

	while (environ != NULL && environ[count] != NULL)
		count++;
	list = mem_new_array(count + more + 1, sizeof *list);
	for (size_t i = 0; i < count; i++) {
		if (!is_ours_alone(environ[i]))
			list[kept++] = environ[i];
	}
	*ret_count = kept;
	return list;
}

static int
start_supervisor(struct spawner *spawner, int their_end)
{
	static char program[] = "/proc/self/exe", name[] = "roost", command[] = "supervise";
	char *arguments[] = { name, command, NULL };
	size_t count;
	char **environment = spawn_environment(0, &count);
	uv_stdio_container_t stdio[4] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_IGNORE },
		{ .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = their_end },
	};
	const uv_process_options_t options = {
		.file = program,
		.args = arguments,
		.env = environment,
		.exit_cb = on_supervisor_exit,
		.flags = UV_PROCESS_DETACHED,
		.stdio = stdio,
		.stdio_count = ELEMENTS(stdio),
	};
	uv_process_t *process = mem_new(sizeof *process);
	int r = uv_spawn(spawner->loop, process, &options);

	mem_free(environment);
	uv_unref((uv_handle_t *)process);
	if (r < 0)
		uv_close((uv_handle_t *)process, on_process_closed);
	return r;
}

static int
spare_prepare(struct spawner *spawner)
{
	int ends[2], r;

	if (spawner->spare >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	r = start_supervisor(spawner, ends[1]);
	(void)close(ends[1]);
	if (r < 0) {
		(void)close(ends[0]);
		return r;
	}
	spawner->spare = ends[0];
	return 0;
}

static void
on_time_for_spare(uv_timer_t *timer)
{
	/* Without a spare the next order starts its own. */
	(void)!spare_prepare(CONTAINER_OF(timer, struct spawner, timer));
}

static void
spare_soon(struct spawner *spawner)
{
	uv_update_time(spawner->loop);
	ASSERT(uv_timer_start(&spawner->timer, on_time_for_spare, SPARE_AFTER, 0) == 0);
}

struct spawner *
spawner_new(uv_loop_t *loop)
{
	struct spawner *spawner = mem_new(sizeof *spawner);

	spawner->loop = loop;
	spawner->spare = -1;
	ASSERT(uv_timer_init(loop, &spawner->timer) == 0);
	spare_soon(spawner);
	return spawner;
}

/* Children that still run are no longer ours to reap. */
static void
close_child(uv_handle_t *handle, void *argument)
{
	(void)argument;
	if (handle->type == UV_PROCESS && ((uv_process_t *)handle)->exit_cb == on_supervisor_exit &&
	    !uv_is_closing(handle))
		uv_close(handle, on_process_closed);
}

static void
on_timer_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_timer_t *)handle, struct spawner, timer));
}

void
spawner_free(struct spawner *spawner)
{
	if (spawner == NULL)
		return;
	fd_closep(&spawner->spare);
	uv_walk(spawner->loop, close_child, NULL);
	uv_close((uv_handle_t *)&spawner->timer, on_timer_closed);
}

static int
order_file(const struct supervise_order *order)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	int fd, r = 0;

	supervise_order_put(order, &text);
	if (text.length > SUPERVISE_ORDER_LIMIT)
		r = -E2BIG;
	fd = r == 0 ? memfd_create("roost-order", MFD_CLOEXEC) : -1;
	if (r == 0 && fd < 0)
		r = -errno;
	if (r == 0 && write(fd, text.data, text.length) != (ssize_t)text.length)
		r = -ENOSPC;
	sodium_memzero(text.data, text.length); /* it may hold secrets */
	if (r < 0 && fd >= 0)
		(void)close(fd);
	return r < 0 ? r : fd;
}

static int
send_order(int to, const int fds[3])
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control = { .space = { 0 } };
	char byte = 'o';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof control };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(3 * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, 3 * sizeof(int));
	return sendmsg(to, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int
spawner_send(struct spawner *spawner, const struct supervise_order *order, int folder, int lock)
{
	CLEANUP(fd_closep) int file = order_file(order);
	const int fds[3] = { file, folder, lock };
	int r = file < 0 ? file : spare_prepare(spawner);
	int taken;

	if (r == 0 && send_order(spawner->spare, fds) < 0) {
		fd_closep(&spawner->spare); /* the spare has died; a new one is as good */
		r = spare_prepare(spawner);
		if (r == 0)
			r = send_order(spawner->spare, fds);
	}
	if (r < 0)
		return r;
	taken = spawner->spare;
	spawner->spare = -1;
	spare_soon(spawner);
	return taken;
}
