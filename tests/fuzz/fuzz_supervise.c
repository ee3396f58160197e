/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a supervisor hears and reads: messages, orders, records, a
 * game's output and the kernel's files. What is understood is written and
 * understood again as the same; what is shown to people is printable and bounded.
 */

#include "fuzz.h"

#include "wire/ansi.h"

#include "wire/supervise/console.h"
#include "wire/supervise/message.h"
#include "wire/supervise/order.h"
#include "wire/supervise/procfs.h"

static void
check_message(const unsigned char *bytes, size_t size)
{
	CLEANUP(message_deinit) struct message message = { 0 };
	CLEANUP(message_deinit) struct message again = { 0 };
	CLEANUP(buf_deinit) struct buf written = BUF_NULL;
	size_t used = 0;

	if (message_take(bytes, size, &message, &used) != MESSAGE_FOUND)
		return;
	ASSERT(used > 0 && used <= size && bytes[used - 1] == '\n');
	message_put(&message, &written);
	ASSERT(message_take(written.data, written.length, &again, &used) == MESSAGE_FOUND);
	ASSERT(used == written.length && again.kind == message.kind);
	ASSERT(again.serial == message.serial && again.number == message.number);
	ASSERT(text_equal(again.text, message.text));
	ASSERT(text_equal(again.styled, message.styled));
	ASSERT(again.place == message.place && again.past == message.past);
	if (message.status != NULL)
		ASSERT(memcmp(message.status, again.status, offsetof(struct run_record, tail)) ==
		       0);
}

/* The file `state` of a run's folder. */
static void
check_record(const unsigned char *bytes, size_t size)
{
	CLEANUP(json_freep) json_t *object = json_loadb((const char *)bytes, size, 0, NULL);
	CLEANUP(json_freep) json_t *written = NULL;
	CLEANUP(json_freep) json_t *rewritten = NULL;
	struct run_record record, again;

	if (!run_record_parse(object, &record))
		return;
	ASSERT(run_token_is_valid(record.token));
	written = run_record_json(&record);
	ASSERT(run_record_parse(written, &again));
	rewritten = run_record_json(&again);
	ASSERT(json_equal(written, rewritten));
}

static void
check_order(const unsigned char *bytes, size_t size)
{
	CLEANUP(supervise_order_deinit) struct supervise_order order = { 0 };
	CLEANUP(supervise_order_deinit) struct supervise_order again = { 0 };
	CLEANUP(buf_deinit) struct buf written = BUF_NULL;

	if (!supervise_order_parse(bytes, size, &order))
		return;
	supervise_order_put(&order, &written);
	ASSERT(supervise_order_parse(written.data, written.length, &again));
	ASSERT(text_equal(order.directory, again.directory) && order.memory == again.memory);
	for (size_t i = 0; order.command[i] != NULL; i++)
		ASSERT(text_equal(order.command[i], again.command[i]));
}

static void
on_line(void *argument, const char *line, const char *styled)
{
	size_t length = strlen(line);

	ASSERT(styled == NULL || (strlen(styled) < ANSI_LINE_SIZE && ansi_is_kept(styled)));
	ASSERT(length <= CONSOLE_LINE_LIMIT && text_is_printable(line, length));
	console_tail_add(argument, line);
}

static void
check_output(const unsigned char *bytes, size_t size)
{
	static struct console_splitter splitter;
	char tail[TAIL_TEXT_LIMIT] = "";
	size_t lines = 1;

	splitter.length = 0;
	console_split(&splitter, (const char *)bytes, size, on_line, tail);
	(void)console_pending_has(&splitter, "Done");
	console_flush(&splitter, on_line, tail);
	for (const char *at = tail; *at != '\0'; at++)
		lines += *at == '\n';
	ASSERT(lines <= TAIL_LINES_LIMIT);
}

static void
check_kernel_files(const unsigned char *bytes, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)bytes, size);
	struct proc_stat stat;
	struct udp_socket socket;
	uint64_t number;
	char path[64];

	if (proc_stat_parse(text, &stat))
		ASSERT(stat.pid > 0);
	(void)!keyed_number_parse(text, "oom_kill", &number);
	if (cgroup_path_parse(text, path, sizeof path))
		ASSERT(path[0] == '/');
	(void)!cgroup_mount_parse(text, path, sizeof path);
	for (const char *at = text; udp_socket_next(&at, &socket);)
		ASSERT(at == NULL || (at > text && at <= text + size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = fuzz_copy(data, size);

	check_message(copy, size);
	check_record(copy, size);
	check_order(copy, size);
	check_output(copy, size);
	check_kernel_files(copy, size);
	free(copy);
	return 0;
}
