/* SPDX-License-Identifier: Apache-2.0 */
/* Text components: see the header. */

#include "wire/minecraft/component.h"

#include <string.h>

#include "wire/minecraft/unicode.h"

#define COMPONENT_DEPTH 16 /* clients refuse far less; ours bounds the stack */

static void
put_bounded(struct buf *to, const char *text, size_t limit)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t left = strlen(text);

	while (left > 0) {
		uint32_t code;
		size_t step = utf8_next(bytes, left, &code);

		if (to->length + step > limit)
			return;
		utf8_put(to, code);
		bytes += step;
		left -= step;
	}
}

static void
flatten(const json_t *component, struct buf *to, size_t limit, unsigned depth)
{
	const json_t *part;
	const char *text;
	size_t i;

	if (depth == COMPONENT_DEPTH || to->length >= limit)
		return;
	if (json_is_string(component)) {
		put_bounded(to, json_string_value(component), limit);
		return;
	}
	json_array_foreach(component, i, part) flatten(part, to, limit, depth + 1);
	if (!json_is_object(component))
		return;
	text = json_get_text(component, "text", json_get_text(component, "translate", ""));
	put_bounded(to, text, limit);
	json_array_foreach(json_object_get(component, "extra"), i, part)
		flatten(part, to, limit, depth + 1);
}

void
component_flatten(const json_t *component, struct buf *to, size_t limit)
{
	flatten(component, to, limit, 0);
}

static void
escape(struct buf *to, uint32_t code)
{
	if (code == '"' || code == '\\')
		buf_format(to, "\\%c", (int)code);
	else if (code == '\n')
		buf_put_text(to, "\\n");
	else if (code >= 0x20 && code < 0x7f)
		buf_put_byte(to, (unsigned char)code);
	else if (code < 0x10000)
		buf_format(to, "\\u%04x", (unsigned)code);
	else
		buf_format(to, "\\u%04x\\u%04x", (unsigned)(0xd800 | (code - 0x10000) >> 10),
			   (unsigned)(0xdc00 | ((code - 0x10000) & 0x3ff)));
}

void
component_print_string(struct buf *to, const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t left = strlen(text);

	buf_put_byte(to, '"');
	while (left > 0) {
		uint32_t code;
		size_t step = utf8_next(bytes, left, &code);

		escape(to, code);
		bytes += step;
		left -= step;
	}
	buf_put_byte(to, '"');
}

void
component_print(struct buf *to, const char *text)
{
	buf_put_text(to, "{\"text\":");
	component_print_string(to, text);
	buf_put_byte(to, '}');
}
