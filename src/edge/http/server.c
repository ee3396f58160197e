/* SPDX-License-Identifier: Apache-2.0 */
/* The server: who is let in, the clock of deadlines, and a stop that leaves nobody hanging. */

#include "http/connection.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/listen.h"

#define TICK_MS_MIN 10u
#define TICK_MS_MAX 250u
#define BACKLOG	    1024

/* --- the clock of deadlines ----------------------------------------------------------------- */

static void
on_tick(uv_timer_t *ticker)
{
	struct http_server *server = ticker->data;
	uint64_t now = uv_now(server->loop);

	wheel_turn(&server->wheel, now, connection_reached, server);
	if (server->stopping && now >= server->stop_at)
		for (struct connection *c = server->connections; c != NULL; c = c->next)
			connection_close(c);
	if (server->wheel.count == 0 && !server->stopping) {
		server->ticking = false;
		(void)uv_timer_stop(ticker);
	}
}

void
server_tick_start(struct http_server *server)
{
	if (server->ticking || uv_is_closing((uv_handle_t *)&server->ticker))
		return;
	server->ticking = true;
	ASSERT(uv_timer_start(&server->ticker, on_tick, server->wheel.tick_ms,
			      server->wheel.tick_ms) == 0);
}

/* A quarter of the shortest deadline, within reason. */
static unsigned
tick_for(const struct http_settings *s)
{
	unsigned all[] = { s->head_ms, s->body_ms, s->idle_ms, s->answer_ms, s->write_ms };
	unsigned shortest = all[0];

	for (size_t i = 1; i < ELEMENTS(all); i++)
		shortest = all[i] < shortest ? all[i] : shortest;
	shortest /= 4;
	if (shortest < TICK_MS_MIN)
		return TICK_MS_MIN;
	return shortest < TICK_MS_MAX ? shortest : TICK_MS_MAX;
}

/* --- who is let in -------------------------------------------------------------------------- */

/* The proof of the local socket: the peer runs as us, or as root. */
static bool
peer_is_owner(struct connection *c)
{
	struct ucred who;
	socklen_t size = sizeof who;
	uv_os_fd_t fd;

	return uv_fileno(&c->io.handle, &fd) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	       (who.uid == geteuid() || who.uid == 0);
}

static bool
read_peer_address(struct connection *c)
{
	struct sockaddr_storage address;
	int size = sizeof address;

	return uv_tcp_getpeername(&c->io.tcp, (struct sockaddr *)&address, &size) == 0 &&
	       listen_ip_of((struct sockaddr *)&address, &c->ip);
}

static bool
may_enter(struct connection *c)
{
	struct http_server *server = c->server;

	if (server->stopping)
		return false;
	if (server->counters.open > server->settings.connections) {
		server->counters.refused_full++;
		return false;
	}
	if (c->local) {
		if (peer_is_owner(c))
			return true;
		server->counters.refused_uid++;
		return false;
	}
	if (!read_peer_address(c))
		return false;
	c->counted = peers_enter(server->peers, &c->ip, server->settings.connections_per_prefix);
	if (!c->counted)
		server->counters.refused_prefix++;
	return c->counted;
}

static struct connection *
connection_new(struct listener *listener)
{
	struct http_server *server = listener->server;
	struct connection *c = mem_new(offsetof(struct connection, io) +
				       (listener->local ? sizeof(uv_pipe_t) : sizeof(uv_tcp_t)));

	c->server = server;
	c->local = listener->local;
	if (c->local)
		ASSERT(uv_pipe_init(server->loop, &c->io.pipe, 0) == 0);
	else
		ASSERT(uv_tcp_init(server->loop, &c->io.tcp) == 0);
	c->io.handle.data = c;
	c->next = server->connections;
	if (c->next != NULL)
		c->next->previous = c;
	server->connections = c;
	server->counters.open++;
	return c;
}

static void
on_connection(uv_stream_t *stream, int status)
{
	struct listener *listener = stream->data;
	struct connection *c;

	if (status != 0)
		return;
	c = connection_new(listener);
	if (uv_accept(stream, &c->io.stream) != 0 || !may_enter(c)) {
		connection_close(c);
		return;
	}
	listener->server->counters.accepted++;
	if (!c->local)
		(void)uv_tcp_nodelay(&c->io.tcp, 1);
	connection_start(c, listener->tls);
}

/* --- doors ---------------------------------------------------------------------------------- */

static void
stopped_maybe(struct http_server *server)
{
	if (server->stopping && server->handles == 0 && server->connections == NULL &&
	    server->stopped != NULL) {
		void (*stopped)(void *) = server->stopped;

		server->stopped = NULL;
		stopped(server->stopped_argument);
	}
}

static void
on_listener_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;
	struct http_server *server = listener->server;

	for (struct listener **at = &server->listeners; *at != NULL; at = &(*at)->next) {
		if (*at == listener) {
			*at = listener->next;
			break;
		}
	}
	mem_free(listener->path);
	mem_free(listener);
	server->handles--;
	stopped_maybe(server);
}

