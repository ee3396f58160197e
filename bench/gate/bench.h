/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_BENCH_H
#define ROOST_BENCH_H

/*
 * What the load generators share. Each is one thread that plays both the players
 * and the game, on the core that the proxy does not have, and prints one line of
 * `key=value` about one proxy.
 *
 *	GENERATOR PROXY-PORT GAME-PORT PROXY-PID SECONDS [NUMBER]
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure.h"

#define JOIN_SIZE   60	/* handshake and login start, as a 1.21 client sends them */
#define BENCH_HOST  "bench-0123456789.example.org"
#define BUFFER_SIZE (1 << 18)

struct bench {
	uint16_t proxy_port, game_port;
	int pid;
	double seconds;
	unsigned number;
	int epoll, listener;
	unsigned char join[JOIN_SIZE];
	unsigned char buffer[BUFFER_SIZE];
};

/* One end of a connection, watched level-triggered. */
struct end {
	int fd;
	bool is_player;		/* else the game's */
	bool is_joined;		/* the join was sent, or read whole */
	unsigned seen;		/* bytes of it so far */
	uint64_t since;		/* nanoseconds; the generator's use */
	uint64_t bytes;
};

void bench_start(struct bench *bench, int argc, char **argv);

/* Begin to connect to the proxy; watched for `events`. The end is the caller's (mem_free). */
struct end *player_new(struct bench *bench, uint32_t events);
/* Accept from the proxy; NULL = nobody is there. */
struct end *game_new(struct bench *bench);
void end_close(struct end *end);
void end_watch(struct bench *bench, struct end *end, uint32_t events);

/* Send the join (player). Dies when it cannot. */
void end_join(struct bench *bench, struct end *end);
/* Read what has come; counts the join's bytes on the game's side. Bytes behind it; -1 = the end. */
long end_read(struct bench *bench, struct end *end);

/* `count` players in the game, all joined; *ret_games are the game's ends of them, in any order. */
void join_all(struct bench *bench, unsigned count, struct end ***ret_players,
	      struct end ***ret_games);

#endif
