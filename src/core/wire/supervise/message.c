/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as lines of JSON: see the header. */

#include "wire/supervise/message.h"

#include <string.h>

#include "wire/ansi.h"

static const char *const words[] = {
#define MESSAGE(name, wire, from, carries) wire,
#include "wire/supervise/message.def"
};

_Static_assert(ELEMENTS(words) == MESSAGE_MAX, "each kind has a word");

void
message_deinit(struct message *message)
{
	mem_free(message->text);
	mem_free(message->styled);
	mem_free(message->status);
	*message = (struct message){ 0 };
}

static void
put_line(const struct message *message, json_t *object)
{
	char styled[ANSI_LINE_SIZE];

	if (message->place > 0)
		json_set_integer(object, "place", message->place);
	if (message->past)
		json_set_bool(object, "past", true);
	if (message->styled == NULL)
		return;
	(void)ansi_keep(styled, sizeof styled, message->styled, strlen(message->styled));
	json_set_text(object, "styled", styled);
}

void
message_put(const struct message *message, struct buf *to)
{
	CLEANUP(json_freep) json_t *object = json_object();
	CLEANUP(text_freep) char *json = NULL;
	char text[CONSOLE_LINE_LIMIT + 1];

	ASSERT(object != NULL && message->kind < MESSAGE_MAX);
	json_set_text(object, "is", words[message->kind]);
	json_set_integer(object, "serial", message->serial);
	if (message->kind == MESSAGE_SIGNAL)
		json_set_integer(object, "number", message->number);
	if (message->text != NULL) {
		text_clean(text, sizeof text, message->text, strlen(message->text));
		json_set_text(object, "text", text);
	}
	if (message->kind == MESSAGE_LINE)
		put_line(message, object);
	if (message->status != NULL)
		ASSERT(json_object_set_new(object, "status", run_record_json(message->status)) ==
		       0);
	json = json_text(object);
	ASSERT(strlen(json) < SUPERVISE_MESSAGE_LIMIT);
	buf_put_text(to, json);
	buf_put_byte(to, '\n');
}

static bool
parse_kind(const json_t *object, enum message_kind *ret_kind)
{
	const char *word = json_get_text(object, "is", "");

	for (size_t i = 0; i < ELEMENTS(words); i++) {
		if (text_equal(words[i], word)) {
			*ret_kind = (enum message_kind)i;
			return true;
		}
	}
	return false;
}

static bool
parse_text(const json_t *object, struct message *message)
{
	const char *text = json_get_text(object, "text", NULL);
	size_t length = text != NULL ? strlen(text) : 0;

	if (text == NULL || length > CONSOLE_LINE_LIMIT || !text_is_printable(text, length))
		return false;
	message->text = text_copy(text);
	return true;
}

/* What a supervisor of before does not tell is not there. */
static bool
parse_line(const json_t *object, struct message *message)
{
	const char *styled = json_get_text(object, "styled", NULL);

	if (!parse_text(object, message))
		return false;
	if (styled != NULL && (strlen(styled) >= ANSI_LINE_SIZE || !ansi_is_kept(styled)))
		return false;
	message->styled = text_copy(styled);
	message->place = json_get_integer(object, "place", 0);
	message->past = json_get_bool(object, "past", false);
	return message->place >= 0 && message->place < INT64_C(1) << 53;
}

static bool
parse_status(const json_t *object, struct message *message)
{
	message->status = mem_new(sizeof *message->status);
	return run_record_parse(json_object_get(object, "status"), message->status);
}

/* What this kind must carry. */
static bool
parse_cargo(const json_t *object, struct message *message)
{
	int64_t number = json_get_integer(object, "number", 0);

	switch (message->kind) {
	case MESSAGE_SAY:
	case MESSAGE_REFUSED:
		return parse_text(object, message);
	case MESSAGE_LINE:
		return parse_line(object, message);
	case MESSAGE_SIGNAL:
		message->number = number >= 1 && number <= 64 ? (int)number : 0;
		return message->number != 0;
	case MESSAGE_STATUS:
		return parse_status(object, message);
	case MESSAGE_ASK:
	case MESSAGE_DONE:
	case MESSAGE_READY:
		return true;
	case MESSAGE_MAX:
		break;
	}
	return false;
}

enum message_found
message_take(const void *bytes, size_t length, struct message *ret_message, size_t *ret_used)
{
	CLEANUP(json_freep) json_t *object = NULL;
	CLEANUP(message_deinit) struct message message = { 0 };
	const char *end = memchr(bytes, '\n', length);

	if (end == NULL)
		return length < SUPERVISE_MESSAGE_LIMIT ? MESSAGE_UNFINISHED : MESSAGE_WRONG;
	*ret_used = (size_t)(end - (const char *)bytes) + 1;
	if (*ret_used > SUPERVISE_MESSAGE_LIMIT)
		return MESSAGE_WRONG;
	object = json_loadb(bytes, *ret_used - 1, JSON_REJECT_DUPLICATES, NULL);
	message.serial = json_get_integer(object, "serial", -1);
	if (!json_is_object(object) || message.serial < 0 || !parse_kind(object, &message.kind) ||
	    !parse_cargo(object, &message))
		return MESSAGE_WRONG;
	*ret_message = message;
	message = (struct message){ 0 };
	return MESSAGE_FOUND;
}
