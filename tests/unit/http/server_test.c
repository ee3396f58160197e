/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>

#include "server_fixture.h"

/* Says what was asked: method, path, query and body. */
static void
echo(void *argument, struct http_exchange *exchange, const struct http_request *r)
{
	struct server_fixture *f = argument;
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;
	struct http_response response = { .status = 200, .content_type = "text/plain" };

	f->handled++;
	buf_format(&body, "[%s %s %s|", http_method_word(r->head->method), r->path,
		   r->query != NULL ? r->query : "-");
	buf_put(&body, r->body, r->body_length);
	buf_put_text(&body, r->local ? "|local]" : "]");
	response.body = body.data;
	response.body_length = body.length;
	http_answer(exchange, &response);
}

static void
on_timer_closed(uv_handle_t *handle)
{
	mem_free(handle);
}

static void
on_later(uv_timer_t *timer)
{
	struct server_fixture *f = timer->data;
	struct http_response response = { .status = 200, .body = "late", .body_length = 4 };

	http_answer(TAKE(f->kept), &response);
	uv_close((uv_handle_t *)timer, on_timer_closed);
}

/* Answers "/late" 50 ms later, never answers "/never", everything else at once. */
static void
answer_later(void *argument, struct http_exchange *exchange, const struct http_request *r)
{
	struct server_fixture *f = argument;
	uv_timer_t *timer;

	if (strcmp(r->path, "/never") == 0) {
		f->kept = exchange;
		return;
	}
	if (strcmp(r->path, "/late") != 0) {
		echo(argument, exchange, r);
		return;
	}
	f->kept = exchange;
	timer = mem_new(sizeof *timer);
	ASSERT(uv_timer_init(&f->loop, timer) == 0);
	timer->data = f;
	ASSERT(uv_timer_start(timer, on_later, 50, 0) == 0);
}

