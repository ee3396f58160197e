/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "../http/certificate.h"
#include "../http/server_fixture.h"
#include "fetch/fetch_port.h"

#define REPLIES 64

/* The port on a loop of its own, and what it brought. */
struct asker {
	uv_loop_t loop;
	struct http_port *port;
	struct reply replies[REPLIES];
	size_t count;
	bool inside;
};

static void
on_fact(void *argument, const struct fact *fact)
{
	struct asker *asker = argument;

	assert_false(asker->inside);
	assert_int_equal(fact->kind, FACT_REPLY);
	assert_true(asker->count < REPLIES);
	asker->replies[asker->count++] = fact->as.reply;
}

static struct asker *
asker_new(const char *ca_file, const char *allowed)
{
	struct asker *asker = mem_new(sizeof *asker);
	struct network allow;
	const struct fetch_options options = { .user_agent = "roost/test",
					       .ca_file = ca_file,
					       .allow = &allow,
					       .allow_count = allowed != NULL };

	(void)signal(SIGPIPE, SIG_IGN);
	if (allowed != NULL)
		assert_true(network_parse(allowed, &allow));
	assert_int_equal(uv_loop_init(&asker->loop), 0);
	asker->port = fetch_port_new(&asker->loop, &options, on_fact, asker);
	return asker;
}

static void
asker_free(struct asker *asker)
{
	fetch_port_free(asker->port);
	(void)uv_run(&asker->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&asker->loop), 0);
	for (size_t i = 0; i < asker->count; i++)
		reply_deinit(&asker->replies[i]);
	mem_free(asker);
}

static void
put(struct asker *asker, uint64_t ticket, const struct http_order *order)
{
	asker->inside = true;
	asker->port->send(asker->port, (struct ticket){ ticket }, order);
	asker->inside = false;
}

static void
wait_for(struct asker *asker, size_t count)
{
	while (asker->count < count)
		(void)uv_run(&asker->loop, UV_RUN_ONCE);
}

/* Ask for one thing and wait for what comes of it; the reply stays the asker's. */
static const struct reply *
ask(struct asker *asker, struct http_order order, const char *format, ...)
{
	char url[300];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(url, sizeof url, format, args);
	va_end(args);
	order.url = url;
	if (order.method == NULL)
		order.method = "GET";
	if (order.within.ms == 0)
		order.within = DURATION_S(20);
	if (order.answer_limit == 0)
		order.answer_limit = 4096;
	put(asker, 7, &order);
	wait_for(asker, asker->count + 1);
	assert_int_equal(asker->replies[asker->count - 1].ticket.v, 7);
	return &asker->replies[asker->count - 1];
}

#define ANY	  ((struct http_order){ .reach = HTTP_REACH_ANY })
#define PUBLIC	  ((struct http_order){ .reach = HTTP_REACH_PUBLIC })
#define WITHIN(n) ((struct http_order){ .reach = HTTP_REACH_ANY, .within = DURATION_MS(n) })

static void
assert_reply(const struct reply *reply, enum reply_result result, const char *part)
{
	if (reply->result != result || strstr(reply->reason, part) == NULL)
		fail_msg("%d: %s (wanted %d: %s)", (int)reply->result, reply->reason, (int)result,
			 part);
}

static void
assert_answer(const struct reply *reply, int status, const char *body)
{
	if (reply->result != REPLY_DONE)
		fail_msg("%s", reply->reason);
	assert_int_equal(reply->holds, REPLY_HTTP);
	assert_int_equal(reply->as.http->status, status);
	assert_string_equal(reply->as.http->body, body);
	assert_int_equal(reply->as.http->body_length, strlen(body));
}

/* ---- places to ask ---- */

static void
on_answered(uv_handle_t *handle)
{
	mem_free(handle);
}

static void
on_slow(uv_timer_t *timer)
{
	struct http_response response = { .status = 200, .body = "slow", .body_length = 4 };

	http_answer(timer->data, &response);
	uv_close((uv_handle_t *)timer, on_answered);
}

static _Atomic unsigned at_once, most_at_once;

static void
on_slow_counted(uv_timer_t *timer)
{
	at_once--;
	on_slow(timer);
}

