/* SPDX-License-Identifier: Apache-2.0 */
/* The stand-in as a program: it boots, listens, serves who comes, and stops. See the header. */

#include "practice/practice.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "practice/inner.h"
#include "practice/roll.h"
#include "sys/clock.h"

#define STATUS_CRASHED 3
#define READ_PIECE     16384 /* of a visitor, and of the console */
#define WATCHED_FIRST  3     /* signals, console, listener; then the visitors */
#define TOLD_TENTHS    10

unsigned
practice_players(const struct practice *practice)
{
	unsigned count = practice->options.players;

	for (size_t i = 0; i < practice->visitor_count; i++)
		count += visitor_is_player(practice->visitors[i]);
	return count;
}

void
practice_stop(struct practice *practice, struct instant now)
{
	if (practice->options.ignore_stop || practice->is_stopping)
		return;
	practice_say("Stopping server");
	practice_say("Saving players");
	practice->is_stopping = true;
	practice->stop_at = instant_add(now, practice->options.slow_stop);
	for (size_t i = 0; i < practice->visitor_count; i++)
		if (visitor_is_player(practice->visitors[i]))
			visitor_send_away(practice->visitors[i], "Server closed");
}

static void
end(struct practice *practice, int status)
{
	practice->has_ended = true;
	practice->status = status;
}

/* 0, or -errno; *ret_why is the resolver's word when there is one. */
static int
listener_open(const struct endpoint *at, int *ret_fd, const char **ret_why)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
				  .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char port[8];
	int on = 1, fd, error;

	(void)snprintf(port, sizeof port, "%u", at->port);
	error = getaddrinfo(*at->host != '\0' ? at->host : NULL, port, &hints, &found);
	if (error != 0) {
		*ret_why = gai_strerror(error);
		return -EINVAL;
	}
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, 128) < 0) {
		error = -errno;
		if (fd >= 0)
			(void)close(fd);
		freeaddrinfo(found);
		*ret_why = strerror(-error);
		return error;
	}
	freeaddrinfo(found);
	*ret_fd = fd;
	return 0;
}

static bool
open_door(struct practice *practice)
{
	char where[HOST_MAX + 16];
	const char *why;

	if (practice->listener >= 0)
		return true;
	endpoint_text(&practice->options.listen, where, sizeof where);
	if (listener_open(&practice->options.listen, &practice->listener, &why) == 0)
		return true;
	fprintf(stderr,
		"roost practice: cannot listen on %s: %s. Choose another place with --listen.\n",
		where, why);
	end(practice, 1);
	return false;
}

static void
boot_end(struct practice *practice, struct instant now)
{
	char where[HOST_MAX + 16];

	if (practice->options.fail_boot) {
		practice_say("Could not start: told to fail by --fail-boot");
		end(practice, 1);
		return;
	}
	if (!open_door(practice))
		return;
	endpoint_text(&practice->options.listen, where, sizeof where);
	practice->is_ready = true;
	practice->ready_at = now;
	world_open(practice, now);
	practice_say("Starting Minecraft server on %s", where);
	practice_say("Done (%.3fs)! For help, type \"help\"",
		     (double)instant_since(now, practice->started_at).ms / 1000.0);
}

static struct instant
boot_tenth_at(const struct practice *practice, unsigned tenths)
{
	int64_t passed = practice->options.boot.ms / TOLD_TENTHS * tenths;

	if (tenths == TOLD_TENTHS)
		passed = practice->options.boot.ms;
	return instant_add(practice->started_at, DURATION_MS(passed));
}

static void
tick_boot(struct practice *practice, struct instant now)
{
	unsigned before = practice->told_tenths;

	while (practice->told_tenths < TOLD_TENTHS &&
	       now.ms >= boot_tenth_at(practice, practice->told_tenths + 1).ms)
		practice->told_tenths++;
	if (practice->told_tenths > before && practice->options.boot.ms > 0)
		practice_say_of("Worker-Main-1", "Preparing spawn area: %u%%",
				practice->told_tenths * 10);
	if (practice->told_tenths == TOLD_TENTHS)
		boot_end(practice, now);
}

static struct instant
crash_at(const struct practice *practice)
{
	if (!practice->is_ready || practice->options.crash_after.ms < 0)
		return NEVER;
	return instant_add(practice->ready_at, practice->options.crash_after);
}

