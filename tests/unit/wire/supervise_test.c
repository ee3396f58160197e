/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "wire/supervise/message.h"
#include "wire/supervise/order.h"
#include "wire/supervise/procfs.h"

static struct run_record
some_record(void)
{
	return (struct run_record){ .token = "01ARZ3NDEKTSV4RRFFQ69G5FAV",
				    .server = "survival",
				    .pid = 4711,
				    .start_time = 987654321,
				    .boot_id = "41685ab3-d02b-4388-a3f4-6ca0fa896c8b",
				    .started_at = { 1795209360123 },
				    .exit_status = 3,
				    .ready_line = "Done (",
				    .ready_line_seen = true,
				    .memory_limit = 1 << 30,
				    .tail = "one\ntwo \"three\"" };
}

static void
a_message_is_read_back_and_each_prefix_of_it_is_unfinished(void **unused)
{
	struct run_record record = some_record();
	const struct message messages[] = {
		{ .kind = MESSAGE_SAY, .serial = 2, .text = (char *)"say \"hi\" \\ \xc3\xa9" },
		{ .kind = MESSAGE_SIGNAL, .serial = 3, .number = 15 },
		{ .kind = MESSAGE_ASK, .serial = 4 },
		{ .kind = MESSAGE_DONE, .serial = 5 },
		{ .kind = MESSAGE_REFUSED, .serial = 6, .text = (char *)"no" },
		{ .kind = MESSAGE_STATUS, .serial = 7, .status = &record },
		{ .kind = MESSAGE_LINE, .text = (char *)"" },
		{ .kind = MESSAGE_READY },
	};

	(void)unused;
	assert_int_equal(ELEMENTS(messages), MESSAGE_MAX);
	for (size_t i = 0; i < ELEMENTS(messages); i++) {
		CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
		CLEANUP(message_deinit) struct message found = { 0 };
		size_t used;

		message_put(&messages[i], &bytes);
		for (size_t length = 0; length < bytes.length; length++) {
			unsigned char *copy = malloc(length + 1);

			memcpy(copy, bytes.data, length);
			assert_int_equal(message_take(copy, length, &found, &used),
					 MESSAGE_UNFINISHED);
			free(copy);
		}
		buf_put_text(&bytes, "next");
		assert_int_equal(message_take(bytes.data, bytes.length, &found, &used),
				 MESSAGE_FOUND);
		assert_int_equal(used, bytes.length - 4);
		assert_int_equal(found.kind, messages[i].kind);
		assert_int_equal(found.serial, messages[i].serial);
		assert_int_equal(found.number, messages[i].number);
		assert_true(text_equal(found.text, messages[i].text));
		if (found.status != NULL)
			assert_memory_equal(found.status, &record,
					    offsetof(struct run_record, tail));
	}
}

static void
what_is_no_message_is_wrong(void **unused)
{
	static const char *const wrong[] = {
		"\n",
		"hello\n",
		"[]\n",
		"{}\n",
		"{\"is\":\"ask\"}\n",
		"{\"is\":\"ask\",\"serial\":-1}\n",
		"{\"is\":\"dance\",\"serial\":1}\n",
		"{\"is\":\"say\",\"serial\":1}\n",
		"{\"is\":\"say\",\"serial\":1,\"text\":\"two\\nlines\"}\n",
		"{\"is\":\"signal\",\"serial\":1,\"number\":0}\n",
		"{\"is\":\"signal\",\"serial\":1,\"number\":65}\n",
		"{\"is\":\"status\",\"serial\":1,\"status\":{}}\n",
		"{\"is\":\"ask\",\"is\":\"ask\",\"serial\":1}\n",
	};
	CLEANUP(buf_deinit) struct buf endless = BUF_NULL;
	struct message message = { 0 };
	size_t used;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_int_equal(message_take(wrong[i], strlen(wrong[i]), &message, &used),
				 MESSAGE_WRONG);
	while (endless.length < SUPERVISE_MESSAGE_LIMIT)
		buf_put_byte(&endless, 'x');
	assert_int_equal(message_take(endless.data, endless.length - 1, &message, &used),
			 MESSAGE_UNFINISHED);
	assert_int_equal(message_take(endless.data, endless.length, &message, &used),
			 MESSAGE_WRONG);
}

