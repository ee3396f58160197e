/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wishes that are followed, oldest first. What was told before a wish was noted is not its
 * progress, though it may become durable after it: each begins at an offset.
 */

#include "api/correlate.h"

#include <string.h>

#include "feed/cloudevent.h"

struct followed {
	struct correlation wish;
	uint64_t from; /* the first offset that belongs to it */
};

struct correlations {
	struct plane_service service;
	struct plane *plane;
	struct connections_port *const *connections;
	struct followed *list;
	size_t count, room;
};

static void told(struct plane_service *service, const struct store_event *events, size_t count);

/* There is nothing to decide. */
static struct instant
decide(struct plane_service *service, struct instant now)
{
	(void)service;
	(void)now;
	return NEVER;
}

struct correlations *
correlations_new(struct plane *plane, struct connections_port *const *connections)
{
	struct correlations *c = mem_new(sizeof *c);

	c->plane = plane;
	c->connections = connections;
	c->service.decide = decide;
	c->service.told = told;
	plane_add_service(plane, &c->service);
	return c;
}

void
correlations_free(struct correlations *c)
{
	if (c == NULL)
		return;
	mem_free(c->list);
	mem_free(c);
}

size_t
correlations_count(const struct correlations *c)
{
	return c->count;
}

static void
forget(struct correlations *c, size_t at)
{
	c->count--;
	memmove(&c->list[at], &c->list[at + 1], (c->count - at) * sizeof *c->list);
}

void
correlations_add(struct correlations *c, const struct correlation *wish)
{
	if (c->count == CORRELATIONS_LIMIT)
		forget(c, 0);
	if (c->count == c->room) {
		c->room = c->room > 0 ? c->room * 2 : 4;
		c->list = mem_resize(c->list, c->room * sizeof *c->list);
	}
	c->list[c->count++] =
		(struct followed){ .wish = *wish, .from = plane_next_offset(c->plane) };
}

/* Is the server where it was wished to be? */
static bool
is_there(const struct correlations *c, const struct correlation *wish)
{
	const struct server *server = plane_server(c->plane, wish->server);
	enum state state;

	if (server == NULL)
		return true;
	state = server->status.state;
	if (wish->want == WANT_UP)
		return state == STATE_READY;
	return state == STATE_ASLEEP || state == STATE_FAILED;
}

void
correlations_settle(struct correlations *c, const char *request_id)
{
	for (size_t i = 0; i < c->count; i++) {
		if (strcmp(c->list[i].wish.request_id, request_id) != 0)
			continue;
		if (is_there(c, &c->list[i].wish))
			forget(c, i);
		return;
	}
}

/* --- what is told --------------------------------------------------------------------------- */

/* A wake that was asked for while it settles sees it asleep first, and goes on. */
static bool
is_end(enum want want, enum event_type type)
{
	switch ((int)type) {
	case EVENT_SERVER_FAILED:
	case EVENT_SERVER_REMOVED:
		return true;
	case EVENT_SERVER_READY:
	case EVENT_SERVER_SLEEP_REQUESTED:
		return want == WANT_UP;
	case EVENT_SERVER_ASLEEP:
	case EVENT_SERVER_WAKE_REQUESTED:
		return want == WANT_DOWN;
	}
	return false;
}

static void
send(const struct correlations *c, const struct correlation *wish, const struct store_event *e)
{
	CLEANUP(buf_deinit) struct buf message = BUF_NULL;
	struct connections_port *port = *c->connections;

	if (port == NULL)
		return;
	buf_format(&message,
		   "{\"type\":\"progress\",\"request_id\":\"%s\",\"event\":", wish->request_id);
	cloudevent_put(&message, plane_epoch(c->plane), e);
	buf_put_byte(&message, '}');
	port->send_to(port, wish->connection, wish->owner, message.data, message.length);
}

static void
follow(struct correlations *c, const struct store_event *e, enum event_type type)
{
	struct feed_filter filter = { .type = "server." };

	(void)text_put(filter.server, sizeof filter.server, e->subject);
	for (size_t i = 0; i < c->count;) {
		const struct correlation *wish = &c->list[i].wish;

		filter.role = wish->role;
		if (e->offset >= c->list[i].from && strcmp(wish->server, e->subject) == 0) {
			if (feed_filter_passes(&filter, e->audience, e->type, e->subject))
				send(c, wish, e);
			if (is_end(wish->want, type)) {
				forget(c, i);
				continue;
			}
		}
		i++;
	}
}

/* What the user may see has changed; the connection ends too. */
static void
forget_user(struct correlations *c, const char *user)
{
	for (size_t i = c->count; i-- > 0;) {
		if (strcmp(c->list[i].wish.user, user) == 0)
			forget(c, i);
	}
}

static void
told(struct plane_service *service, const struct store_event *events, size_t count)
{
	struct correlations *c = CONTAINER_OF(service, struct correlations, service);

	for (size_t i = 0; i < count && c->count > 0; i++) {
		enum event_type type;

		if (!event_parse(events[i].type, &type))
			continue;
		if (type == EVENT_USER_CHANGED || type == EVENT_TOKEN_REVOKED)
			forget_user(c, events[i].subject);
		else if (event_about(events[i].type) == ABOUT_SERVER)
			follow(c, &events[i], type);
	}
}