static void
visitor_leave(struct practice *practice, size_t index)
{
	struct visitor *visitor = practice->visitors[index];

	visitor_say_left(visitor, "Disconnected");
	visitor_free(visitor);
	practice->visitors[index] = practice->visitors[--practice->visitor_count];
}

static void
tick(struct practice *practice, struct instant now)
{
	if (!practice->is_ready && !practice->is_stopping)
		tick_boot(practice, now);
	if (practice->is_stopping && now.ms >= practice->stop_at.ms && !practice->has_ended) {
		save_at_stop(practice);
		end(practice, 0);
	}
	save_tick(practice, now);
	if (instant_reached(now, crash_at(practice)) && !practice->has_ended) {
		practice_say("Crashed: told to by --crash-after");
		end(practice, STATUS_CRASHED);
	}
	for (size_t i = practice->visitor_count; i-- > 0;)
		if (!visitor_tick(practice, practice->visitors[i], now))
			visitor_leave(practice, i);
}

static int
wait_ms(const struct practice *practice, struct instant now)
{
	struct instant due = instant_earlier(crash_at(practice), save_due(practice));

	if (practice->is_stopping)
		due = instant_earlier(due, practice->stop_at);
	else if (!practice->is_ready)
		due = instant_earlier(due, boot_tenth_at(practice, practice->told_tenths + 1));
	for (size_t i = 0; i < practice->visitor_count; i++)
		due = instant_earlier(due, visitor_due(practice, practice->visitors[i]));
	if (!instant_is_set(due))
		return -1;
	if (due.ms <= now.ms)
		return 0;
	return due.ms - now.ms < 60000 ? (int)(due.ms - now.ms) : 60000;
}

static void
console_read(struct practice *practice)
{
	struct buf *typed = &practice->typed;
	ssize_t got;

	buf_reserve(typed, READ_PIECE);
	got = read(STDIN_FILENO, typed->data + typed->length, READ_PIECE);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		practice->is_console_open = false; /* nobody can type; go on without */
	else
		typed->length += (size_t)got;
}

/* Whole lines; those that come while the game is saving wait for its end. */
static void
console_tick(struct practice *practice, struct instant now)
{
	struct buf *typed = &practice->typed;

	while (typed->length > 0 && !save_is_on(practice)) {
		char line[CONSOLE_LINE_LIMIT];
		const unsigned char *end = memchr(typed->data, '\n', typed->length);
		size_t length = end != NULL ? (size_t)(end - typed->data) : typed->length;

		if (end == NULL && length <= READ_PIECE)
			return;
		(void)text_put(line, length + 1 < sizeof line ? length + 1 : sizeof line,
			       buf_text(typed));
		line[strcspn(line, "\r")] = '\0';
		buf_drop(typed, length + (end != NULL));
		console_run(practice, line, now);
	}
}

static void
signals_read(struct practice *practice, struct instant now)
{
	struct signalfd_siginfo info;

	if (read(practice->signals, &info, sizeof info) != sizeof info)
		return;
	if (practice->options.ignore_stop)
		practice_say("Told to stop, and told to ignore it.");
	practice_stop(practice, now);
}

static void
address_text(const struct sockaddr_storage *address, socklen_t size, struct visitor_place *to)
{
	(void)text_put(to->ip, sizeof to->ip, "?");
	(void)text_put(to->port, sizeof to->port, "0");
	(void)getnameinfo((const struct sockaddr *)address, size, to->ip, sizeof to->ip, to->port,
			  sizeof to->port, NI_NUMERICHOST | NI_NUMERICSERV);
}

static void
door_open(struct practice *practice, struct instant now)
{
	for (;;) {
		struct sockaddr_storage address;
		socklen_t size = sizeof address;
		struct visitor_place from;
		int fd = accept4(practice->listener, (struct sockaddr *)&address, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if (!practice->is_ready || practice->is_stopping ||
		    practice->visitor_count == VISITORS_LIMIT) {
			(void)close(fd);
			continue;
		}
		address_text(&address, size, &from);

		struct visitor *visitor = visitor_new(practice, fd, &from, now);

		practice->visitors[practice->visitor_count++] = visitor;
		if (!visitor_hear(practice, visitor, now)) /* --tcp greets unasked */
			visitor_leave(practice, practice->visitor_count - 1);
	}
}

/* False: the connection is over. */
static bool
visitor_read(struct practice *practice, struct visitor *visitor, struct instant now)
{
	ssize_t got;

	buf_reserve(&visitor->in, READ_PIECE);
	got = recv(visitor->fd, visitor->in.data + visitor->in.length, READ_PIECE, 0);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0)
		return false;
	visitor->in.length += (size_t)got;
	return visitor_hear(practice, visitor, now);
}

