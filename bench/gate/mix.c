/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Minecraft evening: NUMBER (500) players. Every 50 ms the game writes 600 to
 * 2600 bytes to each in a row, one write in 200 being a burst of 150 KB (chunks);
 * each player sends 30 bytes in every such tick, at a moment of their own. How
 * long those take to the game is what a player feels.
 */

#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/base.h"

#define TICK_NS	 50000000u
#define UPSTREAM 30
#define BURST	 150000

static struct samples waits;
static uint64_t down_bytes;
static uint32_t chance = 12345;

static uint32_t
draw(uint32_t below)
{
	chance = chance * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)chance * below >> 32);
}

static void
on_upstream(struct bench *bench, struct end *end)
{
	long n = end_read(bench, end);

	if (n < 0)
		die("a player was cut off");
	/* A packet carries when it was sent; packets of one player do not overtake. */
	for (long at = 0; at + UPSTREAM <= n; at += UPSTREAM) {
		uint64_t sent;

		memcpy(&sent, bench->buffer + at, sizeof sent);
		sample_add(&waits, (double)(now_ns() - sent) / 1e3);
	}
}

static void
on_downstream(struct bench *bench, struct end *end)
{
	ssize_t n = recv(end->fd, NULL, 1 << 20, MSG_TRUNC);

	if (n > 0)
		down_bytes += (uint64_t)n;
	else if (errno != EAGAIN)
		die("a player was cut off");
}

static void
look(struct bench *bench, int wait)
{
	struct epoll_event events[256];
	int count = epoll_wait(bench->epoll, events, 256, wait);

	for (int i = 0; i < count; i++) {
		struct end *end = events[i].data.ptr;

		if (end->is_player)
			on_downstream(bench, end);
		else
			on_upstream(bench, end);
	}
}

static void
send_upstream(struct end *player)
{
	unsigned char packet[UPSTREAM] = { 0 };
	uint64_t now = now_ns();

	memcpy(packet, &now, sizeof now);
	if (send(player->fd, packet, sizeof packet, MSG_NOSIGNAL) != UPSTREAM)
		die("a player's packet");
}

static void
send_tick(struct bench *bench, struct end **games, unsigned count)
{
	static const unsigned char bytes[BURST];

	for (unsigned i = 0; i < count; i++) {
		size_t length = draw(200) == 0 ? BURST : 600 + draw(2001);

		if (send(games[i]->fd, bytes, length, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			die("the game's packet");
		if (i % 16 == 15)
			look(bench, 0);
	}
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	struct end **players, **games;
	uint64_t start, until, tick;
	unsigned next = 0;
	double cpu, seconds;

	bench_start(&bench, argc, argv);
	if (bench.number == 0)
		bench.number = 500;
	join_all(&bench, bench.number, &players, &games);
	start = tick = now_ns();
	cpu = cpu_seconds(bench.pid);
	until = start + (uint64_t)(bench.seconds * 1e9);
	while (now_ns() < until) {
		uint64_t now = now_ns(), phase;

		if (now >= tick) {
			tick += TICK_NS;
			send_tick(&bench, games, bench.number);
		}
		/* Player i's moment is i/NUMBER into the tick. */
		phase = (now - start) / (TICK_NS / bench.number);
		for (; next < phase; next++)
			send_upstream(players[next % bench.number]);
		look(&bench, 0);
	}
	seconds = (double)(now_ns() - start) / 1e9;
	cpu = cpu_seconds(bench.pid) - cpu;
	printf("cpu_ms_per_s_100=%.2f p50_us=%.1f p99_us=%.1f mb_per_s=%.1f\n",
	       cpu * 1e3 / seconds / (bench.number / 100.0), sample_at(&waits, 0.5),
	       sample_at(&waits, 0.99), (double)down_bytes / 1e6 / seconds);
	return 0;
}
