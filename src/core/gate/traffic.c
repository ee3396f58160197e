/* SPDX-License-Identifier: Apache-2.0 */
/* Who is a player: see the header. */

#include "gate/traffic.h"

void
traffic_init(struct traffic *traffic, struct instant now, bool has_waited)
{
	*traffic = (struct traffic){ .heard_at = now, .window_at = now, .has_waited = has_waited };
}

void
traffic_answered(struct traffic *traffic)
{
	traffic->was_answered = true;
}

/* A window that has passed with something in it, and none without between, is a steady one. */
static void
turn_window(struct traffic *traffic, struct instant now)
{
	int64_t passed = instant_since(now, traffic->window_at).ms;

	if (passed < TRAFFIC_WINDOW.ms)
		return;
	if (passed < 2 * TRAFFIC_WINDOW.ms && traffic->in_window > 0)
		traffic->steady++;
	else
		traffic->steady = 0;
	traffic->in_window = 0;
	traffic->window_at = now;
}

bool
traffic_heard(struct traffic *traffic, struct instant now, bool is_query)
{
	traffic->heard_at = now;
	if (!traffic->was_answered || is_query)
		return false;
	if (!traffic->is_two_way) {
		traffic->is_two_way = true;
		traffic->window_at = now;
	}
	if (traffic->is_player)
		return false;
	turn_window(traffic, now);
	traffic->in_window++;
	traffic->is_player = traffic->has_waited || traffic->in_window >= TRAFFIC_BURST ||
			     traffic->steady >= TRAFFIC_STEADY;
	return traffic->is_player;
}

struct instant
traffic_end(const struct traffic *traffic, struct duration idle)
{
	bool is_short = !traffic->is_player && idle.ms > TRAFFIC_SHOWN_IDLE.ms;

	return instant_add(traffic->heard_at, is_short ? TRAFFIC_SHOWN_IDLE : idle);
}