static bool
visitor_write(struct practice *practice, struct visitor *visitor, struct instant now)
{
	char piece[4096];

	while (visitor->out.length > 0) {
		ssize_t sent =
			send(visitor->fd, visitor->out.data, visitor->out.length, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		buf_drop(&visitor->out, (size_t)sent);
		if (visitor->out.length == 0 && !visitor->is_leaving &&
		    !visitor_hear(practice, visitor, now))
			return false;
	}
	if (!visitor->is_leaving)
		return true;
	/* Closing on unread bytes would be a reset, which may overtake our last words. */
	(void)shutdown(visitor->fd, SHUT_WR);
	for (unsigned i = 0; i < 16; i++)
		if (recv(visitor->fd, piece, sizeof piece, MSG_DONTWAIT) <= 0)
			break;
	return false;
}

static short
visitor_events(const struct visitor *visitor)
{
	bool may_read = visitor->out.length <= VISITOR_OUT_LIMIT && !visitor->is_leaving;

	return (short)((may_read ? POLLIN : 0) |
		       (visitor->out.length > 0 || visitor->is_leaving ? POLLOUT : 0));
}

static void
serve(struct practice *practice, const struct pollfd *watched, size_t count, struct instant now)
{
	/* From the end: who leaves is replaced by the last, who was served already. */
	for (size_t i = count; i-- > 0;) {
		struct visitor *visitor = practice->visitors[i];
		short seen = watched[i].revents;

		ASSERT(visitor->fd == watched[i].fd);
		if ((seen & (POLLERR | POLLNVAL)) != 0 ||
		    ((seen & (POLLIN | POLLHUP)) != 0 && !visitor->is_leaving &&
		     !visitor_read(practice, visitor, now)) ||
		    !visitor_write(practice, visitor, now))
			visitor_leave(practice, i);
	}
}

static void
turn(struct practice *practice)
{
	bool may_type = practice->is_console_open && practice->typed.length <= READ_PIECE;
	struct pollfd watched[WATCHED_FIRST + VISITORS_LIMIT] = {
		{ .fd = practice->signals, .events = POLLIN },
		{ .fd = may_type ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = practice->listener, .events = POLLIN },
	};
	size_t count = practice->visitor_count;
	struct instant now = sys_now();

	for (size_t i = 0; i < count; i++)
		watched[WATCHED_FIRST + i] =
			(struct pollfd){ .fd = practice->visitors[i]->fd,
					 .events = visitor_events(practice->visitors[i]) };
	if (poll(watched, WATCHED_FIRST + count, wait_ms(practice, now)) < 0)
		ASSERT(errno == EINTR);
	now = sys_now();
	serve(practice, watched + WATCHED_FIRST, count, now);
	if (watched[0].revents != 0)
		signals_read(practice, now);
	if (watched[1].revents != 0)
		console_read(practice);
	if (watched[2].revents != 0)
		door_open(practice, now);
	console_tick(practice, now);
	tick(practice, now);
	console_tick(practice, now);
}

static int
signals_open(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int
practice_main(int argc, char **argv)
{
	struct practice practice = { .listener = -1, .is_console_open = true };
	int status = practice_options_parse(argc, argv, &practice.options);

	if (status >= 0)
		return status;
	practice.signals = signals_open();
	practice.started_at = sys_now();
	rolls_read(&practice.rolls);
	practice_say("Starting roost practice. " STAND_IN ".");
	if (practice.options.memory > 0) {
		practice.ballast = mem_new((size_t)practice.options.memory);
		memset(practice.ballast, 1, (size_t)practice.options.memory);
	}
	if (practice.options.open_early)
		(void)open_door(&practice);
	while (!practice.has_ended)
		turn(&practice);
	while (practice.visitor_count > 0) {
		(void)!visitor_write(&practice, practice.visitors[practice.visitor_count - 1],
				     sys_now());
		visitor_leave(&practice, practice.visitor_count - 1);
	}
	if (practice.listener >= 0)
		(void)close(practice.listener);
	(void)close(practice.signals);
	mem_free(practice.ballast);
	rolls_deinit(&practice.rolls);
	buf_deinit(&practice.typed);
	return practice.status;
}
