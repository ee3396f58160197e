/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/probe_port.h"
#include "wire/minecraft/handshake.h"
#include "wire/minecraft/status.h"
#include "wire/proxyproto.h"

/* A game on a socket of its own: hears, and says one thing, in pieces of `piece` bytes. */
struct place {
	uv_loop_t loop;
	struct probe_port *port;
	uv_tcp_t game;
	struct endpoint address;
	uv_tcp_t *visitor;
	struct buf heard, says;
	size_t piece;
	bool closes; /* at once */
	unsigned query_port;
	bool inside;
	size_t replies;
	struct reply reply;
};

static void
on_fact(void *argument, const struct fact *fact)
{
	struct place *place = argument;

	assert_false(place->inside);
	assert_int_equal(fact->kind, FACT_REPLY);
	reply_deinit(&place->reply);
	place->reply = fact->as.reply;
	place->replies++;
}

static void
on_visitor_closed(uv_handle_t *handle)
{
	mem_free(handle);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	struct place *place = handle->data;

	(void)suggested;
	buf_reserve(&place->heard, 4096);
	*ret_buffer = uv_buf_init((char *)place->heard.data + place->heard.length, 4096);
}

static void
on_heard(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct place *place = stream->data;
	size_t at = 0;

	(void)buffer;
	if (got < 0) {
		place->visitor = NULL;
		uv_close((uv_handle_t *)stream, on_visitor_closed);
		return;
	}
	place->heard.length += (size_t)got;
	while (at < place->says.length) {
		size_t part = place->says.length - at < place->piece ? place->says.length - at
								     : place->piece;
		uv_buf_t bytes = uv_buf_init((char *)place->says.data + at, (unsigned)part);
		int wrote = uv_try_write(stream, &bytes, 1);

		if (wrote < 0)
			break;
		at += (size_t)wrote;
	}
}

static void
on_visit(uv_stream_t *game, int status)
{
	struct place *place = game->data;
	uv_tcp_t *visitor = mem_new(sizeof *visitor);

	assert_int_equal(status, 0);
	assert_int_equal(uv_tcp_init(&place->loop, visitor), 0);
	visitor->data = place;
	assert_int_equal(uv_accept(game, (uv_stream_t *)visitor), 0);
	(void)uv_tcp_nodelay(visitor, 1);
	if (place->closes) {
		uv_close((uv_handle_t *)visitor, on_visitor_closed);
		return;
	}
	place->visitor = visitor;
	assert_int_equal(uv_read_start((uv_stream_t *)visitor, on_alloc, on_heard), 0);
}

static struct place *
place_new(void)
{
	struct place *place = mem_new(sizeof *place);
	struct sockaddr_storage name;
	struct sockaddr_in any;
	int size = sizeof name;

	assert_int_equal(uv_loop_init(&place->loop), 0);
	place->port = probe_port_new(&place->loop, on_fact, place);
	place->game.data = place;
	place->piece = 1 << 20;
	assert_int_equal(uv_tcp_init(&place->loop, &place->game), 0);
	assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &any), 0);
	assert_int_equal(uv_tcp_bind(&place->game, (struct sockaddr *)&any, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&place->game, 8, on_visit), 0);
	assert_int_equal(uv_tcp_getsockname(&place->game, (struct sockaddr *)&name, &size), 0);
	place->address.port = ntohs(((struct sockaddr_in *)&name)->sin_port);
	(void)text_put(place->address.host, sizeof place->address.host, "127.0.0.1");
	return place;
}

static void
place_free(struct place *place)
{
	probe_port_free(place->port);
	uv_close((uv_handle_t *)&place->game, NULL);
	if (place->visitor != NULL)
		uv_close((uv_handle_t *)place->visitor, on_visitor_closed);
	(void)uv_run(&place->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&place->loop), 0);
	reply_deinit(&place->reply);
	buf_deinit(&place->heard);
	buf_deinit(&place->says);
	mem_free(place);
}

static void
send_question(struct place *place, enum game game, bool proxy, int64_t ms)
{
	place->inside = true;
	place->port->ask(place->port, (struct ticket){ 9 },
			 &(struct probe_question){ .game = game,
						   .address = &place->address,
						   .query_port = place->query_port,
						   .protocol = 769,
						   .proxy_protocol = proxy,
						   .within = DURATION_MS(ms) });
	place->inside = false;
}

static void
ask(struct place *place, enum game game, bool proxy, int64_t ms)
{
	size_t before = place->replies;

	send_question(place, game, proxy, ms);
	while (place->replies == before)
		(void)uv_run(&place->loop, UV_RUN_ONCE);
	assert_int_equal(place->reply.ticket.v, 9);
}

static void
assert_refused(struct place *place, const char *part)
{
	assert_int_equal(place->reply.result, REPLY_REFUSED);
	if (strstr(place->reply.reason, part) == NULL)
		fail_msg("'%s' does not hold '%s'", place->reply.reason, part);
}

