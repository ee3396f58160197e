/* SPDX-License-Identifier: Apache-2.0 */
/* What a wish leads to is told to the connection that asked, and to no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/call.h"
#include "api_fixture.h"

#define MINE  "VFoyGcaIjoECIjw="
#define YOURS "AAAAAAAAAAAAAAA="

static struct {
	struct connections_port port;
	struct buf said; /* "CONNECTION OWNER TYPE " each */
	char request[ID_TEXT_SIZE];
	uint64_t last; /* offset told */
} heard;

static void
on_send(struct connections_port *port, const char *id, const char *user, const void *bytes,
	size_t length)
{
	CLEANUP(json_freep) json_t *message = json_loadb(bytes, length, 0, NULL);
	const json_t *event = json_object_get(message, "event");
	unsigned long long offset = 0;

	(void)port;
	assert_string_equal(json_get_text(message, "type", ""), "progress");
	(void)text_put(heard.request, sizeof heard.request,
		       json_get_text(message, "request_id", ""));
	assert_int_equal(sscanf(json_get_text(event, "id", ""), "01TEST:%llu", &offset), 1);
	assert_true(offset > heard.last);
	heard.last = offset;
	buf_format(&heard.said, "%s/%s/%s ", strcmp(id, MINE) == 0 ? "mine" : "yours", user,
		   json_get_text(event, "type", "") + strlen("server."));
}

static int
setup(void **state)
{
	struct api_fixture *f;

	assert_int_equal(api_fixture_new(state), 0);
	f = *state;
	f->world.boot = DURATION_S(5);
	memset(&heard, 0, sizeof heard);
	heard.port.send_to = on_send;
	api_use_connections(f->api, &heard.port);
	return 0;
}

static int
teardown(void **state)
{
	buf_deinit(&heard.said);
	return api_fixture_free(state);
}

static const struct correlations *
followed(const struct api_fixture *f)
{
	return f->api->correlations;
}

/* Wish by the header; the answer's request_id goes to `request`. */
static void
wish(struct api_fixture *f, enum role role, const char *what, const char *connection,
     char request[static ID_TEXT_SIZE])
{
	CLEANUP(text_freep) char *path = text_format("/v1/servers/survival/%s", what);
	CLEANUP(json_freep)
	json_t *json = api_expect(f,
				  (struct asked){ .method = API_POST,
						  .path = path,
						  .bearer = f->token[role],
						  .connection_id = connection },
				  202);

	(void)text_put(request, ID_TEXT_SIZE, json_get_text(json, "request_id", ""));
}

static void
every_step_of_a_wake_is_told_in_order_until_it_is_ready(void **state)
{
	struct api_fixture *f = *state;
	char request[ID_TEXT_SIZE];

	wish(f, ROLE_PLAYER, "wake", MINE, request);
	assert_int_equal(correlations_count(followed(f)), 1);
	fixture_run(&f->world, DURATION_S(30));
	assert_true(text_starts_with(buf_text(&heard.said),
				     "mine/p/wake_requested mine/p/phase_changed "));
	assert_true(text_ends_with(buf_text(&heard.said), "mine/p/ready "));
	assert_string_equal(heard.request, request);
	assert_int_equal(correlations_count(followed(f)), 0);
	buf_clear(&heard.said);
	wish(f, ROLE_STAFF, "sleep", NULL, request);
	fixture_run(&f->world, DURATION_S(60));
	assert_string_equal(buf_text(&heard.said), "");
}

static void
every_step_of_a_sleep_is_told_until_it_is_asleep(void **state)
{
	struct api_fixture *f = *state;
	char request[ID_TEXT_SIZE];

	wish(f, ROLE_PLAYER, "wake", NULL, request);
	fixture_run(&f->world, DURATION_S(30));
	wish(f, ROLE_STAFF, "sleep", YOURS, request);
	fixture_run(&f->world, DURATION_S(120));
	/* Staff may name anybody's connection. */
	assert_true(text_starts_with(buf_text(&heard.said), "yours//sleep_requested "));
	assert_true(text_ends_with(buf_text(&heard.said), "yours//asleep "));
	assert_int_equal(correlations_count(followed(f)), 0);
}

