/* SPDX-License-Identifier: Apache-2.0 */
/* What the plane tells, copied once and sent to the web thread as one letter for each commit. */

#include "web/web_inner.h"

struct news {
	struct letter letter;
	struct web *web;
	size_t count;
	struct store_event events[];
};

/* In the web thread. */
static void
open_news(void *reader, struct letter *letter)
{
	struct news *news = CONTAINER_OF(letter, struct news, letter);

	(void)reader;
	readers_publish(news->web, news->events, news->count);
	for (size_t i = 0; i < news->count; i++)
		mem_free(news->events[i].data);
	mem_free(news);
}

static void
publish_events(struct publish_port *port, const struct store_event *events, size_t count)
{
	struct web *web = CONTAINER_OF(port, struct web, publish);
	struct news *news;

	if (count == 0)
		return;
	news = mem_new(sizeof *news + count * sizeof *events);
	news->web = web;
	news->count = count;
	for (size_t i = 0; i < count; i++) {
		news->events[i] = events[i];
		news->events[i].data = text_copy(events[i].data);
	}
	mailbox_post(web->mailbox, &news->letter, open_news);
}

void
publish_start(struct web *web)
{
	web->publish.events = publish_events;
}
