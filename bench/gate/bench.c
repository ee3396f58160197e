/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate's load generators share: sockets, joining. */

#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "wire/minecraft/handshake.h"
#include "wire/minecraft/login.h"

#define JOIN_AT_ONCE 64 /* so that no listening queue overflows */

static struct sockaddr_in
loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void
set(int fd, int level, int option)
{
	int one = 1;

	(void)setsockopt(fd, level, option, &one, sizeof one);
}

static void
print_join(unsigned char join[static JOIN_SIZE])
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	struct handshake handshake = { .protocol = 767,
				       .host = BENCH_HOST,
				       .host_length = strlen(BENCH_HOST),
				       .port = 25565,
				       .intent = INTENT_LOGIN };
	struct login_start login = { .name = "Notch", .has_uuid = true };

	handshake_print(&bytes, &handshake);
	login_start_print(&bytes, 767, &login);
	ASSERT(bytes.length == JOIN_SIZE);
	memcpy(join, bytes.data, JOIN_SIZE);
}

void
bench_start(struct bench *bench, int argc, char **argv)
{
	struct sockaddr_in address;
	struct rlimit files;

	if (argc < 5) {
		(void)fprintf(stderr, "usage: %s PROXY-PORT GAME-PORT PROXY-PID SECONDS [NUMBER]\n",
			      argv[0]);
		exit(2);
	}
	bench->proxy_port = (uint16_t)strtoul(argv[1], NULL, 10);
	bench->game_port = (uint16_t)strtoul(argv[2], NULL, 10);
	bench->pid = (int)strtol(argv[3], NULL, 10);
	bench->seconds = strtod(argv[4], NULL);
	bench->number = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 0;
	(void)getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	print_join(bench->join);
	address = loopback(bench->game_port);
	bench->epoll = epoll_create1(EPOLL_CLOEXEC);
	bench->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	set(bench->listener, SOL_SOCKET, SO_REUSEADDR);
	set(bench->listener, IPPROTO_TCP, TCP_NODELAY);
	if (bind(bench->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(bench->listener, 4096) < 0)
		die("the game's port");
}

void
end_watch(struct bench *bench, struct end *end, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = end };

	if (epoll_ctl(bench->epoll, EPOLL_CTL_ADD, end->fd, &event) < 0 && errno == EEXIST)
		(void)epoll_ctl(bench->epoll, EPOLL_CTL_MOD, end->fd, &event);
}

struct end *
player_new(struct bench *bench, uint32_t events)
{
	struct sockaddr_in address = loopback(bench->proxy_port);
	struct end *end = mem_new(sizeof *end);

	end->is_player = true;
	end->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (end->fd < 0)
		die("a player's socket");
	set(end->fd, IPPROTO_TCP, TCP_NODELAY);
	end->since = now_ns();
	if (connect(end->fd, (struct sockaddr *)&address, sizeof address) < 0 &&
	    errno != EINPROGRESS)
		die("connecting to the proxy");
	end_watch(bench, end, events);
	return end;
}

struct end *
game_new(struct bench *bench)
{
	int fd = accept4(bench->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct end *end;

	if (fd < 0)
		return NULL;
	end = mem_new(sizeof *end);
	end->fd = fd;
	end_watch(bench, end, EPOLLIN);
	return end;
}

void
end_close(struct end *end)
{
	(void)close(end->fd);
	mem_free(end);
}

void
end_join(struct bench *bench, struct end *end)
{
	if (send(end->fd, bench->join, JOIN_SIZE, MSG_NOSIGNAL) != JOIN_SIZE)
		die("sending a join");
	end->is_joined = true;
}

long
end_read(struct bench *bench, struct end *end)
{
	ssize_t n = recv(end->fd, bench->buffer, BUFFER_SIZE, 0);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return -1;
	if (end->is_player || end->is_joined)
		return n;
	end->seen += (unsigned)n;
	end->is_joined = end->seen >= JOIN_SIZE;
	return end->is_joined ? end->seen - JOIN_SIZE : 0;
}

/* Accept and read joins until `count` games have theirs. */
static void
accept_some(struct bench *bench, struct end **games, unsigned *have, unsigned *whole,
	    unsigned count)
{
	uint64_t until = now_ns() + 20000000000u;
	struct end *end;

	while (*whole < count) {
		while ((end = game_new(bench)) != NULL)
			games[(*have)++] = end;
		for (unsigned i = *whole; i < *have; i++) {
			if (end_read(bench, games[i]) < 0)
				die("a join was cut off");
			if (games[i]->is_joined) {
				end = games[i];
				games[i] = games[*whole];
				games[(*whole)++] = end;
			}
		}
		if (now_ns() > until) {
			errno = ETIMEDOUT;
			die("waiting for joins at the game");
		}
	}
}

void
join_all(struct bench *bench, unsigned count, struct end ***ret_players, struct end ***ret_games)
{
	struct end **players = mem_new_array(count, sizeof *players);
	struct end **games = mem_new_array(count, sizeof *games);
	unsigned have = 0, whole = 0;

	for (unsigned i = 0; i < count; i++) {
		players[i] = player_new(bench, EPOLLIN);
		while (send(players[i]->fd, bench->join, JOIN_SIZE, MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN)
				die("joining");
		}
		players[i]->is_joined = true;
		if ((i + 1) % JOIN_AT_ONCE == 0 || i + 1 == count)
			accept_some(bench, games, &have, &whole, i + 1);
	}
	*ret_players = players;
	*ret_games = games;
}