static void
listener_close(struct listener *listener)
{
	if (listener->closing)
		return;
	listener->closing = true;
	if (listener->path != NULL)
		(void)unlink(listener->path);
	uv_close(&listener->io.handle, on_listener_closed);
}

static struct listener *
listener_new(struct http_server *server, bool local)
{
	struct listener *listener = mem_new(sizeof *listener);

	listener->server = server;
	listener->local = local;
	if (local)
		ASSERT(uv_pipe_init(server->loop, &listener->io.pipe, 0) == 0);
	else
		ASSERT(uv_tcp_init(server->loop, &listener->io.tcp) == 0);
	listener->io.handle.data = listener;
	listener->next = server->listeners;
	server->listeners = listener;
	server->handles++;
	return listener;
}

/* Takes the socket. */
static int
listen_on(struct http_server *server, int fd, struct http_tls *tls)
{
	struct listener *listener = listener_new(server, false);
	int error;

	listener->tls = tls;
	error = uv_tcp_open(&listener->io.tcp, fd);
	if (error != 0)
		(void)close(fd);
	if (error == 0)
		error = uv_listen(&listener->io.stream, BACKLOG, on_connection);
	if (error != 0)
		listener_close(listener);
	return error;
}

int
http_server_listen(struct http_server *server, const struct endpoint *endpoint,
		   struct http_tls *tls, char ret_why[static REASON_LIMIT + 1],
		   unsigned short *ret_port)
{
	int fds[LISTEN_ADDRESSES_LIMIT];
	size_t count;
	int error = listen_tcp(endpoint, fds, &count, ret_why);

	if (error < 0)
		return error;
	if (ret_port != NULL)
		*ret_port = listen_port_of(fds[0]);
	for (size_t i = 0; i < count; i++) {
		if (error != 0)
			(void)close(fds[i]);
		else
			error = listen_on(server, fds[i], tls);
	}
	if (error != 0)
		listen_say_why(ret_why, endpoint, -error);
	return error;
}

int
http_server_listen_local(struct http_server *server, const char *path,
			 char ret_why[static REASON_LIMIT + 1])
{
	int fd = listen_unix(path, ret_why);
	struct listener *listener;
	int error;

	if (fd < 0)
		return fd;
	listener = listener_new(server, true);
	listener->path = text_copy(path);
	error = uv_pipe_open(&listener->io.pipe, fd);
	if (error != 0)
		(void)close(fd);
	if (error == 0)
		error = uv_listen(&listener->io.stream, BACKLOG, on_connection);
	if (error != 0) {
		(void)snprintf(ret_why, REASON_LIMIT + 1, "cannot listen on %s: %s", path,
			       uv_strerror(error));
		listener_close(listener);
	}
	return error;
}

/* --- life ----------------------------------------------------------------------------------- */

void
http_server_on_refusal(struct http_server *server, http_refused *refused)
{
	server->refused = refused;
}

struct http_server *
http_server_new(uv_loop_t *loop, const struct http_settings *settings, http_handler *handle,
		void *argument)
{
	struct http_server *server = mem_new(sizeof *server);

	server->loop = loop;
	server->settings = *settings;
	server->handle = handle;
	server->argument = argument;
	server->peers = peers_new();
	server->date_second = -1;
	wheel_init(&server->wheel, tick_for(settings), uv_now(loop));
	ASSERT(uv_timer_init(loop, &server->ticker) == 0);
	server->ticker.data = server;
	server->handles = 1;
	return server;
}

void
server_connection_gone(struct http_server *server)
{
	stopped_maybe(server);
}

/* The ticker is closed last: nothing sets a deadline once no connection is left. */
static void
on_ticker_closed(uv_handle_t *handle)
{
	struct http_server *server = handle->data;

	server->handles--;
	stopped_maybe(server);
}

static void
on_stop_tick(uv_timer_t *ticker)
{
	struct http_server *server = ticker->data;

	on_tick(ticker);
	if (server->connections == NULL)
		uv_close((uv_handle_t *)ticker, on_ticker_closed);
}

void
http_server_stop(struct http_server *server, unsigned grace_ms, void (*stopped)(void *argument),
		 void *argument)
{
	struct listener *next;

	ASSERT(!server->stopping);
	server->stopping = true;
	server->stopped = stopped;
	server->stopped_argument = argument;
	server->stop_at = uv_now(server->loop) + grace_ms;
	for (struct listener *listener = server->listeners; listener != NULL; listener = next) {
		next = listener->next;
		listener_close(listener);
	}
	for (struct connection *c = server->connections; c != NULL; c = c->next) {
		if (c->state == CONNECTION_HEAD && c->in.length == 0)
			output_finish(c);
		else if (c->state == CONNECTION_STREAMING)
			connection_close(c);
	}
	server->ticking = true;
	ASSERT(uv_timer_start(&server->ticker, on_stop_tick, 0, TICK_MS_MIN) == 0);
}

void
http_server_free(struct http_server *server)
{
	if (server == NULL)
		return;
	ASSERT(server->connections == NULL && server->listeners == NULL);
	peers_free(server->peers);
	mem_free(server);
}

const struct http_counters *
http_server_counters(const struct http_server *server)
{
	return &server->counters;
}
