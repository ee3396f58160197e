/* SPDX-License-Identifier: Apache-2.0 */
/* A few events in memory, copied from what the store lends, and how far each is. */

#include "service/webhook_state.h"

void
page_clear(struct page *page)
{
	for (size_t i = 0; i < page->count; i++)
		mem_free(page->events[i].data);
	page->count = 0;
}

void
page_deinit(struct page *page)
{
	page_clear(page);
	mem_free(page->events);
	mem_free(page->entries);
	*page = (struct page){ 0 };
}

void
page_add(struct page *page, const struct store_event *event)
{
	if (page->count == page->room) {
		page->room = page->room > 0 ? 2 * page->room : 4;
		page->events = mem_resize(page->events, page->room * sizeof *page->events);
		page->entries = mem_resize(page->entries, page->room * sizeof *page->entries);
	}
	page->events[page->count] = *event;
	page->events[page->count].data = text_copy(event->data);
	page->entries[page->count++] = ENTRY_WAITS;
}
