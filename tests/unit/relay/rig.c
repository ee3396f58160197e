/* SPDX-License-Identifier: Apache-2.0 */
/* The rig of the relay's tests. */

#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "wire/minecraft/frame.h"
#include "wire/minecraft/handshake.h"

#define WAIT_MS 30000

static void
on_fact(void *argument, const struct fact *fact)
{
	struct rig *rig = argument;

	if (rig->fact_count < RIG_FACTS)
		rig->facts[rig->fact_count++] = *fact;
}

static void
on_complaint(void *argument, const char *server, const char *text)
{
	struct rig *rig = argument;

	assert_string_equal(server, "survival");
	(void)text_put(rig->complaint, sizeof rig->complaint, text);
}

static int
listen_on(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 128), 0);
	return fd;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t length = sizeof address;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin_port);
}

uint16_t
free_port(void)
{
	int fd = listen_on(0);
	uint16_t port = port_of(fd);

	(void)close(fd);
	return port;
}

void
pause_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

void
rig_start(struct rig *rig, unsigned threads)
{
	struct endpoint listen = { .host = "127.0.0.1" };
	struct relay_options options = { .listen = &listen,
					 .listen_count = 1,
					 .threads = threads,
					 .deliver = on_fact,
					 .complain = on_complaint,
					 .argument = rig };
	char reason[REASON_LIMIT + 1];

	*rig = (struct rig){ .game = listen_on(0), .threads = threads };
	rig->facts = mem_new_array(RIG_FACTS, sizeof *rig->facts);
	rig->game_port = port_of(rig->game);
	rig->mailbox = options.mailbox = mailbox_new();
	rig->limits = (struct gate_limits){ .half_open = 1000,
					    .handshake_within = DURATION_S(5),
					    .login_within = DURATION_S(5),
					    .status_within = DURATION_S(10) };
	rig->server = (struct gate_server){ .name = "survival",
					    .wake_on_join = true,
					    .wake_filter = true,
					    .hold_queue = 100,
					    .hold_for = DURATION_S(600),
					    .attempt = 7,
					    .max = 20,
					    .last_protocol = -1,
					    .backend.host = "127.0.0.1",
					    .backend_resolved = true };
	rig->server.backend.port = rig->game_port;
	assert_true(ip_parse("127.0.0.1", &rig->server.backend_ip));
	assert_int_equal(relay_new(&options, reason, &rig->relay), 0);
	rig->port = relay_listen_port(rig->relay, 0);
}

void
rig_stop(struct rig *rig)
{
	relay_free(rig->relay, NULL);
	(void)mailbox_open_all(rig->mailbox, NULL);
	mailbox_free(rig->mailbox);
	mem_free(rig->facts);
	(void)close(rig->game);
}

void
rig_show(struct rig *rig, enum state state)
{
	struct gate_table *table = gate_table_new(1);
	struct gate_server *server = &table->servers[0];

	*server = rig->server;
	server->state = state;
	server->favicon = text_copy(rig->server.favicon);
	server->hosts = mem_new_array(2, sizeof *server->hosts);
	server->hosts[0] = text_copy("mc.example");
	if (rig->listen_port != 0) {
		server->listen = mem_new(sizeof *server->listen);
		(void)text_put(server->listen->host, sizeof server->listen->host,
			       rig->listen_host[0] != '\0' ? rig->listen_host : "127.0.0.1");
		server->listen->port = rig->listen_port;
		server->listen_count = 1;
	}
	table->limits = rig->limits;
	if (rig->proxy_from != NULL) {
		table->proxy_from = mem_new(sizeof *table->proxy_from);
		assert_true(network_parse(rig->proxy_from, table->proxy_from));
		table->proxy_from_count = 1;
	}
	table->unknown_host = text_copy(rig->unknown_host);
	relay_show(rig->relay, table);
	rig->shown++;
	for (int left = WAIT_MS; rig_stats(rig).tables < (uint64_t)rig->shown * rig->threads;
	     left--) {
		if (left == 0)
			fail_msg("a thread did not take the table");
		pause_ms(1);
	}
}

