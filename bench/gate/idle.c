/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What NUMBER (5000) players cost a proxy in its own memory while nothing happens:
 * in the game; or, with GAME-PORT 0, held at a server that wakes.
 */

#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/base.h"
#include "wire/minecraft/login.h"

/* Every one of them has had its first question. */
static void
hold_all(struct bench *bench, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct end *player = player_new(bench, EPOLLIN);
		struct pollfd ready = { .fd = player->fd, .events = POLLIN };

		while (send(player->fd, bench->join, JOIN_SIZE, MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN)
				die("joining");
		}
		if (poll(&ready, 1, 10000) != 1 || end_read(bench, player) < PLUGIN_REQUEST_SIZE)
			die("waiting to be held");
	}
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	struct end **players, **games;
	double before, after, cpu;
	unsigned warm;

	bench_start(&bench, argc, argv);
	if (bench.number == 0)
		bench.number = 5000;
	/* The first hundred pay for code and tables; they are not counted. */
	warm = bench.number / 50;
	if (bench.game_port == 0) {
		hold_all(&bench, warm);
		before = memory_bytes(bench.pid);
		hold_all(&bench, bench.number);
	} else {
		join_all(&bench, warm, &players, &games);
		before = memory_bytes(bench.pid);
		join_all(&bench, bench.number, &players, &games);
	}
	after = memory_bytes(bench.pid);
	cpu = cpu_seconds(bench.pid);
	(void)poll(NULL, 0, (int)(bench.seconds * 1000));
	cpu = cpu_seconds(bench.pid) - cpu;
	printf("bytes_each=%.0f idle_cpu_percent=%.2f\n", (after - before) / bench.number,
	       cpu * 100 / bench.seconds);
	return 0;
}
