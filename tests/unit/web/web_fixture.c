/* SPDX-License-Identifier: Apache-2.0 */
/* See web_fixture.h. */

#include "web_fixture.h"

#include <stdlib.h>

#include "feed/cursor.h"
#include "sys/clock.h"
#include "wire/http1/text.h"

struct web_fixture t;

/* --- an API ---------------------------------------------------------------------------------- */

/* A token that ends in half a second; any other lasts. */
static struct instant
expiry_of(const struct api_request *r)
{
	return text_equal(r->bearer, "brief") ? instant_add(sys_now(), DURATION_MS(500)) : NEVER;
}

static struct api_answer *
stream_answer(const struct api_request *r)
{
	struct api_answer *a = mem_new(sizeof *a);
	CLEANUP(text_freep) char *server = http_query_get(r->query, "server");
	struct cursor cursor;

	a->kind = ANSWER_STREAM;
	a->stream.expires_at = expiry_of(r);
	a->stream.role = text_equal(r->bearer, "admin") ? ROLE_ADMIN : ROLE_PLAYER;
	(void)text_put(a->stream.user, sizeof a->stream.user, "someone");
	if (server != NULL)
		(void)text_put(a->stream.server, sizeof a->stream.server, server);
	if (r->last_event_id != NULL && cursor_parse(r->last_event_id, &cursor)) {
		a->stream.resume = true;
		a->stream.after = cursor.offset;
		memcpy(a->stream.epoch, cursor.epoch, sizeof cursor.epoch);
	}
	return a;
}

/* Says what it was asked. */
static struct api_answer *
echo_answer(const struct api_request *r)
{
	struct api_answer *a = mem_new(sizeof *a);

	a->content_type = "application/json";
	a->status = strcmp(r->path, "/v1/denied") == 0 ? 401 : 200;
	a->body = text_format(
		"[%d %s %s %s b=%s s=%s c=%s id=%s e=%s %s%s%s]", r->method, r->path,
		r->query != NULL ? r->query : "-", r->body, r->bearer != NULL ? r->bearer : "-",
		r->session != NULL ? r->session : "-", r->csrf != NULL ? r->csrf : "-",
		r->connection_id != NULL ? r->connection_id : "-",
		r->last_event_id != NULL ? r->last_event_id : "-", r->local ? "local " : "",
		r->secure ? "secure " : "", r->user_agent);
	a->body_length = strlen(a->body);
	a->set_cookie = text_copy("roost_session=abc; Path=/; HttpOnly");
	return a;
}

void
api_on_console(struct api *api, api_console *heard, void *argument)
{
	(void)api;
	t.on_console = heard;
	t.console_argument = argument;
}

/* What an endpoint's integrations were told, as a text. */
static void
note(const char *what, const char *id, const char *rest)
{
	ASSERT(pthread_mutex_lock(&t.lock) == 0);
	buf_format(&t.noted, "%s%s%s;", strcmp(id, t.socket_id) == 0 ? "" : "another's ", what,
		   rest);
	ASSERT(pthread_mutex_unlock(&t.lock) == 0);
}

void
api_socket_opened(struct api *api, const char *id)
{
	(void)api;
	note("opened", id, "");
}

void
api_socket_heard(struct api *api, const char *id, const void *bytes, size_t length, bool is_text)
{
	CLEANUP(text_freep) char *text = text_copy_n(bytes, length);
	struct connections_port *port = web_connections_port(t.web);

	(void)api;
	note(is_text ? "text " : "bytes ", id, text);
	port->send(port, id, bytes, length);
}

void
api_socket_closed(struct api *api, const char *id, unsigned code, const char *reason)
{
	CLEANUP(text_freep) char *text = text_format("%u %s", code, reason);

	(void)api;
	note("closed ", id, text);
}

/* Integrations at /custom; else roost's own. */
static struct api_answer *
socket_answer(const struct api_request *r)
{
	static struct websocket_route route;
	static const struct websocket_endpoint custom = { .routes = &route, .route_count = 1 };
	static unsigned char number;
	unsigned char random[11] = { [10] = ++number };
	struct api_answer *a = mem_new(sizeof *a);
	bool is_admin = text_equal(r->bearer, "admin");

	a->kind = ANSWER_SOCKET;
	a->status = 101;
	a->socket = mem_new(sizeof *a->socket);
	connection_id_text(random, a->socket->id);
	(void)text_put(t.socket_id, sizeof t.socket_id, a->socket->id);
	a->socket->role = is_admin ? ROLE_ADMIN : ROLE_PLAYER;
	(void)text_put(a->socket->user, sizeof a->socket->user, is_admin ? "boss" : "someone");
	(void)text_put(a->socket->digest, sizeof a->socket->digest, "0123");
	a->socket->endpoint = strcmp(r->path, "/custom") == 0 ? &custom : NULL;
	a->socket->expires_at = expiry_of(r);
	a->socket->connected_at = (struct instant){ 1795209360123 };
	return a;
}

/* "/v1/download?SIZE-..." of the store "attic", below it of another. */
static struct api_answer *
download_answer_of(const struct api_request *r)
{
	struct api_answer *a = mem_new(sizeof *a);

	a->kind = ANSWER_DOWNLOAD;
	a->status = 200;
	a->download.store = text_copy(strcmp(r->path, "/v1/download") == 0 ? "attic" : "other");
	a->download.name = text_copy(r->query);
	a->download.file_name = text_copy("world.tar.zst");
	a->download.size = strtoull(r->query, NULL, 10);
	return a;
}

