/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/doctor.h"
#include "cli/sentence.h"
#include "cli/wait.h"

static void
assert_says(const char *event, const char *expected)
{
	CLEANUP(json_freep) json_t *json = json_loads(event, 0, NULL);
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	assert_non_null(json);
	(void)sentence_put(&b, json);
	assert_string_equal(buf_text(&b), expected);
}

static void
events_are_told_as_sentences(void **unused)
{
	(void)unused;
	assert_says("{\"type\":\"server.wake_requested\",\"subject\":\"s\",\"data\":"
		    "{\"by\":\"Alex\",\"cause\":\"join\"}}",
		    "Alex knocked and wakes s");
	assert_says("{\"type\":\"server.wake_requested\",\"subject\":\"s\",\"data\":"
		    "{\"by\":\"sam\",\"cause\":\"cli\"}}",
		    "sam wakes s at the command line");
	assert_says("{\"type\":\"server.sleep_requested\",\"subject\":\"s\",\"data\":"
		    "{\"cause\":\"idle\"}}",
		    "s is sent to sleep because nobody was on");
	assert_says("{\"type\":\"server.ready\",\"subject\":\"s\",\"data\":{\"took_ms\":42000}}",
		    "s is ready after 42 s");
	assert_says("{\"type\":\"server.phase_changed\",\"subject\":\"s\",\"data\":"
		    "{\"state\":\"waking\",\"phase\":\"starting\"}}",
		    "s: Starting the game");
	assert_says("{\"type\":\"server.failed\",\"subject\":\"s\",\"data\":"
		    "{\"phase\":\"starting\",\"reason\":\"the port is taken\"}}",
		    "s failed (Starting the game): the port is taken");
	assert_says("{\"type\":\"player.left\",\"subject\":\"s\",\"data\":"
		    "{\"player\":\"Alex\",\"after_ms\":60000}}",
		    "Alex left s after 60 s");
	assert_says("{\"type\":\"server.running_long\",\"subject\":\"s\",\"data\":"
		    "{\"days\":1}}",
		    "s has been running for a day");
	assert_says("{\"type\":\"disk.low\",\"data\":"
		    "{\"free_bytes\":104857600,\"size_bytes\":1073741824}}",
		    "the disk with roost's data is nearly full: 100 of 1024 MiB are free");
	assert_says("{\"type\":\"channel.posted\",\"subject\":\"chat/lobby\",\"data\":"
		    "{\"by\":\"anna\",\"message\":\"hello\"}}",
		    "anna posts to chat/lobby: hello");
	assert_says("{\"type\":\"user.messaged\",\"subject\":\"ben\",\"data\":"
		    "{\"by\":\"sam\",\"message\":{\"n\":1}}}",
		    "sam writes to ben: {\"n\":1}");
	assert_says("{\"type\":\"moon.risen\",\"subject\":\"s\"}", "moon.risen s");
	assert_says("{}", "an event without a type");
}

static void
every_type_of_event_has_a_sentence(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < EVENT_MAX; i++) {
		CLEANUP(json_freep) json_t *event = json_object();
		CLEANUP(buf_deinit) struct buf b = BUF_NULL;

		json_set_text(event, "type", event_word(i));
		json_set_text(event, "subject", "x");
		(void)sentence_put(&b, event);
		if (strstr(buf_text(&b), event_word(i)) != NULL)
			fail_msg("%s has no sentence", event_word(i));
	}
}

static void
nothing_from_the_wire_steers_the_terminal(void **unused)
{
	static const char evil[] = "a\033]0;b\007c\xc2\x9b"
				   "d\r\ne";

	(void)unused;
	for (unsigned i = 0; i < EVENT_MAX; i++) {
		static const char *const keys[] = { "by",    "cause",  "player", "reason", "text",
						    "phase", "state",  "how",	 "line",   "label",
						    "user",  "change", "version" };
		CLEANUP(json_freep) json_t *event = json_object();
		CLEANUP(buf_deinit) struct buf b = BUF_NULL;
		json_t *data = json_object();

		for (size_t j = 0; j < ELEMENTS(keys); j++)
			json_set_text(data, keys[j], evil);
		json_set_text(event, "type", event_word(i));
		json_set_text(event, "subject", evil);
		json_object_set_new(event, "data", data);
		(void)sentence_put(&b, event);
		assert_true(text_is_printable(buf_text(&b), strlen(buf_text(&b))));
	}
}

static void
columns_align_by_what_a_terminal_shows(void **unused)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	struct table t = { .columns = 2 };

	(void)unused;
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("\xc3\xa9\xc3\xa9"), 2);
	assert_int_equal(text_width("e\xcc\x81"), 1);
	assert_int_equal(text_width("\xe4\xb8\x96\xe7\x95\x8c"), 4);
	assert_int_equal(text_width("\xf0\x9f\x98\x80"), 2);
	table_cell(&t, "NAME", COLOUR_NONE);
	table_cell(&t, "STATE", COLOUR_NONE);
	table_cell(&t, "\xe4\xb8\x96\xe7\x95\x8c", COLOUR_NONE);
	table_cell(&t, "up", COLOUR_GOOD);
	table_cell(&t, "\xc3\xa9", COLOUR_NONE);
	table_cell(&t, "x\033[31m", COLOUR_NONE);
	table_put(&t, &b, false);
	table_deinit(&t);
	assert_string_equal(buf_text(&b), "NAME  STATE\n"
					  "\xe4\xb8\x96\xe7\x95\x8c  up\n"
					  "\xc3\xa9     x?[31m\n");
}