static void
answer_after(struct server_fixture *f, struct http_exchange *exchange, unsigned wait_ms,
	     uv_timer_cb then)
{
	uv_timer_t *timer = mem_new(sizeof *timer);

	ASSERT(uv_timer_init(&f->loop, timer) == 0);
	timer->data = exchange;
	ASSERT(uv_timer_start(timer, then, wait_ms, 0) == 0);
}

/* Says what was asked; "/moved" redirects, "/late" and "/slow" wait. */
static void
handle(void *argument, struct http_exchange *exchange, const struct http_request *r)
{
	struct server_fixture *f = argument;
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;
	struct http_response response = { .status = 200, .content_type = "text/plain" };
	static const char *const asked[] = { "user-agent",     "content-type", "x-mark",
					     "x-empty",	       "cookie",       "expect",
					     "accept-encoding" };

	f->handled++;
	if (strcmp(r->path, "/late") == 0) {
		answer_after(f, exchange, 1000, on_slow);
		return;
	}
	if (strcmp(r->path, "/slow") == 0) {
		if (++at_once > most_at_once)
			most_at_once = at_once;
		answer_after(f, exchange, 20, on_slow_counted);
		return;
	}
	if (strcmp(r->path, "/moved") == 0) {
		response.status = 302;
		response.headers = "Location: /elsewhere\r\nSet-Cookie: a=b\r\nX-Odd: \t a  b \r\n";
	}
	buf_format(&body, "%s %s", http_method_word(r->head->method), r->path);
	for (size_t i = 0; i < ELEMENTS(asked); i++) {
		CLEANUP(text_freep) char *value = http_header_text(r->head, r->bytes, asked[i]);

		if (value != NULL)
			buf_format(&body, " %s=%s", asked[i], value);
	}
	buf_put_text(&body, " ");
	buf_put(&body, r->body, r->body_length);
	response.body = body.data;
	response.body_length = body.length;
	http_answer(exchange, &response);
}

/* Reads a request's head, says its bytes, and closes (or does not). */
struct script {
	int listening;
	unsigned short port;
	pthread_t thread;
	const char *says;
	size_t again; /* and then this many times "x" */
	bool holds, is_deaf;
};

static void *
script_run(void *argument)
{
	struct script *script = argument;
	int fd = accept(script->listening, NULL, NULL);
	char text[1 << 16];

	if (fd < 0)
		return NULL;
	if (!script->is_deaf) {
		(void)client_read(fd, "\r\n\r\n");
		(void)send(fd, script->says, strlen(script->says), MSG_NOSIGNAL);
		memset(text, 'x', sizeof text);
		for (size_t left = script->again; left > 0;) {
			ssize_t sent = send(fd, text, left < sizeof text ? left : sizeof text,
					    MSG_NOSIGNAL);

			if (sent <= 0)
				break;
			left -= (size_t)sent;
		}
	}
	if (script->holds)
		(void)client_read(fd, NULL);
	(void)close(fd);
	return NULL;
}

static void
script_start(struct script *script)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	script->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT(bind(script->listening, (struct sockaddr *)&address, sizeof address) == 0);
	ASSERT(listen(script->listening, 8) == 0);
	ASSERT(getsockname(script->listening, (struct sockaddr *)&address, &size) == 0);
	script->port = ntohs(address.sin_port);
	ASSERT(pthread_create(&script->thread, NULL, script_run, script) == 0);
}

static void
script_end(struct script *script)
{
	(void)shutdown(script->listening, SHUT_RDWR);
	ASSERT(pthread_join(script->thread, NULL) == 0);
	(void)close(script->listening);
}

/* ---- tests ---- */