static struct server_fixture
fixture(http_handler *handle)
{
	return (struct server_fixture){ .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
}

static void
a_request_is_answered_and_the_connection_kept(void **unused)
{
	struct server_fixture f = fixture(echo);
	const char *answer;
	int fd;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	fd = client_connect(f.port);
	client_send(fd, "GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\n\r\n");
	answer = client_read(fd, "]");
	assert_true(text_starts_with(answer, "HTTP/1.1 200 OK\r\nDate: "));
	assert_non_null(strstr(answer, "\r\nContent-Length: 15\r\n"));
	assert_true(text_ends_with(answer, "\r\n\r\n[GET /a b c=d|]"));
	client_send(fd, "PUT /second HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
	assert_non_null(strstr(client_read(fd, "]"), "[PUT /second -|body]"));
	client_send(fd, "HEAD /third HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	answer = client_read(fd, NULL);
	assert_non_null(strstr(answer, "\r\nContent-Length: 16\r\n"));
	assert_true(text_ends_with(answer, "\r\nConnection: close\r\n\r\n"));
	(void)close(fd);
	fixture_stop(&f);
}

static void
pipelined_requests_are_answered_in_order(void **unused)
{
	struct server_fixture f = fixture(answer_later);
	const char *answer, *at;
	int fd;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	fd = client_connect(f.port);
	client_send(fd, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
			"GET /late HTTP/1.1\r\nHost: x\r\n\r\n"
			"POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
			"3\r\nabc\r\n0\r\n\r\n"
			"GET /late HTTP/1.1\r\nHost: x\r\n\r\n"
			"GET /5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
			"GET /never-read HTTP/1.1\r\nHost: x\r\n\r\n");
	answer = client_read(fd, NULL);
	assert_int_equal(count_of(answer, "HTTP/1.1 200 OK"), 5);
	at = strstr(answer, "[GET /1 ");
	assert_non_null(at);
	at = strstr(at, "late");
	assert_non_null(at);
	at = strstr(at, "[POST /3 -|abc]");
	assert_non_null(at);
	at = strstr(at, "late");
	assert_non_null(at);
	assert_non_null(strstr(at, "[GET /5 "));
	assert_int_equal(f.handled, 3);
	(void)close(fd);
	fixture_stop(&f);
}

static void
a_request_may_come_byte_by_byte(void **unused)
{
	static const char request[] = "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
				      "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
	struct server_fixture f = fixture(echo);
	int fd;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	fd = client_connect(f.port);
	for (size_t i = 0; i < sizeof request - 1; i++)
		client_send(fd, (char[]){ request[i], '\0' });
	assert_non_null(strstr(client_read(fd, "]"), "[POST /slow -|abc]"));
	(void)close(fd);
	fixture_stop(&f);
}

static void
a_client_that_closes_its_side_still_gets_its_answers(void **unused)
{
	struct server_fixture f = fixture(answer_later);
	const char *answer;
	int fd;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	fd = client_connect(f.port);
	client_send(fd, "GET /late HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
	ASSERT(shutdown(fd, SHUT_WR) == 0);
	answer = client_read(fd, NULL);
	assert_int_equal(count_of(answer, "HTTP/1.1 200 OK"), 2);
	assert_non_null(strstr(answer, "[GET /2 "));
	(void)close(fd);
	fixture_stop(&f);
}

static void
word_refusal(void *argument, const char *path, int status, struct http_refusal *ret_refusal)
{
	(void)argument;
	if (strncmp(path, "/ours", 5) != 0)
		return;
	ret_refusal->status = status;
	ret_refusal->content_type = "text/plain";
	ret_refusal->headers = text_copy("X-Ours: yes\r\n");
	ret_refusal->body = text_format("no %s", path);
}

static void
what_is_never_handed_over_may_be_refused_in_the_handlers_words(void **unused)
{
	static const struct {
		const char *request, *status, *body;
	} rows[] = {
		{ "POST /ours/a%3D HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n",
		  "HTTP/1.1 413 ", "no /ours/a%3D" },
		{ "POST /ours HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n100001\r\n",
		  "HTTP/1.1 413 ", "no /ours" },
		{ "GET /ours/a%2Fb HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 ",
		  "no /ours/a%2Fb" },
		{ "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n",
		  "HTTP/1.1 413 ", NULL },
		{ "GET /ours HTTP/9.9\r\nHost: x\r\n\r\n", "HTTP/1.1 505 ", NULL },
	};
	struct server_fixture f = fixture(echo);

	(void)unused;
	f.refused = word_refusal;
	fixture_start(&f, NULL, NULL);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		int fd = client_connect(f.port);
		const char *answer;

		client_send(fd, rows[i].request);
		answer = client_read(fd, NULL);
		assert_true(text_starts_with(answer, rows[i].status));
		assert_int_equal(strstr(answer, "X-Ours: yes\r\n") != NULL, rows[i].body != NULL);
		if (rows[i].body != NULL)
			assert_true(text_ends_with(answer, rows[i].body));
		(void)close(fd);
	}
	fixture_stop(&f);
}

static void
a_body_too_long_is_refused_before_it_is_read(void **unused)
{
	static const char *const requests[] = {
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\nExpect: "
		"100-continue\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n",
	};
	struct server_fixture f = fixture(echo);

	(void)unused;
	fixture_start(&f, NULL, NULL);
	for (size_t i = 0; i < ELEMENTS(requests); i++) {
		int fd = client_connect(f.port);
		const char *answer;

		client_send(fd, requests[i]);
		answer = client_read(fd, NULL);
		assert_true(text_starts_with(answer, "HTTP/1.1 413 "));
		assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
		(void)close(fd);
	}
	assert_int_equal(f.handled, 0);
	fixture_stop(&f);
}

static void
what_all_clients_make_us_hold_is_bounded(void **unused)
{
	struct server_fixture f = fixture(echo);
	int fd[3];

	(void)unused;
	f.settings.held_limit = 3000;
	fixture_start(&f, NULL, NULL);
	for (size_t i = 0; i < ELEMENTS(fd); i++) {
		char part[1300];

		(void)snprintf(part, sizeof part,
			       "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1500\r\n\r\n%01200d",
			       1);
		fd[i] = client_connect(f.port);
		client_send(fd[i], part);
		usleep(20000); /* in this order */
	}
	assert_true(text_starts_with(client_read(fd[2], NULL), "HTTP/1.1 503 "));
	(void)close(fd[2]);
	for (size_t i = 0; i < 2; i++) {
		char rest[301] = "";

		memset(rest, 'x', 300);
		client_send(fd[i], rest);
		assert_true(text_starts_with(client_read(fd[i], "]"), "HTTP/1.1 200 "));
		(void)close(fd[i]);
	}
	fixture_stop(&f);
}

static void
a_body_is_asked_for_when_the_client_waits(void **unused)
{
	struct server_fixture f = fixture(echo);
	int fd;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	fd = client_connect(f.port);
	client_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
			"Expect: 100-continue\r\n\r\n");
	assert_string_equal(client_read(fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
	client_send(fd, "ok");
	assert_non_null(strstr(client_read(fd, "]"), "|ok]"));
	(void)close(fd);
	fixture_stop(&f);
}

static void
bad_requests_end_the_connection_with_a_reason(void **unused)
{
	static const struct {
		const char *request, *status;
	} rows[] = {
		{ "NONSENSE\r\n\r\n", "400" },
		{ "GET / HTTP/1.1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", "400" },
		{ "GET /../.. HTTP/1.1\r\nHost: x\r\n\r\n", "400" },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400" },
		{ "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", "501" },
		{ "GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505" },
	};
	struct server_fixture f = fixture(echo);

	(void)unused;
	fixture_start(&f, NULL, NULL);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		int fd = client_connect(f.port);
		const char *answer;

		client_send(fd, rows[i].request);
		answer = client_read(fd, NULL);
		assert_true(text_starts_with(answer, "HTTP/1.1 "));
		assert_memory_equal(answer + 9, rows[i].status, 3);
		assert_int_equal(count_of(answer, "HTTP/1.1 "), 1);
		assert_non_null(strstr(answer, "application/problem+json"));
		(void)close(fd);
	}
	assert_int_equal(f.handled, 0);
	fixture_stop(&f);
}

static void
who_dawdles_is_let_go(void **unused)
{
	static const struct {
		const char *request, *answer;
	} rows[] = {
		{ "", "" },
		{ "GET / HT", "HTTP/1.1 408 " },
		{ "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n", "HTTP/1.1 408 " },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", "HTTP/1.1 408 " },
		{ "GET /never HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 503 " },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 " },
	};
	struct server_fixture f = fixture(answer_later);

	(void)unused;
	f.settings.head_ms = f.settings.body_ms = f.settings.idle_ms = f.settings.answer_ms = 80;
	fixture_start(&f, NULL, NULL);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct http_response nobody = { .status = 200 };
		int fd = client_connect(f.port);

		client_send(fd, rows[i].request);
		assert_true(text_starts_with(client_read(fd, NULL), rows[i].answer));
		(void)close(fd);
		if (f.kept != NULL) {
			assert_true(http_exchange_is_gone(f.kept));
			http_answer(f.kept, &nobody);
			f.kept = NULL;
		}
	}
	fixture_stop(&f);
}

static void
an_answer_to_nobody_goes_nowhere(void **unused)
{
	struct server_fixture f = fixture(answer_later);
	int fd;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	fd = client_connect(f.port);
	client_send(fd, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
	ASSERT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
			  sizeof(struct linger)) == 0);
	(void)close(fd); /* a reset */
	fd = client_connect(f.port);
	client_send(fd, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_non_null(strstr(client_read(fd, "]"), "[GET /2 "));
	usleep(80000);
	(void)close(fd);
	fixture_stop(&f);
}

static void
the_full_house_closes_its_door(void **unused)
{
	struct server_fixture f = fixture(echo);
	int in[2], out;

	(void)unused;
	f.settings.connections = 2;
	fixture_start(&f, NULL, NULL);
	for (size_t i = 0; i < 2; i++) {
		in[i] = client_connect(f.port);
		client_send(in[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		assert_non_null(strstr(client_read(in[i], "]"), "[GET / "));
	}
	out = client_connect(f.port);
	assert_string_equal(client_read(out, NULL), "");
	(void)close(out);
	(void)close(in[0]);
	(void)close(in[1]);
	fixture_stop(&f);
}

static void
the_local_door_knows_its_owner(void **unused)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct server_fixture f = fixture(echo);
	char path[64], why[REASON_LIMIT + 1];
	struct server_fixture second = fixture(echo);
	int fd;

	(void)unused;
	(void)snprintf(path, sizeof path, "/tmp/roost-test-%d.sock", (int)getpid());
	fixture_start(&f, NULL, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	(void)text_put(address.sun_path, sizeof address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	client_send(fd, "GET / HTTP/1.1\r\nHost: roost\r\n\r\n");
	assert_non_null(strstr(client_read(fd, "]"), "|local]"));
	/* A second roost is told so; it must not take the door away. */
	assert_int_equal(uv_loop_init(&second.loop), 0);
	second.server = http_server_new(&second.loop, &second.settings, echo, &second);
	assert_int_equal(http_server_listen_local(second.server, path, why), -EADDRINUSE);
	assert_non_null(strstr(why, "another roost"));
	http_server_stop(second.server, 0, NULL, NULL);
	(void)uv_run(&second.loop, UV_RUN_DEFAULT);
	http_server_free(second.server);
	assert_int_equal(uv_loop_close(&second.loop), 0);
	(void)close(fd);
	fixture_stop(&f);
	assert_int_equal(access(path, F_OK), -1);
}

static void
a_door_that_cannot_be_opened_says_why(void **unused)
{
	struct server_fixture f = fixture(echo), second = fixture(echo);
	struct endpoint endpoint = { .host = "127.0.0.1" };
	char why[REASON_LIMIT + 1];

	(void)unused;
	fixture_start(&f, NULL, NULL);
	endpoint.port = f.port;
	assert_int_equal(uv_loop_init(&second.loop), 0);
	second.server = http_server_new(&second.loop, &second.settings, echo, &second);
	assert_int_equal(http_server_listen(second.server, &endpoint, NULL, why, NULL),
			 -EADDRINUSE);
	assert_non_null(strstr(why, "another program uses this port"));
	http_server_stop(second.server, 0, NULL, NULL);
	(void)uv_run(&second.loop, UV_RUN_DEFAULT);
	http_server_free(second.server);
	assert_int_equal(uv_loop_close(&second.loop), 0);
	fixture_stop(&f);
}

static void
a_path_that_is_not_right_is_a_problem_with_a_pointer(void **unused)
{
	static const char *const bad[] = { "/a%2Fb", "/a%00b", "/a%5Cb", "/%ff", "/../.." };
	struct server_fixture f = fixture(echo);

	(void)unused;
	fixture_start(&f, NULL, NULL);
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		CLEANUP(text_freep)
		char *request = text_format("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", bad[i]);
		int fd = client_connect(f.port);
		const char *answer;

		client_send(fd, request);
		answer = client_read(fd, "\"pointer\":\"path\"");
		assert_non_null(strstr(answer, "HTTP/1.1 400 "));
		assert_non_null(strstr(answer, "\"pointer\":\"path\""));
		(void)close(fd);
	}
	assert_int_equal(f.handled, 0);
	fixture_stop(&f);
}

/* Which these are is the machine's own: often ::1 and 127.0.0.1, here and there one of them twice. */
static void
a_name_is_listened_on_at_each_of_its_addresses(void **unused)
{
	struct server_fixture f = fixture(echo);
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	struct endpoint endpoint = { .host = "localhost" };
	char why[REASON_LIMIT + 1], port[8];
	unsigned short bound = 0;

	(void)unused;
	assert_int_equal(uv_loop_init(&f.loop), 0);
	f.server = http_server_new(&f.loop, &f.settings, echo, &f);
	assert_int_equal(http_server_listen(f.server, &endpoint, NULL, why, &bound), 0);
	(void)snprintf(port, sizeof port, "%u", (unsigned)bound);
	assert_int_equal(getaddrinfo("localhost", port, &hints, &found), 0);
	for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
		int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, a->ai_addr, a->ai_addrlen) != 0)
			assert_int_equal(errno, EADDRNOTAVAIL);
		(void)close(fd);
	}
	freeaddrinfo(found);
	http_server_stop(f.server, 0, NULL, NULL);
	(void)uv_run(&f.loop, UV_RUN_DEFAULT);
	http_server_free(f.server);
	assert_int_equal(uv_loop_close(&f.loop), 0);
}

/* --- streams -------------------------------------------------------------------------------- */

static char flood[1 << 16];

static void
on_drained(void *argument)
{
	struct server_fixture *f = argument;

	while (http_stream_send(f->stream, flood, sizeof flood))
		continue;
}

static void
on_closed(void *argument)
{
	struct server_fixture *f = argument;

	f->stream_closed = true;
	f->stream = NULL;
}

static const struct http_stream_events stream_events = { .on_drained = on_drained,
							 .on_closed = on_closed };

static void
stream_or_flood(void *argument, struct http_exchange *exchange, const struct http_request *r)
{
	struct server_fixture *f = argument;
	struct http_response head = { .status = 200, .content_type = "text/event-stream" };

	f->stream = http_answer_stream(exchange, &head, &stream_events, f);
	if (f->stream == NULL)
		return;
	if (strcmp(r->path, "/flood") == 0)
		on_drained(f);
	else
		(void)http_stream_send(f->stream, ": hello\n\n", 9);
}

static void
a_stream_is_told_when_its_reader_leaves(void **unused)
{
	struct server_fixture f = fixture(stream_or_flood);
	const char *answer;
	int fd;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	fd = client_connect(f.port);
	client_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	answer = client_read(fd, ": hello\n\n");
	assert_non_null(strstr(answer, "text/event-stream\r\nConnection: close\r\n\r\n: hello"));
	assert_null(strstr(answer, "Content-Length"));
	(void)close(fd);
	for (unsigned i = 0; i < 500 && !f.stream_closed; i++)
		usleep(10000);
	fixture_stop(&f);
	assert_true(f.stream_closed);
}

static void
a_reader_that_stops_reading_is_noticed_and_let_go(void **unused)
{
	struct server_fixture f = fixture(stream_or_flood);
	int fd;

	(void)unused;
	memset(flood, 'x', sizeof flood);
	f.settings.write_ms = 100;
	fixture_start(&f, NULL, NULL);
	fd = client_connect(f.port);
	client_send(fd, "GET /flood HTTP/1.1\r\nHost: x\r\n\r\n");
	usleep(600000);
	fixture_stop(&f);
	assert_true(f.stream_closed);
	(void)close(fd);
}

#define LONG_ANSWER (16u << 20)

static void
answer_long(void *argument, struct http_exchange *exchange, const struct http_request *r)
{
	char *body = mem_new(LONG_ANSWER);
	struct http_response response = { .status = 200, .body = body, .body_length = LONG_ANSWER };

	(void)argument;
	(void)r;
	http_answer(exchange, &response);
	mem_free(body);
}

/* Read a piece every few milliseconds. Returns how much came. */
static size_t
read_slowly(int fd)
{
	static char piece[1 << 18];
	size_t length = 0;
	ssize_t got;

	while ((got = recv(fd, piece, sizeof piece, MSG_WAITALL)) > 0) {
		length += (size_t)got;
		usleep(15000);
	}
	return length;
}

static void
a_slow_reader_gets_its_answer_and_a_stopped_one_is_let_go(void **unused)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	};
	struct server_fixture f = fixture(answer_long);
	int fd;

	(void)unused;
	f.settings.idle_ms = f.settings.write_ms = f.settings.head_ms = 400;
	fixture_start(&f, NULL, NULL);
	for (size_t i = 0; i < ELEMENTS(requests); i++) {
		fd = client_connect(f.port);
		client_send(fd, requests[i]);
		assert_true(read_slowly(fd) > LONG_ANSWER);
		(void)close(fd);
	}
	fd = client_connect(f.port);
	client_send(fd, requests[0]);
	for (unsigned i = 0; i < 100 && f.open == 0; i++)
		usleep(10000);
	for (unsigned i = 0; i < 1000 && f.open > 0; i++)
		usleep(10000);
	assert_true(read_slowly(fd) < LONG_ANSWER);
	(void)close(fd);
	fixture_stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_answered_and_the_connection_kept),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(a_request_may_come_byte_by_byte),
		cmocka_unit_test(a_client_that_closes_its_side_still_gets_its_answers),
		cmocka_unit_test(what_is_never_handed_over_may_be_refused_in_the_handlers_words),
		cmocka_unit_test(a_body_too_long_is_refused_before_it_is_read),
		cmocka_unit_test(what_all_clients_make_us_hold_is_bounded),
		cmocka_unit_test(a_body_is_asked_for_when_the_client_waits),
		cmocka_unit_test(bad_requests_end_the_connection_with_a_reason),
		cmocka_unit_test(who_dawdles_is_let_go),
		cmocka_unit_test(an_answer_to_nobody_goes_nowhere),
		cmocka_unit_test(the_full_house_closes_its_door),
		cmocka_unit_test(the_local_door_knows_its_owner),
		cmocka_unit_test(a_path_that_is_not_right_is_a_problem_with_a_pointer),
		cmocka_unit_test(a_name_is_listened_on_at_each_of_its_addresses),
		cmocka_unit_test(a_door_that_cannot_be_opened_says_why),
		cmocka_unit_test(a_stream_is_told_when_its_reader_leaves),
		cmocka_unit_test(a_slow_reader_gets_its_answer_and_a_stopped_one_is_let_go),
		cmocka_unit_test(a_reader_that_stops_reading_is_noticed_and_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