static void
a_record_without_any_of_its_parts_is_none(void **unused)
{
	static const char *const needed[] = { "token",	     "server",	     "pid",
					      "start_time",  "boot_id",	     "exit_status",
					      "exit_signal", "memory_limit", "tail" };
	struct run_record record = some_record(), found;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(needed); i++) {
		CLEANUP(json_freep) json_t *object = run_record_json(&record);

		assert_true(run_record_parse(object, &found));
		assert_int_equal(json_object_del(object, needed[i]), 0);
		assert_false(run_record_parse(object, &found));
	}
	assert_false(run_record_parse(NULL, &found));
}

static void
a_token_is_short_and_plain(void **unused)
{
	static const char *const bad[] = { "",
					   ".",
					   "..",
					   "a/b",
					   "a b",
					   "a.b",
					   "\xc3\xa9",
					   "1234567890123456789012345678901234567890"
					   "123456789012345678901" };

	(void)unused;
	assert_true(run_token_is_valid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
	assert_true(run_token_is_valid("a-B-9"));
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_false(run_token_is_valid(bad[i]));
}

static void
an_order_is_read_back(void **unused)
{
	char *command[] = { (char *)"java", (char *)"-Xmx2G", NULL };
	char *environment[] = { (char *)"A=b", (char *)"BAD=\xff", (char *)"C=d\ne", NULL };
	const struct supervise_order order = { .token = (char *)"t",
					       .server = (char *)"survival",
					       .command = command,
					       .directory = (char *)"/srv",
					       .environment = environment,
					       .ready_line = (char *)"",
					       .group = (char *)"/g",
					       .pty = true,
					       .memory = 5,
					       .cpu_millis = 6 };
	CLEANUP(supervise_order_deinit) struct supervise_order found = { 0 };
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

	(void)unused;
	supervise_order_put(&order, &bytes);
	assert_true(supervise_order_parse(bytes.data, bytes.length, &found));
	assert_string_equal(found.command[1], "-Xmx2G");
	assert_null(found.command[2]);
	assert_string_equal(found.environment[1], "C=d\ne");
	assert_null(found.environment[2]);
	assert_true(found.pty && found.memory == 5 && found.cpu_millis == 6);
	for (size_t length = 0; length < bytes.length; length++) {
		struct supervise_order none;

		assert_false(supervise_order_parse(bytes.data, length, &none));
	}
}

static void
a_process_is_read_whatever_it_is_called(void **unused)
{
	struct proc_stat stat;

	(void)unused;
	assert_true(proc_stat_parse(
		"4711 (a) R 1) (b) S 42 4711 4710 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 "
		"123456 8192 77 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0",
		&stat));
	assert_int_equal(stat.pid, 4711);
	assert_int_equal(stat.state, 'S');
	assert_int_equal(stat.parent, 42);
	assert_int_equal(stat.group, 4711);
	assert_int_equal(stat.session, 4710);
	assert_int_equal(stat.cpu_ticks, 100);
	assert_int_equal(stat.start_time, 123456);
	assert_int_equal(stat.resident, 77);
	assert_false(proc_stat_parse("", &stat));
	assert_false(proc_stat_parse("1 (x) S 1", &stat));
	assert_false(proc_stat_parse("no", &stat));
}

static void
control_groups_are_found_in_either_layout(void **unused)
{
	uint64_t number;
	char path[64];

	(void)unused;
	assert_true(cgroup_path_parse("9:name=systemd:/x\n4:memory:/y\n0::/system.slice/r\n", path,
				      sizeof path));
	assert_string_equal(path, "/system.slice/r");
	assert_false(cgroup_path_parse("4:memory:/y\n", path, sizeof path));
	assert_true(cgroup_mount_parse(
		"30 23 0:26 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro\n"
		"31 30 0:27 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw\n",
		path, sizeof path));
	assert_string_equal(path, "/sys/fs/cgroup/unified");
	assert_false(cgroup_mount_parse("30 23 0:26 / / rw - ext4 /dev/x rw\n", path, sizeof path));
	assert_true(keyed_number_parse("low 0\noom 2\noom_kill 1\n", "oom_kill", &number));
	assert_int_equal(number, 1);
	assert_false(keyed_number_parse("oom_kills 1\n", "oom_kill", &number));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_read_back_and_each_prefix_of_it_is_unfinished),
		cmocka_unit_test(what_is_no_message_is_wrong),
		cmocka_unit_test(a_record_without_any_of_its_parts_is_none),
		cmocka_unit_test(a_token_is_short_and_plain),
		cmocka_unit_test(an_order_is_read_back),
		cmocka_unit_test(a_process_is_read_whatever_it_is_called),
		cmocka_unit_test(control_groups_are_found_in_either_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