static void
a_request_goes_out_and_its_answer_comes_back(void **unused)
{
	static const char *const headers[] = { "Content-Type: text/x-test", "X-Mark: one two",
					       "X-Empty: " };
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct asker *asker = asker_new(NULL, NULL);
	const struct reply *reply;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	assert_answer(ask(asker, ANY, "http://127.0.0.1:%u/a?b", f.port), 200,
		      "GET /a user-agent=roost/test ");
	reply = ask(asker,
		    (struct http_order){ .reach = HTTP_REACH_ANY,
					 .method = "POST",
					 .headers = headers,
					 .header_count = 3,
					 .body = "some\nbody",
					 .body_length = 9 },
		    "http://127.0.0.1:%u/p", f.port);
	assert_answer(reply, 200,
		      "POST /p user-agent=roost/test content-type=text/x-test x-mark=one two "
		      "x-empty= some\nbody");
	assert_string_equal(http_result_header(reply->as.http, "content-type"), "text/plain");
	assert_answer(ask(asker, (struct http_order){ .reach = HTTP_REACH_ANY, .method = "DELETE" },
			  "http://127.0.0.1:%u/d", f.port),
		      200, "DELETE /d user-agent=roost/test ");
	assert_answer(ask(asker, (struct http_order){ .reach = HTTP_REACH_ANY, .method = "POST" },
			  "http://127.0.0.1:%u/e", f.port),
		      200, "POST /e user-agent=roost/test ");
	assert_answer(ask(asker, (struct http_order){ .reach = HTTP_REACH_ANY, .method = "HEAD" },
			  "http://127.0.0.1:%u/h", f.port),
		      200, "");
	asker_free(asker);
	fixture_stop(&f);
}

static void
a_connection_is_used_again(void **unused)
{
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct asker *asker = asker_new(NULL, NULL);

	(void)unused;
	fixture_start(&f, NULL, NULL);
	for (int i = 0; i < 10; i++)
		assert_answer(ask(asker, ANY, "http://127.0.0.1:%u/a", f.port), 200,
			      "GET /a user-agent=roost/test ");
	asker_free(asker);
	fixture_stop(&f);
	assert_int_equal(f.handled, 10);
}

static void
redirects_and_errors_are_answers_and_cookies_are_not_kept(void **unused)
{
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct asker *asker = asker_new(NULL, NULL);
	const struct reply *reply;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	reply = ask(asker, ANY, "http://127.0.0.1:%u/moved", f.port);
	assert_answer(reply, 302, "GET /moved user-agent=roost/test ");
	assert_string_equal(http_result_header(reply->as.http, "location"), "/elsewhere");
	assert_string_equal(http_result_header(reply->as.http, "x-odd"), "a  b");
	assert_answer(ask(asker, ANY, "http://127.0.0.1:%u/after", f.port), 200,
		      "GET /after user-agent=roost/test ");
	asker_free(asker);
	fixture_stop(&f);
}

static void
a_long_answer_is_cut_and_not_read_to_its_end(void **unused)
{
	struct script script = { .says = "HTTP/1.1 200 OK\r\n\r\n", .again = SIZE_MAX };
	struct asker *asker = asker_new(NULL, NULL);
	const struct reply *reply;

	(void)unused;
	script_start(&script);
	reply = ask(asker, (struct http_order){ .reach = HTTP_REACH_ANY, .answer_limit = 1000 },
		    "http://127.0.0.1:%u/", script.port);
	assert_int_equal(reply->result, REPLY_DONE);
	assert_int_equal(reply->as.http->body_length, 1000);
	script_end(&script);
	asker_free(asker);
}

static void
an_interim_answer_is_not_the_answer(void **unused)
{
	struct script script = { .says = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
					 "HTTP/1.1 404 No\r\nA: b\r\nContent-Length: 2\r\n\r\nno" };
	struct asker *asker = asker_new(NULL, NULL);
	const struct reply *reply;

	(void)unused;
	script_start(&script);
	reply = ask(asker, ANY, "http://127.0.0.1:%u/", script.port);
	assert_answer(reply, 404, "no");
	assert_null(http_result_header(reply->as.http, "link"));
	assert_string_equal(http_result_header(reply->as.http, "a"), "b");
	script_end(&script);
	asker_free(asker);
}

