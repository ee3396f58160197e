/* SPDX-License-Identifier: Apache-2.0 */
/* A text/event-stream cut anywhere is heard as the same events as in one piece. */

#include <string.h>

#include "cli/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_event(void *argument, const struct sse_event *event)
{
	ASSERT(strlen(event->id) < sizeof((struct sse *)NULL)->id);
	ASSERT(text_is_printable(event->id, strlen(event->id)));
	buf_format(argument, "[%s|%s|%s]", event->type, event->id, event->data);
}

/* In pieces of `step` bytes. */
static void
hear(const uint8_t *data, size_t size, size_t step, struct buf *ret_heard)
{
	CLEANUP(sse_deinit) struct sse sse = { .after_return = false };

	for (size_t at = 0; at < size; at += step) {
		size_t length = size - at < step ? size - at : step;

		sse_feed(&sse, (const char *)data + at, length, on_event, ret_heard);
	}
	ASSERT(sse.line.length <= SSE_LIMIT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_deinit) struct buf whole = BUF_NULL;

	hear(data, size, size + 1, &whole);
	for (size_t step = 1; step < 8; step++) {
		CLEANUP(buf_deinit) struct buf pieces = BUF_NULL;

		hear(data, size, step, &pieces);
		ASSERT(strcmp(buf_text(&whole), buf_text(&pieces)) == 0);
	}
	return 0;
}
