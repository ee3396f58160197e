/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams through a proxy: CLIENTS sockets each keep FLIGHT datagrams of 64 bytes
 * under way to a game that says them back. What is lost is said again after half a second
 * and counted. One process, polling, so that only the proxy's own waking up counts.
 *
 *	bench-datagrams PROXY-PORT GAME-PORT PROXY-PID SECONDS CLIENTS FLIGHT
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#define SIZE	   64
#define BATCH	   64
#define AGAIN_NS   100000000
#define WARM_UP_NS 200000000

struct client {
	int fd;
	unsigned flight;
	uint64_t sent_at;
};

static struct {
	unsigned char bytes[BATCH][SIZE];
	struct sockaddr_in from[BATCH];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
} batch;
static struct samples waits;
static uint64_t done, lost;

static int
udp_socket(uint16_t bound, uint16_t connected)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(bound != 0 ? bound : connected),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), room = 4 << 20;

	if (fd < 0)
		die("a socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	if (bound != 0 && bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		die("binding the game's port");
	if (bound == 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		die("connecting to the proxy");
	return fd;
}

/* The game: what comes is said back, in as few calls as it came. */
static void
echo(int game)
{
	int count;

	for (unsigned i = 0; i < BATCH; i++) {
		batch.parts[i] = (struct iovec){ batch.bytes[i], SIZE };
		batch.messages[i].msg_hdr = (struct msghdr){ .msg_name = &batch.from[i],
							     .msg_namelen = sizeof batch.from[i],
							     .msg_iov = &batch.parts[i],
							     .msg_iovlen = 1 };
	}
	count = recvmmsg(game, batch.messages, BATCH, MSG_DONTWAIT, NULL);
	if (count > 0)
		(void)sendmmsg(game, batch.messages, (unsigned)count, 0);
}

static void
say(struct client *client)
{
	static unsigned char bytes[SIZE];

	if (send(client->fd, bytes, SIZE, 0) == SIZE)
		client->flight++;
	client->sent_at = now_ns();
}

static void
hear(struct client *client, bool is_warm)
{
	unsigned char bytes[SIZE];
	unsigned heard = 0;

	while (recv(client->fd, bytes, SIZE, 0) == SIZE)
		heard++;
	if (heard > 0 && is_warm) {
		sample_add(&waits, (double)(now_ns() - client->sent_at) / 1e3);
		done += heard;
	}
	client->flight -= heard < client->flight ? heard : client->flight;
	while (heard-- > 0)
		say(client);
}

static void
say_lost_again(struct client *clients, unsigned count, unsigned flight)
{
	uint64_t now = now_ns();

	for (unsigned i = 0; i < count; i++) {
		if (now - clients[i].sent_at < AGAIN_NS)
			continue;
		lost += clients[i].flight;
		clients[i].flight = 0;
		while (clients[i].flight < flight)
			say(&clients[i]);
	}
}

int
main(int argc, char **argv)
{
	struct epoll_event events[256], event = { .events = EPOLLIN };
	unsigned count, flight;
	uint64_t start, until, checked = 0;
	struct client *clients;
	int game, epoll = epoll_create1(EPOLL_CLOEXEC), pid;
	double cpu = 0;
	bool is_warm = false;

	if (argc != 7)
		return 2;
	pid = (int)strtol(argv[3], NULL, 10);
	count = (unsigned)strtoul(argv[5], NULL, 10);
	flight = (unsigned)strtoul(argv[6], NULL, 10);
	clients = calloc(count, sizeof *clients);
	game = udp_socket((uint16_t)strtoul(argv[2], NULL, 10), 0);
	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, game, &event);
	for (unsigned i = 0; i < count; i++) {
		clients[i].fd = udp_socket(0, (uint16_t)strtoul(argv[1], NULL, 10));
		event.data.ptr = &clients[i];
		(void)epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event);
		for (unsigned k = 0; k < flight; k++)
			say(&clients[i]);
	}
	start = now_ns();
	until = start + WARM_UP_NS + (uint64_t)(strtod(argv[4], NULL) * 1e9);
	while (now_ns() < until) {
		int ready = epoll_wait(epoll, events, 256, 0);

		if (!is_warm && now_ns() - start > WARM_UP_NS) {
			is_warm = true;
			start = now_ns();
			lost = 0;
			cpu = cpu_seconds(pid);
		}
		for (int i = 0; i < ready; i++) {
			if (events[i].data.ptr == NULL)
				echo(game);
			else
				hear(events[i].data.ptr, is_warm);
		}
		if (now_ns() - checked > AGAIN_NS / 4) {
			checked = now_ns();
			say_lost_again(clients, count, flight);
		}
	}
	cpu = cpu_seconds(pid) - cpu;
	printf("datagrams_per_s=%.0f cpu_s_per_100k=%.4f p50_us=%.1f p99_us=%.1f lost=%llu\n",
	       2 * (double)done / ((double)(now_ns() - start) / 1e9),
	       cpu * 1e5 / (2 * (double)(done > 0 ? done : 1)), sample_at(&waits, 0.5),
	       sample_at(&waits, 0.99), (unsigned long long)lost);
	return 0;
}