static void
what_was_sent_and_not_answered_whole_is_unknown(void **unused)
{
	static const struct {
		const char *says;
		size_t again;
	} rows[] = {
		{ "", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Le", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive", 0 },
		{ "nonsense\r\n\r\n", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0 },
		{ "HTTP/1.1 200 OK\r\nX: ", 200000 },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct script script = { .says = rows[i].says, .again = rows[i].again };
		struct asker *asker = asker_new(NULL, NULL);

		script_start(&script);
		assert_reply(ask(asker, ANY, "http://127.0.0.1:%u/", script.port), REPLY_UNKNOWN,
			     "127.0.0.1");
		script_end(&script);
		asker_free(asker);
	}
}

static void
many_short_headers_are_bounded_too(void **unused)
{
	CLEANUP(buf_deinit) struct buf head = BUF_NULL;
	struct script script;
	struct asker *asker = asker_new(NULL, NULL);

	(void)unused;
	buf_put_text(&head, "HTTP/1.1 200 OK\r\n");
	while (head.length < 80000)
		buf_put_text(&head, "Name: value\r\n");
	buf_put_text(&head, "\r\n");
	script = (struct script){ .says = buf_text(&head) };
	script_start(&script);
	assert_reply(ask(asker, ANY, "http://127.0.0.1:%u/", script.port), REPLY_UNKNOWN,
		     "headers are too long");
	script_end(&script);
	asker_free(asker);
}

static void
what_never_left_is_refused_with_its_reason(void **unused)
{
	struct script deaf = { .is_deaf = true, .holds = true };
	struct script closed = { .is_deaf = true };
	struct asker *asker = asker_new(NULL, NULL);

	(void)unused;
	assert_reply(ask(asker, ANY, "http://127.0.0.1:1/"), REPLY_REFUSED,
		     "127.0.0.1:1: nothing listens there");
	assert_reply(ask(asker, ANY, "http://nobody.invalid/secret"), REPLY_REFUSED,
		     "nobody.invalid:80: there is no such name");
	script_start(&deaf);
	assert_reply(ask(asker, WITHIN(150), "https://127.0.0.1:%u/", deaf.port), REPLY_REFUSED,
		     "no connection in time");
	script_end(&deaf);
	script_start(&closed);
	assert_reply(ask(asker, ANY, "https://127.0.0.1:%u/", closed.port), REPLY_REFUSED,
		     "no connection could be made");
	script_end(&closed);
	asker_free(asker);
}

static void
no_answer_in_time_is_unknown(void **unused)
{
	struct script script = { .says = "", .holds = true };
	struct script begun = { .says = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbut",
				.holds = true };
	struct asker *asker = asker_new(NULL, NULL);

	(void)unused;
	script_start(&script);
	assert_reply(ask(asker, WITHIN(150), "http://127.0.0.1:%u/", script.port), REPLY_UNKNOWN,
		     "no whole answer came in time");
	script_end(&script);
	script_start(&begun);
	assert_reply(ask(asker, WITHIN(150), "http://127.0.0.1:%u/", begun.port), REPLY_UNKNOWN,
		     "no whole answer came in time");
	script_end(&begun);
	asker_free(asker);
}

static void
an_order_that_can_never_be_sent_is_refused(void **unused)
{
	static const char *const urls[] = { "",
					    "nonsense",
					    "/path",
					    "ftp://127.0.0.1/",
					    "file:///etc/passwd",
					    "gopher://127.0.0.1/",
					    "http://user:word@127.0.0.1/",
					    "https://user@127.0.0.1/",
					    "http://",
					    "http://a b/",
					    "http://127.0.0.1:99999/",
					    "http://127.0.0.1/\r\nX: y" };
	static const char *const headers[] = { "X-A: b\r\nX-C: d" };
	struct asker *asker = asker_new(NULL, NULL);

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(urls); i++)
		assert_reply(ask(asker, ANY, "%s", urls[i]), REPLY_REFUSED, "the address");
	assert_reply(ask(asker,
			 (struct http_order){ .headers = headers, .header_count = 1, .reach = 1 },
			 "http://127.0.0.1:1/"),
		     REPLY_REFUSED, "header");
	asker_free(asker);
}

