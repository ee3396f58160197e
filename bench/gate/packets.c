/* SPDX-License-Identifier: Apache-2.0 */
/* Small packets: 64 bytes there and back, one at a time on each of NUMBER (100) connections. */

#include "bench.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/base.h"

#define PACKET 64

static struct samples waits;
static uint64_t done;

static void
send_packet(struct bench *bench, struct end *end)
{
	end->since = now_ns();
	end->bytes = 0;
	if (send(end->fd, bench->buffer, PACKET, MSG_NOSIGNAL) != PACKET)
		die("sending a packet");
}

static void
on_packet(struct bench *bench, struct end *end)
{
	long n = end_read(bench, end);

	if (n < 0)
		die("a connection was cut off");
	end->bytes += (uint64_t)n;
	if (end->bytes < PACKET)
		return;
	if (end->is_player) {
		sample_add(&waits, (double)(now_ns() - end->since) / 1e3);
		done++;
	}
	send_packet(bench, end);
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	struct epoll_event events[256];
	struct end **players, **games;
	uint64_t start, until;
	double cpu, seconds;

	bench_start(&bench, argc, argv);
	if (bench.number == 0)
		bench.number = 100;
	join_all(&bench, bench.number, &players, &games);
	for (unsigned i = 0; i < bench.number; i++)
		send_packet(&bench, players[i]);
	start = now_ns();
	cpu = cpu_seconds(bench.pid);
	until = start + (uint64_t)(bench.seconds * 1e9);
	while (now_ns() < until) {
		/* Polling, so that only the proxy's own waking up counts. */
		int count = epoll_wait(bench.epoll, events, 256, 0);

		for (int i = 0; i < count; i++)
			on_packet(&bench, events[i].data.ptr);
	}
	seconds = (double)(now_ns() - start) / 1e9;
	cpu = cpu_seconds(bench.pid) - cpu;
	printf("round_trips_per_s=%.0f cpu_s_per_100k=%.4f p50_us=%.1f p99_us=%.1f\n",
	       (double)done / seconds, cpu * 1e5 / (2 * (double)done), sample_at(&waits, 0.5),
	       sample_at(&waits, 0.99));
	return 0;
}