void
api_handle(struct api *api, const struct api_request *r, api_answered *answered, void *argument)
{
	struct api_answer *answer =
		r->wants_socket						? socket_answer(r)
		: strcmp(r->path, "/v1/events") == 0 && r->wants_stream ? stream_answer(r)
		: text_starts_with(r->path, "/v1/download")		? download_answer_of(r)
									: echo_answer(r);

	(void)api;
	answered(argument, answer);
}

/* --- a record -------------------------------------------------------------------------------- */

struct read_letter {
	struct letter letter;
	web_rows *on_rows;
	void *argument;
	struct store_rows *rows;
};

static void
open_read(void *reader, struct letter *letter)
{
	struct read_letter *l = CONTAINER_OF(letter, struct read_letter, letter);

	(void)reader;
	l->on_rows(l->argument, l->rows, NULL);
	mem_free(l);
}

static void
read_events(const struct store_query *query, struct store_rows *rows)
{
	uint64_t at = query->after + 1 > t.first ? query->after + 1 : t.first;

	rows->events = mem_new_array(query->limit, sizeof *rows->events);
	for (; at <= t.last; at++) {
		const struct store_event *e = &t.events[at - 1];

		if (!store_query_takes(query, e))
			continue;
		if (rows->event_count == query->limit) {
			rows->more = true;
			return;
		}
		rows->events[rows->event_count] = *e;
		rows->events[rows->event_count++].data = text_copy(e->data);
	}
}

static void
read_record(void *argument, const struct store_query *query, struct mailbox *mailbox,
	    web_rows *on_rows, void *rows_argument)
{
	struct read_letter *l = mem_new(sizeof *l);

	(void)argument;
	t.reads++;
	l->on_rows = on_rows;
	l->argument = rows_argument;
	l->rows = mem_new(sizeof *l->rows);
	ASSERT(pthread_mutex_lock(&t.lock) == 0);
	l->rows->first = t.first;
	l->rows->last = t.last;
	if (query->what == STORE_EVENTS)
		read_events(query, l->rows);
	ASSERT(pthread_mutex_unlock(&t.lock) == 0);
	mailbox_post(mailbox, &l->letter, open_read);
}

void
happen(unsigned count, const char *type)
{
	struct publish_port *port = t.web != NULL ? web_publish_port(t.web) : NULL;
	uint64_t from = t.last;

	ASSERT(pthread_mutex_lock(&t.lock) == 0);
	for (unsigned i = 0; i < count; i++) {
		struct store_event *e = &t.events[t.last++];

		e->offset = t.last;
		e->time = (struct instant){ 1795209360123 };
		e->audience = t.last % 3 == 0 ? ROLE_STAFF : ROLE_PLAYER;
		(void)text_put(e->type, sizeof e->type, type);
		(void)text_put(e->subject, sizeof e->subject,
			       strcmp(type, "user.changed") == 0 ? "someone"
			       : t.last % 2 == 0		 ? "even"
								 : "odd");
		e->data = text_format("{\"n\":%llu}", (unsigned long long)t.last);
	}
	ASSERT(pthread_mutex_unlock(&t.lock) == 0);
	if (port != NULL)
		port->events(port, &t.events[from], count);
}

/* --- the control thread ---------------------------------------------------------------------- */

static void *
control(void *unused)
{
	(void)unused;
	while (!t.ending) {
		struct pollfd ready = { .fd = mailbox_fd(t.mailbox), .events = POLLIN };

		(void)poll(&ready, 1, 20);
		if (t.mute)
			usleep(1000);
		else
			(void)mailbox_open_all(t.mailbox, NULL);
	}
	return NULL;
}

static void
on_stopped(void *unused)
{
	(void)unused;
	t.stopped = true;
}

struct web_options
options(void)
{
	return (struct web_options){ .public_url = "https://roost.example.org/",
				     .http = HTTP_SETTINGS_DEFAULT,
				     .sockets = SOCKET_SETTINGS_DEFAULT,
				     .epoch = EPOCH,
				     .read = read_record,
				     .io_uring = true };
}

void
start(struct web_options *o)
{
	struct endpoint endpoint = { .host = "127.0.0.1" };
	char why[REASON_LIMIT + 1];

	t.mailbox = mailbox_new();
	t.ending = t.stopped = false;
	t.reads = 0;
	o->listen = &endpoint;
	o->listen_count = 1;
	o->control = t.mailbox;
	o->last_offset = t.last;
	if (t.last > 0 && t.first == 0)
		t.first = 1;
	t.web = web_new(o, why);
	ASSERT(t.web != NULL);
	t.port = web_port(t.web, 0);
	ASSERT(pthread_create(&t.thread, NULL, control, NULL) == 0);
}

void
stop(void)
{
	web_stop(t.web, 100, on_stopped, NULL);
	for (unsigned i = 0; i < 500 && !t.stopped; i++)
		usleep(10000);
	ASSERT(t.stopped);
	web_free(t.web);
	t.ending = true;
	ASSERT(pthread_join(t.thread, NULL) == 0);
	mailbox_free(t.mailbox);
	for (uint64_t i = 0; i < t.last; i++)
		mem_free(t.events[i].data);
	t.last = t.first = 0;
	buf_deinit(&t.noted);
	t.web = NULL;
}

const char *
ask(const char *request)
{
	int fd = client_connect(t.port);
	const char *answer;

	client_send(fd, request);
	answer = client_read(fd, NULL);
	(void)close(fd);
	return answer;
}