static bool
next_of(struct rig *rig, enum fact_kind kind)
{
	while (rig->facts_seen < rig->fact_count) {
		if (rig->facts[rig->facts_seen++].kind == kind)
			return true;
	}
	return false;
}

bool
rig_has_fact(struct rig *rig, enum fact_kind kind, int ms)
{
	struct pollfd ready = { .fd = mailbox_fd(rig->mailbox), .events = POLLIN };

	for (int left = ms; !next_of(rig, kind); left -= 10) {
		if (left <= 0)
			return false;
		(void)poll(&ready, 1, 10);
		(void)mailbox_open_all(rig->mailbox, NULL);
	}
	return true;
}

const struct fact *
rig_fact(struct rig *rig, enum fact_kind kind)
{
	if (!rig_has_fact(rig, kind, WAIT_MS))
		fail_msg("the relay did not tell fact %d", (int)kind);
	return &rig->facts[rig->facts_seen - 1];
}

struct relay_stats
rig_stats(struct rig *rig)
{
	struct relay_stats stats;

	relay_stats(rig->relay, &stats);
	return stats;
}

static void
set_patience(int fd)
{
	struct timeval wait = { .tv_sec = WAIT_MS / 1000 };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

int
client_dial(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	set_patience(fd);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

void
client_send(int fd, const void *bytes, size_t length)
{
	assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
}

void
client_read(int fd, void *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = recv(fd, (char *)bytes + done, length - done, 0);

		if (n <= 0)
			fail_msg("%zu of %zu bytes came, then %s", done, length,
				 n == 0 ? "the end" : strerror(errno));
		done += (size_t)n;
	}
}

void
client_read_all(int fd, struct buf *to)
{
	char bytes[65536];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
		buf_put(to, bytes, (size_t)n);
	assert_int_equal(n, 0);
}

bool
client_is_closed(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

int
game_accept(struct rig *rig)
{
	struct pollfd ready = { .fd = rig->game, .events = POLLIN };
	int fd;

	if (poll(&ready, 1, WAIT_MS) != 1)
		fail_msg("nobody came to the game");
	fd = accept4(rig->game, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	set_patience(fd);
	return fd;
}

void
print_join(struct buf *to, int32_t protocol, const char *host, const char *name)
{
	struct handshake handshake = { .protocol = protocol,
				       .host = host,
				       .host_length = strlen(host),
				       .port = 25565,
				       .intent = INTENT_LOGIN };
	struct login_start login = { .has_uuid = true };

	(void)text_put(login.name, sizeof login.name, name);
	handshake_print(to, &handshake);
	login_start_print(to, protocol, &login);
}

void
print_status(struct buf *to, int32_t protocol, const char *host)
{
	unsigned char ping[PONG_SIZE];

	status_request_print(to, protocol, host, 25565);
	ping_print(ping, 42);
	buf_put(to, ping, sizeof ping);
}

int32_t
read_question(int fd)
{
	unsigned char bytes[PLUGIN_REQUEST_SIZE];
	int32_t transaction = 0;

	client_read(fd, bytes, sizeof bytes);
	assert_int_equal(bytes[1], 4);
	for (int i = 0; i < 5; i++)
		transaction |= (int32_t)((uint32_t)(bytes[2 + i] & 0x7f) << (7 * i));
	return transaction;
}

void
answer_question(int fd, int32_t transaction)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

	login_plugin_response_print(&bytes, transaction, false);
	client_send(fd, bytes.data, bytes.length);
}

void
read_kick(int fd, char *text, size_t size)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	size_t used;

	client_read_all(fd, &bytes);
	assert_int_equal(login_disconnect_parse(bytes.data, bytes.length, text, size, &used),
			 WIRE_DONE);
	assert_int_equal(used, bytes.length);
}

void
expect_bytes(int fd, const struct buf *bytes)
{
	CLEANUP(buf_deinit) struct buf came = BUF_NULL;

	buf_reserve(&came, bytes->length);
	client_read(fd, came.data, bytes->length);
	assert_memory_equal(came.data, bytes->data, bytes->length);
}
