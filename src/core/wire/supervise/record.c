/* SPDX-License-Identifier: Apache-2.0 */
/* One run as JSON: see the header. */

#include "wire/supervise/record.h"

#include <string.h>

/* Members that are text of a bounded size, once for both directions. */
static const struct {
	const char *key;
	size_t at, size;
} texts[] = {
#define TEXT(member)                                           \
	{                                                      \
#member, offsetof(struct run_record, member),  \
			sizeof((struct run_record *)0)->member \
	}
	TEXT(token), TEXT(server), TEXT(boot_id), TEXT(ready_line), TEXT(group), TEXT(tail),
#undef TEXT
};

static const struct {
	const char *key;
	size_t at;
} numbers[] = {
#define NUMBER(member)                                       \
	{                                                    \
#member, offsetof(struct run_record, member) \
	}
	NUMBER(pid),	   NUMBER(start_time),	 NUMBER(memory_limit),
	NUMBER(cpu_limit), NUMBER(memory_bytes), NUMBER(cpu_millis),
#undef NUMBER
};

bool
run_token_is_valid(const char *token)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
	size_t length = strlen(token);

	return length > 0 && length <= RUN_TOKEN_LIMIT && strspn(token, allowed) == length;
}

json_t *
run_record_json(const struct run_record *record)
{
	json_t *object = json_object();

	ASSERT(object != NULL);
	for (size_t i = 0; i < ELEMENTS(texts); i++)
		json_set_text(object, texts[i].key, (const char *)record + texts[i].at);
	for (size_t i = 0; i < ELEMENTS(numbers); i++) {
		int64_t number;

		memcpy(&number, (const char *)record + numbers[i].at, sizeof number);
		json_set_integer(object, numbers[i].key, number);
	}
	json_set_instant(object, "started_at", record->started_at);
	json_set_instant(object, "ended_at", record->ended_at);
	json_set_integer(object, "exit_status", record->exit_status);
	json_set_integer(object, "exit_signal", record->exit_signal);
	json_set_bool(object, "killed_for_memory", record->killed_for_memory);
	json_set_bool(object, "ready_line_seen", record->ready_line_seen);
	json_set_bool(object, "pty", record->pty);
	return object;
}

static bool
parse_texts(const json_t *object, struct run_record *record)
{
	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		const char *text = json_get_text(object, texts[i].key, NULL);

		if (text == NULL || strlen(text) >= texts[i].size)
			return false;
		memcpy((char *)record + texts[i].at, text, strlen(text) + 1);
	}
	return true;
}

static bool
parse_numbers(const json_t *object, struct run_record *record)
{
	for (size_t i = 0; i < ELEMENTS(numbers); i++) {
		int64_t number = json_get_integer(object, numbers[i].key, -1);

		if (number < 0)
			return false;
		memcpy((char *)record + numbers[i].at, &number, sizeof number);
	}
	return true;
}

bool
run_record_parse(const json_t *object, struct run_record *ret_record)
{
	struct run_record record = { .pid = 0 };
	int64_t status = json_get_integer(object, "exit_status", -2);
	int64_t signal = json_get_integer(object, "exit_signal", -1);

	if (!parse_texts(object, &record) || !parse_numbers(object, &record) ||
	    !run_token_is_valid(record.token) || status < EXIT_UNKNOWN || status > 255 ||
	    signal < 0 || signal > 64)
		return false;
	if (record.pid < 1 || record.pid > INT32_MAX)
		return false;
	record.exit_status = (int)status;
	record.exit_signal = (int)signal;
	record.started_at = json_get_instant(object, "started_at");
	record.ended_at = json_get_instant(object, "ended_at");
	record.killed_for_memory = json_get_bool(object, "killed_for_memory", false);
	record.ready_line_seen = json_get_bool(object, "ready_line_seen", false);
	record.pty = json_get_bool(object, "pty", false);
	*ret_record = record;
	return true;
}