static void
a_wish_that_is_fulfilled_already_is_not_followed(void **state)
{
	struct api_fixture *f = *state;
	char request[ID_TEXT_SIZE];

	wish(f, ROLE_STAFF, "sleep", MINE, request);
	assert_int_equal(correlations_count(followed(f)), 0);
	wish(f, ROLE_PLAYER, "wake", NULL, request);
	fixture_run(&f->world, DURATION_S(30));
	wish(f, ROLE_PLAYER, "wake", MINE, request);
	assert_int_equal(correlations_count(followed(f)), 0);
	assert_string_equal(buf_text(&heard.said), "");
}

/* Two ask: each is told, by the id of its own request. */
static void
whoever_asks_for_what_is_under_way_is_told_the_rest(void **state)
{
	struct api_fixture *f = *state;
	char first[ID_TEXT_SIZE], second[ID_TEXT_SIZE];

	wish(f, ROLE_PLAYER, "wake", NULL, first);
	wish(f, ROLE_PLAYER, "wake", YOURS, second);
	assert_int_equal(correlations_count(followed(f)), 1);
	fixture_run(&f->world, DURATION_S(30));
	assert_true(text_ends_with(buf_text(&heard.said), "yours/p/ready "));
	assert_null(strstr(buf_text(&heard.said), "wake_requested"));
	assert_string_equal(heard.request, second);
}

static void
a_wish_that_somebody_else_undoes_ends_there(void **state)
{
	struct api_fixture *f = *state;
	char request[ID_TEXT_SIZE];

	wish(f, ROLE_PLAYER, "wake", MINE, request);
	wish(f, ROLE_STAFF, "sleep", NULL, request);
	assert_int_equal(correlations_count(followed(f)), 0);
	assert_true(text_ends_with(buf_text(&heard.said), "mine/p/sleep_requested "));
	buf_clear(&heard.said);
	/* It sees it asleep on its way, and goes on: that is not its end. */
	wish(f, ROLE_PLAYER, "wake", MINE, request);
	fixture_run(&f->world, DURATION_S(120));
	assert_true(text_ends_with(buf_text(&heard.said), "mine/p/ready "));
	assert_int_equal(correlations_count(followed(f)), 0);
}

static void
what_is_no_id_of_a_connection_is_told_back_and_no_more(void **state)
{
	struct api_fixture *f = *state;
	char request[ID_TEXT_SIZE];

	wish(f, ROLE_PLAYER, "wake", "a mark of my own", request);
	assert_int_equal(correlations_count(followed(f)), 0);
}

static void
whose_rights_change_is_told_no_more(void **state)
{
	struct api_fixture *f = *state;
	char request[ID_TEXT_SIZE];

	wish(f, ROLE_PLAYER, "wake", MINE, request);
	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/users/p",
					       .body = "{\"role\":\"staff\"}" },
			       200));
	assert_int_equal(correlations_count(followed(f)), 0);
}

static void
beyond_the_limit_the_oldest_is_let_go(void **state)
{
	struct api_fixture *f = *state;
	char request[ID_TEXT_SIZE];

	wish(f, ROLE_PLAYER, "wake", NULL, request);
	for (unsigned i = 0; i < CORRELATIONS_LIMIT; i++)
		wish(f, ROLE_PLAYER, "wake", YOURS, request);
	wish(f, ROLE_PLAYER, "wake", MINE, request);
	assert_int_equal(correlations_count(followed(f)), CORRELATIONS_LIMIT);
	/* Rights that change end all of them: nothing is left behind. */
	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/users/p",
					       .body = "{\"role\":\"staff\"}" },
			       200));
	assert_int_equal(correlations_count(followed(f)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(every_step_of_a_wake_is_told_in_order_until_it_is_ready),
		TEST(every_step_of_a_sleep_is_told_until_it_is_asleep),
		TEST(a_wish_that_is_fulfilled_already_is_not_followed),
		TEST(whoever_asks_for_what_is_under_way_is_told_the_rest),
		TEST(a_wish_that_somebody_else_undoes_ends_there),
		TEST(what_is_no_id_of_a_connection_is_told_back_and_no_more),
		TEST(whose_rights_change_is_told_no_more),
		TEST(beyond_the_limit_the_oldest_is_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
