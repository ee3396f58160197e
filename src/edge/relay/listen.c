/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets: one for each thread and endpoint, opened in the control
 * thread so that what goes wrong can be told there, then given away. Those of
 * single servers (TCP's and UDP's) come and go with the table.
 */

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <fcntl.h>
#include <unistd.h>

#include "relay/facts.h"
#include "relay/sockets.h"
#include "relay/thread.h"

#define ACCEPTS_A_TURN 64

struct listener {
	struct listener *next;
	struct endpoint endpoint;     /* as asked for */
	uint16_t port;		      /* as it is */
	struct shared_server *server; /* NULL = Minecraft */
	bool is_datagrams;
	uint64_t number;
	bool is_given;	/* its sockets are the threads' now */
	bool is_wanted; /* by the table that is being looked at */
	int fds[RELAY_THREADS_LIMIT];
};

static bool
endpoint_ip(const struct endpoint *endpoint, struct ip *ret_ip)
{
	if (endpoint->host[0] == '\0')
		return ip_parse("::", ret_ip);
	if (text_equal(endpoint->host, "localhost"))
		return ip_parse("127.0.0.1", ret_ip);
	return ip_parse(endpoint->host, ret_ip);
}

static bool
is_any(const struct endpoint *endpoint)
{
	return endpoint->host[0] == '\0' || text_equal(endpoint->host, "::");
}

static void
explain(const struct endpoint *endpoint, int error, char ret_reason[static REASON_LIMIT + 1])
{
	char where[HOST_MAX + 16];
	CLEANUP(text_freep) char *text = NULL;

	endpoint_text(endpoint, where, sizeof where);
	if (error == -EADDRINUSE)
		text = text_format("The gate cannot listen on %s: another program has this port. "
				   "Stop that program, or choose another port (gate.listen).",
				   where);
	else if (error == -EACCES)
		text = text_format("The gate cannot listen on %s: ports below 1024 are not "
				   "allowed to this user. Choose a higher port.",
				   where);
	else if (error == -EADDRNOTAVAIL)
		text = text_format("The gate cannot listen on %s: this machine has no such "
				   "address. Use one that it has, or [::] for all.",
				   where);
	else if (error == -EDESTADDRREQ)
		text = text_format("The gate cannot listen on %s: that is a name. Write an "
				   "address, e.g. 127.0.0.1 or [::].",
				   where);
	else
		text = text_format("The gate cannot listen on %s: %s.", where, strerror(-error));
	(void)text_put(ret_reason, REASON_LIMIT + 1, text);
}

static void
listener_free(struct relay *relay, struct listener *listener)
{
	for (unsigned i = 0; i < relay->thread_count; i++) {
		if (!listener->is_given && listener->fds[i] >= 0)
			(void)close(listener->fds[i]);
		else if (listener->is_given)
			post_unlisten(&relay->threads[i], listener->number);
	}
	shared_unref(listener->server);
	mem_free(listener);
}

static int
is_free(const struct listener *listener, const struct ip *ip)
{
	return listener->is_datagrams ? socket_is_free_for_datagrams(ip, listener->endpoint.port)
				      : socket_is_free(ip, listener->endpoint.port);
}

/* Its sockets, bound and listening; the first decides the port when that is 0. */
static int
open_sockets(struct relay *relay, struct listener *listener)
{
	struct ip ip;
	int result;

	if (!endpoint_ip(&listener->endpoint, &ip))
		return -EDESTADDRREQ;
	result = is_free(listener, &ip);
	if ((result == -EAFNOSUPPORT || result == -EADDRNOTAVAIL) && is_any(&listener->endpoint)) {
		/* A machine without IPv6: "all addresses" are the IPv4 ones. */
		(void)!ip_parse("0.0.0.0", &ip);
		result = is_free(listener, &ip);
	}
	listener->port = listener->endpoint.port;
	for (unsigned i = 0; result == 0 && i < relay->thread_count; i++) {
		result = listener->is_datagrams
				 ? socket_receive(&ip, listener->port, &listener->fds[i])
				 : socket_listen(&ip, listener->port, &listener->fds[i]);
		if (result == 0 && listener->port == 0)
			listener->port = socket_port(listener->fds[0]);
	}
	return result;
}

static struct listener *
listener_new(struct relay *relay, const struct endpoint *endpoint, bool is_datagrams,
	     int *ret_error)
{
	struct listener *listener = mem_new(sizeof *listener);

	listener->endpoint = *endpoint;
	listener->is_datagrams = is_datagrams;
	listener->number = ++relay->listener_number;
	for (size_t i = 0; i < RELAY_THREADS_LIMIT; i++)
		listener->fds[i] = -1;
	*ret_error = open_sockets(relay, listener);
	if (*ret_error == 0)
		return listener;
	listener_free(relay, listener);
	return NULL;
}