static void
a_wait_ends_by_what_is_true(void **unused)
{
	static const struct {
		const char *server;
		enum waited ready, asleep;
	} cases[] = {
		{ "{\"state\":\"waking\",\"wanted\":\"up\"}", WAITED_ON, WAITED_REVERSED },
		{ "{\"state\":\"ready\",\"wanted\":\"up\"}", WAITED_DONE, WAITED_REVERSED },
		{ "{\"state\":\"asleep\",\"wanted\":\"up\"}", WAITED_ON, WAITED_DONE },
		{ "{\"state\":\"failed\",\"wanted\":\"up\"}", WAITED_ON, WAITED_REVERSED },
		{ "{\"state\":\"failed\",\"wanted\":\"down\"}", WAITED_FAILED, WAITED_FAILED },
		{ "{\"state\":\"settling\",\"wanted\":\"down\"}", WAITED_REVERSED, WAITED_ON },
		{ "{\"state\":\"asleep\",\"wanted\":\"down\"}", WAITED_REVERSED, WAITED_DONE },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		CLEANUP(json_freep) json_t *server = json_loads(cases[i].server, 0, NULL);

		assert_int_equal(waited(WAIT_READY, server), cases[i].ready);
		assert_int_equal(waited(WAIT_ASLEEP, server), cases[i].asleep);
	}
}

static void
a_java_is_known_by_what_it_prints(void **unused)
{
	(void)unused;
	assert_int_equal(java_version("openjdk version \"17.0.9\" 2023-10-17"), 17);
	assert_int_equal(java_version("java version \"1.8.0_392\""), 8);
	assert_int_equal(java_version("Picked up JAVA_OPTS\nopenjdk version \"21\" 2023"), 21);
	assert_int_equal(java_version("bash: java: not found"), 0);
	assert_int_equal(java_version(""), 0);
	assert_non_null(strstr(java_meaning(17), "1.20.4"));
	assert_non_null(strstr(java_meaning(24), "26.1"));
	assert_non_null(strstr(java_meaning(7), "too old"));
}

static void
a_java_heap_as_large_as_the_memory_limit_is_seen(void **unused)
{
	static const struct {
		const char *arguments[3];
		int64_t heap;
	} rows[] = {
		{ { "-Xmx2G", "-jar", "server.jar" }, INT64_C(2) << 30 },
		{ { "-Xms1g", "-Xmx512m", "x" }, 512 << 20 },
		{ { "-Xmx1024k", "-Xmx4096", "x" }, 4096 },
		{ { "-Xmx4194304K", "x", "x" }, INT64_C(4) << 30 },
		{ { "-Xmx1073741824", "x", "x" }, 1 << 30 },
		{ { "-Xmx", "-Xmxmuch", "2G" }, 0 },
		{ { "-Xmx99999999999999999999t", "x", "x" }, INT64_MAX },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		char *command[] = { (char *)"java", (char *)rows[i].arguments[0],
				    (char *)rows[i].arguments[1], (char *)rows[i].arguments[2],
				    NULL };

		assert_int_equal(java_heap(command), rows[i].heap);
	}
	assert_true(java_heap_fits(INT64_C(4) << 30, 0));
	assert_true(java_heap_fits(800, 1000));
	assert_false(java_heap_fits(801, 1000));
	assert_false(java_heap_fits(INT64_MAX, INT64_C(4) << 30));
}

static void
who_listens_is_found_in_the_kernels_table(void **unused)
{
	static const char table[] = "  sl  local_address rem_address   st tx_queue rx_queue tr "
				    "tm->when retrnsmt   uid  "
				    "timeout inode\n"
				    "   0: 0100007F:54C5 0100007F:1F90 01 00000000:00000000 "
				    "00:00000000 00000000     0   "
				    "     0 111 1 0000000000000000 20 0 0 10 -1\n"
				    "   1: 0100007F:54C5 00000000:0000 0A 00000000:00000000 "
				    "00:00000000 00000000     0   "
				    "     0 2222 1 0000000000000000 100 0 0 10 0\n";

	(void)unused;
	assert_int_equal(listener_inode(table, 0x54c5), 2222);
	assert_int_equal(listener_inode(table, 80), 0);
	assert_int_equal(listener_inode("", 80), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_told_as_sentences),
		cmocka_unit_test(every_type_of_event_has_a_sentence),
		cmocka_unit_test(nothing_from_the_wire_steers_the_terminal),
		cmocka_unit_test(columns_align_by_what_a_terminal_shows),
		cmocka_unit_test(a_wait_ends_by_what_is_true),
		cmocka_unit_test(a_java_is_known_by_what_it_prints),
		cmocka_unit_test(a_java_heap_as_large_as_the_memory_limit_is_seen),
		cmocka_unit_test(who_listens_is_found_in_the_kernels_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
