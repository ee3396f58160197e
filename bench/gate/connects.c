/* SPDX-License-Identifier: Apache-2.0 */
/* New connections: connect, join (60 bytes), 60 bytes back, close; NUMBER (64) at a time. */

#include "bench.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/base.h"

static struct samples waits;
static uint64_t done;

static void
on_player(struct bench *bench, struct end *end)
{
	long n;

	if (!end->is_joined) {
		end_join(bench, end);
		end_watch(bench, end, EPOLLIN);
		return;
	}
	n = end_read(bench, end);
	if (n < 0)
		die("a connection was cut off");
	end->bytes += (uint64_t)n;
	if (end->bytes < JOIN_SIZE)
		return;
	sample_add(&waits, (double)(now_ns() - end->since) / 1e6);
	done++;
	end_close(end);
	(void)player_new(bench, EPOLLOUT);
}

static void
on_game(struct bench *bench, struct end *end)
{
	bool was_joined = end->is_joined;

	if (end_read(bench, end) < 0) {
		end_close(end);
		return;
	}
	if (!was_joined && end->is_joined &&
	    send(end->fd, bench->join, JOIN_SIZE, MSG_NOSIGNAL) != JOIN_SIZE)
		die("answering");
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	static struct end listener = { .fd = -1 };
	struct epoll_event events[256];
	uint64_t start, until;
	double cpu, seconds;

	bench_start(&bench, argc, argv);
	listener.fd = bench.listener;
	end_watch(&bench, &listener, EPOLLIN);
	for (unsigned i = 0; i < (bench.number == 0 ? 64 : bench.number); i++)
		(void)player_new(&bench, EPOLLOUT);
	start = now_ns();
	cpu = cpu_seconds(bench.pid);
	until = start + (uint64_t)(bench.seconds * 1e9);
	while (now_ns() < until) {
		int count = epoll_wait(bench.epoll, events, 256, 100);

		for (int i = 0; i < count; i++) {
			struct end *end = events[i].data.ptr;

			if (end == &listener) {
				while (game_new(&bench) != NULL)
					;
			} else if (end->is_player) {
				on_player(&bench, end);
			} else {
				on_game(&bench, end);
			}
		}
	}
	seconds = (double)(now_ns() - start) / 1e9;
	cpu = cpu_seconds(bench.pid) - cpu;
	printf("per_s=%.0f cpu_us=%.2f p50_ms=%.3f p99_ms=%.3f\n", (double)done / seconds,
	       cpu * 1e6 / (double)done, sample_at(&waits, 0.5), sample_at(&waits, 0.99));
	return 0;
}
