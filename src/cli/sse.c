/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events, line by line; a line ends with \r, \n or both. */

#include "cli/sse.h"

#include <string.h>

void
sse_again(struct sse *sse)
{
	buf_clear(&sse->line);
	buf_clear(&sse->type);
	buf_clear(&sse->data);
	sse->after_return = sse->overflow = false;
}

void
sse_deinit(struct sse *sse)
{
	buf_deinit(&sse->line);
	buf_deinit(&sse->type);
	buf_deinit(&sse->data);
}

static void
dispatch(struct sse *sse, sse_heard *heard, void *argument)
{
	struct sse_event event;

	if (sse->data.length > 0 && sse->data.length <= SSE_LIMIT) {
		sse->data.length--; /* the line break behind the last `data:` */
		event = (struct sse_event){ .type = buf_text(&sse->type),
					    .id = sse->id,
					    .data = buf_text(&sse->data) };
		if (*event.type == '\0')
			event.type = "message";
		heard(argument, &event);
	}
	buf_clear(&sse->type);
	buf_clear(&sse->data);
}

static void
take_field(struct sse *sse, const char *name, const char *value)
{
	if (strcmp(name, "data") == 0 && sse->data.length <= SSE_LIMIT) {
		buf_put_text(&sse->data, value);
		buf_put_byte(&sse->data, '\n');
	} else if (strcmp(name, "event") == 0) {
		buf_clear(&sse->type);
		buf_put_text(&sse->type, value);
	} else if (strcmp(name, "id") == 0 && text_is_printable(value, strlen(value)) &&
		   strlen(value) < sizeof sse->id) {
		(void)text_put(sse->id, sizeof sse->id, value);
	}
}

static void
take_line(struct sse *sse, sse_heard *heard, void *argument)
{
	char *line;
	size_t name;

	if (sse->line.length == 0 && !sse->overflow) {
		dispatch(sse, heard, argument);
		return;
	}
	line = buf_take_text(&sse->line);
	name = strcspn(line, ":");
	if (!sse->overflow && name > 0) {
		char *value = line + name;

		if (*value == ':') {
			*value++ = '\0';
			value += *value == ' ';
		}
		take_field(sse, line, value);
	}
	sse->overflow = false;
	mem_free(line);
}

void
sse_feed(struct sse *sse, const char *bytes, size_t length, sse_heard *heard, void *argument)
{
	for (size_t i = 0; i < length; i++) {
		bool second_half = bytes[i] == '\n' && sse->after_return;

		sse->after_return = bytes[i] == '\r';
		if (second_half)
			continue;
		if (bytes[i] == '\n' || bytes[i] == '\r')
			take_line(sse, heard, argument);
		else if (sse->line.length < SSE_LIMIT)
			buf_put_byte(&sse->line, (unsigned char)bytes[i]);
		else
			sse->overflow = true;
	}
}