static const char status[] = "{\"version\":{\"name\":\"1.21.4\",\"protocol\":769},"
			     "\"players\":{\"max\":20,\"online\":2}}";

static void
a_minecraft_server_tells_who_is_on_however_its_bytes_come(void **unused)
{
	(void)unused;
	for (size_t piece = 1; piece < 200; piece += 33) {
		struct place *place = place_new();
		struct handshake handshake;
		size_t used;

		place->piece = piece;
		status_response_print(&place->says, status, strlen(status));
		ask(place, GAME_MINECRAFT_JAVA, false, 20000);
		assert_int_equal(place->reply.result, REPLY_DONE);
		assert_int_equal(place->reply.holds, REPLY_PROBE);
		assert_int_equal(place->reply.as.probe->online, 2);
		assert_int_equal(place->reply.as.probe->protocol, 769);
		assert_int_equal(handshake_parse(place->heard.data, place->heard.length, 2048,
						 &handshake, &used),
				 WIRE_DONE);
		assert_int_equal(handshake.intent, INTENT_STATUS);
		assert_int_equal(handshake.protocol, 769);
		place_free(place);
	}
}

static void
a_proxied_server_is_greeted_as_a_proxys_health_check_does(void **unused)
{
	struct place *place = place_new();
	struct proxyproto header;
	size_t used;

	(void)unused;
	status_response_print(&place->says, status, strlen(status));
	ask(place, GAME_MINECRAFT_JAVA, true, 20000);
	assert_int_equal(place->reply.result, REPLY_DONE);
	assert_int_equal(proxyproto_parse(place->heard.data, place->heard.length, &header, &used),
			 WIRE_DONE);
	assert_false(header.is_told);
	place_free(place);
}

static void
a_tcp_game_is_there_when_its_port_accepts(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	ask(place, GAME_TCP, false, 20000);
	assert_int_equal(place->reply.result, REPLY_DONE);
	ask(place, GAME_TCP, true, 20000);
	assert_int_equal(place->reply.result, REPLY_DONE);
	place_free(place);
}

static void
a_name_is_looked_up(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	(void)text_put(place->address.host, sizeof place->address.host, "localhost");
	ask(place, GAME_TCP, false, 20000);
	assert_int_equal(place->reply.result, REPLY_DONE);
	(void)text_put(place->address.host, sizeof place->address.host, "nowhere.invalid");
	ask(place, GAME_TCP, false, 20000);
	assert_refused(place, "nowhere.invalid");
	assert_refused(place, "looked up");
	place_free(place);
}

static void
a_closed_port_is_refused_at_once(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	uv_close((uv_handle_t *)&place->game, NULL);
	(void)uv_run(&place->loop, UV_RUN_NOWAIT);
	ask(place, GAME_MINECRAFT_JAVA, false, 20000);
	assert_refused(place, "nothing listens there yet");
	assert_int_equal(uv_tcp_init(&place->loop, &place->game), 0);
	place_free(place);
}

static void
a_silent_game_is_given_up_at_the_deadline(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	ask(place, GAME_MINECRAFT_JAVA, false, 100);
	assert_refused(place, "no answer in time");
	place_free(place);
}

static void
what_is_no_minecraft_server_is_told_as_such(void **unused)
{
	static const char *const wrong[] = {
		"HTTP/1.1 400 Bad Request\r\nServer: something else\r\n"
		"Content-Type: text/plain\r\n\r\nno",
		"\xff\xff\xff\xff", "\x03\x00\x01{"
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct place *place = place_new();

		buf_put(&place->says, wrong[i], i == 2 ? 4 : strlen(wrong[i]));
		ask(place, GAME_MINECRAFT_JAVA, false, 20000);
		assert_refused(place, "not a Minecraft server");
		place_free(place);
	}
}

static void
a_game_that_hangs_up_is_told_as_such(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	place->closes = true;
	ask(place, GAME_MINECRAFT_JAVA, false, 20000);
	assert_int_equal(place->reply.result, REPLY_REFUSED);
	place_free(place);
}

static void
questions_under_way_are_dropped_with_the_port(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	send_question(place, GAME_MINECRAFT_JAVA, false, 20000);
	(void)text_put(place->address.host, sizeof place->address.host, "localhost");
	send_question(place, GAME_MINECRAFT_JAVA, false, 20000);
	place_free(place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minecraft_server_tells_who_is_on_however_its_bytes_come),
		cmocka_unit_test(a_proxied_server_is_greeted_as_a_proxys_health_check_does),
		cmocka_unit_test(a_tcp_game_is_there_when_its_port_accepts),
		cmocka_unit_test(a_name_is_looked_up),
		cmocka_unit_test(a_closed_port_is_refused_at_once),
		cmocka_unit_test(a_silent_game_is_given_up_at_the_deadline),
		cmocka_unit_test(what_is_no_minecraft_server_is_told_as_such),
		cmocka_unit_test(a_game_that_hangs_up_is_told_as_such),
		cmocka_unit_test(questions_under_way_are_dropped_with_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
