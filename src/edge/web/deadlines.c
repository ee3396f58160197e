/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a WebSocket may live, be silent, or not answer a ping. Each has one entry in
 * a wheel, set to the earliest of what may become due; what happens meanwhile only moves
 * the truth, and the entry finds out when it is reached.
 */

#include "web/web_inner.h"

#include "sys/clock.h"

#define UNFINISHED_TENTHS 600 /* a message that began is whole within a minute */
#define TICK_MS_MIN	  10u
#define TICK_MS_MAX	  250u
#define DEADLINE_MS_MAX	  INT64_C(31536000000) /* a year: nothing here lives so long */

uint32_t
web_tenths(const struct web *web)
{
	return (uint32_t)((uv_now(&web->loop) - web->began_ms) / 100) + 1;
}

uint32_t
deadline_tenths(const struct web *web, struct instant at)
{
	int64_t ms = instant_is_set(at) ? instant_since(at, sys_now()).ms : DEADLINE_MS_MAX;

	if (ms >= DEADLINE_MS_MAX)
		return 0;
	return web_tenths(web) + (ms > 0 ? (uint32_t)(ms / 100) : 0);
}

static uint32_t
later(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t
sooner(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void on_tick(uv_timer_t *ticker);

/* The earliest of what may become due. */
void
socket_set_deadline(struct socket *s)
{
	struct web *web = s->reader.web;
	const struct socket_settings *o = &web->options.sockets;
	uint32_t at = later(s->heard, s->reader.sent_beat) + o->idle_ms / 100;

	if (o->lifetime_ms > 0)
		at = sooner(at, s->began + o->lifetime_ms / 100);
	at = sooner(at, later(s->pinged, s->alive) + o->ping_ms / 100);
	if (s->expires != 0)
		at = sooner(at, s->expires);
	if (s->unfinished != 0)
		at = sooner(at, s->unfinished + UNFINISHED_TENTHS);
	wheel_set(&web->wheel, &s->timer, web->began_ms + (uint64_t)at * 100);
	if (!uv_is_active((uv_handle_t *)&web->ticker) &&
	    !uv_is_closing((uv_handle_t *)&web->ticker))
		ASSERT(uv_timer_start(&web->ticker, on_tick, web->wheel.tick_ms,
				      web->wheel.tick_ms) == 0);
}

static void
on_deadline(void *argument, struct wheel_entry *entry)
{
	struct socket *s = CONTAINER_OF(entry, struct socket, timer);
	struct web *web = argument;
	const struct socket_settings *o = &web->options.sockets;
	uint32_t now = web_tenths(web);

	if (s->doom != 0)
		return;
	/* What waits for the socket holds up a ping too; whether it takes any is asked elsewhere. */
	if (s->pinged != 0 && socket_unsent(s) > 0)
		s->pinged = now;
	if (s->expires != 0 && now >= s->expires) {
		socket_doom(s, CLOSE_RIGHTS);
	} else if (s->pinged != 0 && now - s->pinged >= o->ping_ms / 100) {
		web->counters.sockets_no_pong++;
		socket_doom(s, CLOSE_NO_PONG);
	} else if (o->lifetime_ms > 0 && now - s->began >= o->lifetime_ms / 100) {
		socket_doom(s, WEBSOCKET_GOING_AWAY);
	} else if (now - later(s->heard, s->reader.sent_beat) >= o->idle_ms / 100) {
		socket_doom(s, WEBSOCKET_GOING_AWAY);
	} else if (s->unfinished != 0 && now - s->unfinished >= UNFINISHED_TENTHS) {
		socket_doom(s, WEBSOCKET_POLICY);
	} else if (s->pinged == 0 && now - s->alive >= o->ping_ms / 100) {
		socket_send_control(s, WEBSOCKET_PING, NULL, 0);
		s->pinged = now;
	}
	if (s->doom == 0)
		socket_set_deadline(s);
}

static void
on_tick(uv_timer_t *ticker)
{
	struct web *web = ticker->data;

	wheel_turn(&web->wheel, uv_now(&web->loop), on_deadline, web);
	if (web->wheel.count == 0)
		(void)uv_timer_stop(ticker);
}

void
deadlines_start(struct web *web)
{
	const struct socket_settings *o = &web->options.sockets;
	unsigned tick = (o->ping_ms < o->idle_ms ? o->ping_ms : o->idle_ms) / 4;

	tick = tick < TICK_MS_MIN ? TICK_MS_MIN : tick > TICK_MS_MAX ? TICK_MS_MAX : tick;
	wheel_init(&web->wheel, tick, web->began_ms);
	ASSERT(uv_timer_init(&web->loop, &web->ticker) == 0);
	web->ticker.data = web;
}