int
listeners_open(struct relay *relay, char ret_reason[static REASON_LIMIT + 1])
{
	for (size_t i = 0; i < relay->options.listen_count; i++) {
		const struct endpoint *endpoint = &relay->options.listen[i];
		int error;
		struct listener *listener = listener_new(relay, endpoint, false, &error);

		if (listener == NULL) {
			explain(endpoint, error, ret_reason);
			return error;
		}
		relay->ports[i] = listener->port;
		listener->is_wanted = true;
		listener->next = relay->listeners;
		relay->listeners = listener;
	}
	return 0;
}

void
listeners_start(struct relay *relay)
{
	for (struct listener *listener = relay->listeners; listener != NULL;
	     listener = listener->next) {
		if (listener->is_given)
			continue;
		listener->is_given = true;
		for (unsigned i = 0; i < relay->thread_count; i++)
			post_listener(&relay->threads[i], listener->fds[i], listener->is_datagrams,
				      listener->number, listener->server);
	}
}

void
listeners_close(struct relay *relay)
{
	while (relay->listeners != NULL) {
		struct listener *listener = relay->listeners;

		relay->listeners = listener->next;
		listener_free(relay, listener);
	}
}

static bool
endpoints_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && text_equal(a->host, b->host);
}

static struct listener *
find(const struct relay *relay, const struct shared_server *server,
     const struct gate_server *declared, const struct endpoint *endpoint)
{
	for (struct listener *listener = relay->listeners; listener != NULL;
	     listener = listener->next) {
		if (listener->server == server &&
		    listener->is_datagrams == declared->is_datagrams &&
		    endpoints_equal(&listener->endpoint, endpoint))
			return listener;
	}
	return NULL;
}

static void
want(struct relay *relay, struct shared_server *server, const struct gate_server *declared,
     const struct endpoint *endpoint)
{
	struct listener *listener = find(relay, server, declared, endpoint);
	char reason[REASON_LIMIT + 1];
	int error;

	if (listener == NULL) {
		listener = listener_new(relay, endpoint, declared->is_datagrams, &error);
		if (listener == NULL) {
			explain(endpoint, error, reason);
			relay_complain(relay, server->name, reason);
			return;
		}
		(void)__atomic_add_fetch(&server->references, 1, __ATOMIC_RELAXED);
		listener->server = server;
		listener->next = relay->listeners;
		relay->listeners = listener;
	}
	listener->is_wanted = true;
}

/* Those of tcp servers that the newest table does not have. */
static void
close_unwanted(struct relay *relay)
{
	struct listener **at = &relay->listeners;

	while (*at != NULL) {
		struct listener *listener = *at;

		if (listener->server == NULL || listener->is_wanted) {
			at = &listener->next;
			continue;
		}
		*at = listener->next;
		listener_free(relay, listener);
	}
}

void
listeners_follow(struct relay *relay, const struct snapshot *snapshot)
{
	for (struct listener *listener = relay->listeners; listener != NULL;
	     listener = listener->next)
		listener->is_wanted = false;
	for (int is_opening = 0; is_opening < 2; is_opening++) {
		/* First mark and close, then open: a port may go from one server to another. */
		for (size_t i = 0; i < snapshot->table->server_count; i++) {
			const struct gate_server *server = &snapshot->table->servers[i];

			for (size_t k = 0; k < server->listen_count; k++) {
				struct listener *listener = find(relay, snapshot->servers[i],
								 server, &server->listen[k]);

				if (listener != NULL)
					listener->is_wanted = true;
				else if (is_opening)
					want(relay, snapshot->servers[i], server,
					     &server->listen[k]);
			}
		}
		if (!is_opening)
			close_unwanted(relay);
	}
}

/* No descriptor left: give up the spare one to turn the caller away, then take it back. */
static void
shed(struct relay_thread *thread, int fd)
{
	struct ip ip;
	uint16_t port;
	int accepted;

	COUNT(thread, refused_full);
	if (thread->spare >= 0)
		(void)close(thread->spare);
	accepted = socket_accept(fd, &ip, &port);
	if (accepted >= 0)
		(void)close(accepted);
	thread->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void
on_listener(struct relay_thread *thread, struct listening *listening)
{
	struct relay *relay = thread->relay;

	if (listening->is_datagrams) {
		if (!listening->is_closed)
			on_datagrams(thread, listening);
		return;
	}
	for (int i = 0; i < ACCEPTS_A_TURN && !listening->is_closed; i++) {
		struct ip ip;
		uint16_t port;
		int fd = socket_accept(listening->fd, &ip, &port);

		if (fd == -EMFILE || fd == -ENFILE)
			shed(thread, listening->fd);
		if (fd < 0)
			return;
		if (__atomic_load_n(&relay->connections, __ATOMIC_RELAXED) >=
			    relay->connection_limit ||
		    facts_are_behind(relay)) {
			COUNT(thread, refused_full);
			(void)close(fd);
			continue;
		}
		visit_accept(thread, fd, &ip, port, listening->place);
	}
}
