/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEST_RELAY_RIG_H
#define ROOST_TEST_RELAY_RIG_H

/*
 * A relay on loopback ports of its own, a game that is nothing but a listening
 * socket, and clients that are plain blocking sockets. Every wait ends after half
 * a minute with a failed test.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "gate/status.h"
#include "relay/relay.h"
#include "wire/minecraft/login.h"
#include "wire/minecraft/status.h"

#define RIG_FACTS 4096

struct rig {
	struct mailbox *mailbox;
	struct relay *relay;
	uint16_t port;			/* of the gate */
	int game;			/* listening */
	uint16_t game_port;
	unsigned threads;
	struct fact *facts;
	size_t fact_count, facts_seen;
	char complaint[REASON_LIMIT + 1];
	/* What the next table says. */
	struct gate_server server;	/* hosts and texts are set by rig_table() */
	struct gate_limits limits;
	const char *proxy_from;
	const char *unknown_host;
	uint16_t listen_port;		/* own listener; 0 = none */
	char listen_host[40];		/* "" = 127.0.0.1 */
	unsigned shown;			/* tables so far */
};

void rig_start(struct rig *rig, unsigned threads);
void rig_stop(struct rig *rig);
/* One server, "survival", for mc.example, in this state; returns when every thread has it. */
void rig_show(struct rig *rig, enum state state);
/* The next fact of that kind; others before it are passed over. */
const struct fact *rig_fact(struct rig *rig, enum fact_kind kind);
/* Has one of that kind come, by now or within `ms`? */
bool rig_has_fact(struct rig *rig, enum fact_kind kind, int ms);
struct relay_stats rig_stats(struct rig *rig);

int client_dial(uint16_t port);
void client_send(int fd, const void *bytes, size_t length);
void client_read(int fd, void *bytes, size_t length);	/* exactly */
/* Everything until the other side closes. */
void client_read_all(int fd, struct buf *to);
bool client_is_closed(int fd);	/* reads its end (or a reset) next */
int game_accept(struct rig *rig);
uint16_t free_port(void);
void pause_ms(int ms);

/* Handshake and login start (intent 2) for a host; or the whole status exchange. */
void print_join(struct buf *to, int32_t protocol, const char *host, const char *name);
void print_status(struct buf *to, int32_t protocol, const char *host);
/* Reads one plugin request; returns its transaction. */
int32_t read_question(int fd);
void answer_question(int fd, int32_t transaction);
/* A frame's worth of login disconnect, as text. */
void read_kick(int fd, char *text, size_t size);
void expect_bytes(int fd, const struct buf *bytes);

#endif
