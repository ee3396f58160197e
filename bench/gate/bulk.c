/* SPDX-License-Identifier: Apache-2.0 */
/* Bulk from the game to the players, as fast as it goes; NUMBER (1) streams. */

#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/base.h"

int
main(int argc, char **argv)
{
	static struct bench bench;
	struct epoll_event events[64];
	struct end **players, **games;
	uint64_t start, until, bytes = 0;
	double cpu, seconds;

	bench_start(&bench, argc, argv);
	if (bench.number == 0)
		bench.number = 1;
	join_all(&bench, bench.number, &players, &games);
	for (unsigned i = 0; i < bench.number; i++)
		end_watch(&bench, games[i], EPOLLOUT);
	start = now_ns();
	cpu = cpu_seconds(bench.pid);
	until = start + (uint64_t)(bench.seconds * 1e9);
	while (now_ns() < until) {
		int count = epoll_wait(bench.epoll, events, 64, 100);

		for (int i = 0; i < count; i++) {
			struct end *end = events[i].data.ptr;

			if (!end->is_player) {
				if (send(end->fd, bench.buffer, BUFFER_SIZE, MSG_NOSIGNAL) < 0 &&
				    errno != EAGAIN)
					die("sending bulk");
				continue;
			}
			/* The players do not look at it: the kernel throws it away. */
			ssize_t n = recv(end->fd, NULL, 1 << 20, MSG_TRUNC);

			if (n <= 0 && errno != EAGAIN)
				die("reading bulk");
			if (n > 0)
				bytes += (uint64_t)n;
		}
	}
	seconds = (double)(now_ns() - start) / 1e9;
	cpu = cpu_seconds(bench.pid) - cpu;
	printf("gb_per_s=%.3f cpu_s_per_gb=%.4f\n", (double)bytes / 1e9 / seconds,
	       cpu / ((double)bytes / 1e9));
	return 0;
}