static void
a_user_cannot_reach_what_is_not_public(void **unused)
{
	static const char *const hosts[] = { "127.0.0.1",  "localhost",	 "127.1",
					     "2130706433", "0x7f000001", "[::ffff:127.0.0.1]",
					     "0.0.0.0",	   "0",		 "017700000001" };
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct asker *asker = asker_new(NULL, NULL);

	(void)unused;
	fixture_start(&f, NULL, NULL);
	for (size_t i = 0; i < ELEMENTS(hosts); i++)
		assert_reply(ask(asker, PUBLIC, "http://%s:%u/", hosts[i], f.port), REPLY_REFUSED,
			     "outbound.allow");
	assert_reply(ask(asker, PUBLIC, "http://169.254.169.254/latest/"), REPLY_REFUSED,
		     "where clouds keep their secrets");
	asker_free(asker);
	fixture_stop(&f);
	assert_int_equal(f.handled, 0);
}

static void
a_kept_connection_of_the_operators_is_not_a_users(void **unused)
{
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct asker *asker = asker_new(NULL, NULL);

	(void)unused;
	fixture_start(&f, NULL, NULL);
	assert_answer(ask(asker, ANY, "http://127.0.0.1:%u/", f.port), 200,
		      "GET / user-agent=roost/test ");
	assert_reply(ask(asker, PUBLIC, "http://127.0.0.1:%u/", f.port), REPLY_REFUSED,
		     "outbound.allow");
	asker_free(asker);
	fixture_stop(&f);
	assert_int_equal(f.handled, 1);
}

static void
what_the_operator_allows_may_be_reached(void **unused)
{
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct asker *asker = asker_new(NULL, "127.0.0.0/8");

	(void)unused;
	fixture_start(&f, NULL, NULL);
	assert_answer(ask(asker, PUBLIC, "http://127.0.0.1:%u/", f.port), 200,
		      "GET / user-agent=roost/test ");
	fetch_port_configure(asker->port, &(struct fetch_options){ .user_agent = "roost/other" });
	assert_reply(ask(asker, PUBLIC, "http://127.0.0.1:%u/", f.port), REPLY_REFUSED,
		     "outbound.allow");
	asker_free(asker);
	fixture_stop(&f);
}

static void
a_certificate_must_be_trusted_and_name_the_host(void **unused)
{
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct certificate_files files = certificate_files_new("127.0.0.1", "IP:127.0.0.1");
	struct asker *asker = asker_new(NULL, NULL), *trusting = asker_new(files.certificate, NULL);
	struct asker *odd = asker_new("/nonexistent.pem", NULL);
	char why[REASON_LIMIT + 1];
	struct http_tls *tls;

	(void)unused;
	tls = http_tls_new(files.certificate, files.key, why);
	assert_non_null(tls);
	fixture_start(&f, tls, NULL);
	assert_reply(ask(asker, ANY, "https://127.0.0.1:%u/", f.port), REPLY_REFUSED,
		     "certificate is not trusted");
	assert_answer(ask(trusting, ANY, "https://127.0.0.1:%u/a", f.port), 200,
		      "GET /a user-agent=roost/test ");
	assert_reply(ask(trusting, ANY, "https://localhost:%u/", f.port), REPLY_REFUSED,
		     "certificate is not trusted");
	assert_reply(ask(odd, ANY, "https://127.0.0.1:%u/", f.port), REPLY_REFUSED,
		     "outbound.ca_file");
	asker_free(asker);
	asker_free(trusting);
	asker_free(odd);
	fixture_stop(&f);
	http_tls_free(tls);
	certificate_files_remove(&files);
}

static void
nothing_comes_from_the_environment(void **unused)
{
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct asker *asker;

	(void)unused;
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
	asker = asker_new(NULL, NULL);
	fixture_start(&f, NULL, NULL);
	assert_answer(ask(asker, ANY, "http://127.0.0.1:%u/", f.port), 200,
		      "GET / user-agent=roost/test ");
	asker_free(asker);
	fixture_stop(&f);
	(void)unsetenv("http_proxy");
	(void)unsetenv("all_proxy");
}

