/* SPDX-License-Identifier: Apache-2.0 */
/* The server list while the server sleeps: connect, request, answer, ping, pong; NUMBER (64) at a time. */

#include "bench.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "wire/minecraft/status.h"

static struct samples waits;
static uint64_t done;
static struct buf question;

static void
on_player(struct bench *bench, struct end *end)
{
	long n;

	if (!end->is_joined) {
		if (send(end->fd, question.data, question.length, MSG_NOSIGNAL) < 0)
			die("asking");
		end->is_joined = true;
		end_watch(bench, end, EPOLLIN);
		return;
	}
	n = end_read(bench, end);
	if (n >= 0) {
		end->bytes += (uint64_t)n;
		return;
	}
	if (end->bytes < PONG_SIZE + 20)
		die("no answer");
	sample_add(&waits, (double)(now_ns() - end->since) / 1e6);
	done++;
	end_close(end);
	(void)player_new(bench, EPOLLOUT);
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	unsigned char ping[PONG_SIZE];
	struct epoll_event events[256];
	uint64_t start, until;
	double cpu, seconds;

	bench_start(&bench, argc, argv);
	status_request_print(&question, 767, BENCH_HOST, 25565);
	ping_print(ping, 42);
	buf_put(&question, ping, sizeof ping);
	for (unsigned i = 0; i < (bench.number == 0 ? 64 : bench.number); i++)
		(void)player_new(&bench, EPOLLOUT);
	start = now_ns();
	cpu = cpu_seconds(bench.pid);
	until = start + (uint64_t)(bench.seconds * 1e9);
	while (now_ns() < until) {
		int count = epoll_wait(bench.epoll, events, 256, 100);

		for (int i = 0; i < count; i++)
			on_player(&bench, events[i].data.ptr);
	}
	seconds = (double)(now_ns() - start) / 1e9;
	cpu = cpu_seconds(bench.pid) - cpu;
	printf("per_s=%.0f cpu_us=%.2f p50_ms=%.3f p99_ms=%.3f\n", (double)done / seconds,
	       cpu * 1e6 / (double)done, sample_at(&waits, 0.5), sample_at(&waits, 0.99));
	return 0;
}
