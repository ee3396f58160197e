/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay alone, with a table that does not change: one thread, no limits, one
 * server for all hosts.
 *
 *	bench-relay PORT GAME-PORT asleep|waking|ready [udp]
 *
 * With `udp` the server is a game over datagrams; its port is PORT + 2.
 */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "relay/relay.h"

static volatile sig_atomic_t is_over;

static void
on_signal(int number)
{
	is_over = 1;
}

static void
on_fact(void *argument, const struct fact *fact)
{
	++*(unsigned long *)argument;
}

static void
make_datagrams(struct gate_server *server, uint16_t port)
{
	server->game = GAME_UDP;
	server->is_datagrams = true;
	server->client_idle = DURATION_S(60);
	server->listen = mem_new(sizeof *server->listen);
	(void)text_put(server->listen->host, sizeof server->listen->host, "127.0.0.1");
	server->listen->port = port;
	server->listen_count = 1;
}

static struct gate_table *
table_new(uint16_t game_port, const char *state)
{
	struct gate_table *table = gate_table_new(1);
	struct gate_server *server = &table->servers[0];

	if (!state_parse(state, &server->state)) {
		(void)fprintf(stderr, "bench-relay: %s: no such state\n", state);
		exit(2);
	}
	(void)text_put(server->name, sizeof server->name, "bench");
	server->hosts = mem_new_array(2, sizeof *server->hosts);
	server->hosts[0] = text_copy("*.example.org");
	server->wake_on_join = true;
	server->wake_filter = true;
	server->hold_queue = 100000;
	server->hold_for = DURATION_S(600);
	server->max = 20;
	server->last_protocol = -1;
	server->motd = text_copy("A server for measuring");
	server->backend.port = game_port;
	server->backend_resolved = ip_parse("127.0.0.1", &server->backend_ip);
	table->limits.handshake_within = table->limits.login_within = DURATION_S(5);
	table->limits.status_within = DURATION_S(10);
	return table;
}

int
main(int argc, char **argv)
{
	struct endpoint listen = { .host = "127.0.0.1" };
	unsigned long facts = 0;
	struct relay_options options = { .listen = &listen,
					 .listen_count = 1,
					 .threads = 1,
					 .deliver = on_fact,
					 .argument = &facts };
	char reason[REASON_LIMIT + 1];
	struct gate_table *table;
	struct relay *relay;

	if (argc != 4 && argc != 5)
		return 2;
	listen.port = (uint16_t)strtoul(argv[1], NULL, 10);
	options.mailbox = mailbox_new();
	if (relay_new(&options, reason, &relay) < 0) {
		(void)fprintf(stderr, "%s\n", reason);
		return 1;
	}
	(void)signal(SIGTERM, on_signal);
	(void)signal(SIGINT, on_signal);
	table = table_new((uint16_t)strtoul(argv[2], NULL, 10), argv[3]);
	if (argc == 5)
		make_datagrams(&table->servers[0], (uint16_t)(listen.port + 2));
	relay_show(relay, table);
	while (!is_over) {
		struct pollfd ready = { .fd = mailbox_fd(options.mailbox), .events = POLLIN };

		(void)poll(&ready, 1, -1);
		(void)mailbox_open_all(options.mailbox, NULL);
	}
	relay_free(relay, NULL);
	(void)mailbox_open_all(options.mailbox, NULL);
	mailbox_free(options.mailbox);
	return 0;
}