static void
a_slow_host_has_only_so_many_at_once_and_all_come_through(void **unused)
{
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct asker *asker = asker_new(NULL, "127.0.0.1");
	struct http_order order = { .method = "GET",
				    .within = DURATION_S(30),
				    .answer_limit = 100,
				    .reach = HTTP_REACH_PUBLIC };
	char url[64];

	(void)unused;
	at_once = most_at_once = 0;
	fixture_start(&f, NULL, NULL);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/slow", f.port);
	order.url = url;
	for (uint64_t i = 1; i <= 40; i++)
		put(asker, i, &order);
	wait_for(asker, 40);
	for (size_t i = 0; i < 40; i++)
		assert_answer(&asker->replies[i], 200, "slow");
	assert_true(most_at_once <= FETCH_PUBLIC_HOST_LIMIT);
	assert_true(most_at_once >= 2);
	asker_free(asker);
	fixture_stop(&f);
}

static void
who_waits_too_long_for_a_turn_is_refused(void **unused)
{
	struct server_fixture f = { .settings = HTTP_SETTINGS_DEFAULT, .handle = handle };
	struct asker *asker = asker_new(NULL, "127.0.0.1");
	struct http_order order = { .method = "GET",
				    .within = DURATION_MS(300),
				    .answer_limit = 100,
				    .reach = HTTP_REACH_PUBLIC };
	char url[64];
	size_t refused = 0;

	(void)unused;
	fixture_start(&f, NULL, NULL);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/late", f.port);
	order.url = url;
	for (uint64_t i = 1; i <= FETCH_PUBLIC_HOST_LIMIT + 3; i++)
		put(asker, i, &order);
	wait_for(asker, FETCH_PUBLIC_HOST_LIMIT + 3);
	for (size_t i = 0; i < asker->count; i++) {
		if (asker->replies[i].result == REPLY_REFUSED) {
			assert_reply(&asker->replies[i], REPLY_REFUSED, "in time");
			refused++;
		}
	}
	assert_in_range(refused, 1, 3);
	asker_free(asker);
	fixture_stop(&f);
}

static void
the_port_may_go_at_any_time(void **unused)
{
	struct script script = { .says = "", .holds = true };
	struct asker *asker = asker_new(NULL, NULL);
	char url[64];
	struct http_order order = { .method = "GET",
				    .within = DURATION_S(30),
				    .answer_limit = 100,
				    .reach = HTTP_REACH_ANY };

	(void)unused;
	script_start(&script);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", script.port);
	order.url = url;
	put(asker, 1, &order);
	for (int i = 0; i < 3; i++)
		(void)uv_run(&asker->loop, UV_RUN_NOWAIT);
	order.url = "http://nobody.invalid/";
	put(asker, 2, &order);
	(void)uv_run(&asker->loop, UV_RUN_NOWAIT);
	order.url = "nonsense";
	put(asker, 3, &order);
	asker_free(asker);
	script_end(&script);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_goes_out_and_its_answer_comes_back),
		cmocka_unit_test(a_connection_is_used_again),
		cmocka_unit_test(redirects_and_errors_are_answers_and_cookies_are_not_kept),
		cmocka_unit_test(a_long_answer_is_cut_and_not_read_to_its_end),
		cmocka_unit_test(an_interim_answer_is_not_the_answer),
		cmocka_unit_test(what_was_sent_and_not_answered_whole_is_unknown),
		cmocka_unit_test(many_short_headers_are_bounded_too),
		cmocka_unit_test(what_never_left_is_refused_with_its_reason),
		cmocka_unit_test(no_answer_in_time_is_unknown),
		cmocka_unit_test(an_order_that_can_never_be_sent_is_refused),
		cmocka_unit_test(a_user_cannot_reach_what_is_not_public),
		cmocka_unit_test(a_kept_connection_of_the_operators_is_not_a_users),
		cmocka_unit_test(what_the_operator_allows_may_be_reached),
		cmocka_unit_test(a_certificate_must_be_trusted_and_name_the_host),
		cmocka_unit_test(nothing_comes_from_the_environment),
		cmocka_unit_test(a_slow_host_has_only_so_many_at_once_and_all_come_through),
		cmocka_unit_test(who_waits_too_long_for_a_turn_is_refused),
		cmocka_unit_test(the_port_may_go_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
