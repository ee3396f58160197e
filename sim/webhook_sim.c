/* SPDX-License-Identifier: Apache-2.0 */
/* Receivers of webhooks on a bad day; see the header. */

#include "webhook_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define TIMEOUT 20000

static const struct duration waits[] = { { 1000 }, { 4000 }, { 15000 } };

static uint64_t
hash_of(const void *bytes, size_t length)
{
	const unsigned char *b = bytes;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ b[i]) * 0x100000001b3u;
	return hash;
}

static void
post_later(struct world *w, const struct sim_post *post, int64_t in_ms)
{
	struct sim_event *e = world_add(w, SIM_POST, in_ms);

	e->post = mem_new(sizeof *post);
	*e->post = *post;
}

static uint64_t
offset_of(const struct http_order *order)
{
	for (size_t i = 0; i < order->header_count; i++) {
		const char *dash = strchr(order->headers[i], '-');

		if (text_starts_with(order->headers[i], "webhook-id: "))
			return strtoull(strchr(dash + 1, '-') + 1, NULL, 10);
	}
	return 0;
}

static void
send_post(struct http_port *port, struct ticket ticket, const struct http_order *order)
{
	struct sim_webhooks *s = CONTAINER_OF(port, struct sim_webhooks, http);
	struct world *w = s->world;
	struct dice *d = &s->dice;
	struct sim_post post = { .ticket = ticket, .offset = offset_of(order) };
	int64_t way = dice_between(d, 1, 60);
	bool was;

	world_crash_point(w);
	was = memory_is_planes(false);
	post.hook = order->url[strlen(order->url) - 1] - '0';
	post.hash = hash_of(order->body, order->body_length);
	world_trace(w, "h%d is sent %llu", post.hook, (unsigned long long)post.offset);
	if (post.offset == 0 || post.offset > w->last_offset)
		world_fail(w, "h%d is sent an event that is not durable: %llu", post.hook,
			   (unsigned long long)post.offset);
	if (!w->calm && dice_hits(d, s->faults.late))
		way = dice_between(d, 1000, TIMEOUT - 5000);
	if (!w->calm && dice_hits(d, s->faults.twice))
		post_later(w,
			   &(struct sim_post){
				   .hook = post.hook, .offset = post.offset, .hash = post.hash },
			   way + dice_between(d, 1, 2000));
	if (!w->calm && dice_hits(d, s->faults.request_lost)) {
		post.answers = true;
		way = TIMEOUT;
	}
	post_later(w, &post, way);
	(void)memory_is_planes(was);
	world_crash_point(w);
}

/* What the receiver makes of it: 2xx, something else, or silence (0); -1: it does not listen. */
static int
verdict_of(struct world *w, struct sim_hook *hook, int *ret_retry_after)
{
	struct sim_webhooks *s = w->webhooks;
	struct dice *d = &s->dice;

	*ret_retry_after = 0;
	if (w->calm)
		return 200;
	if (w->now < hook->down_until)
		return dice_below(d, 2) == 0 ? -1 : 500;
	if (dice_hits(d, s->faults.down))
		hook->down_until = w->now + dice_between(d, 1000, 150000);
	if (dice_hits(d, s->faults.gone))
		return 410;
	if (dice_hits(d, s->faults.busy)) {
		*ret_retry_after = (int)dice_between(d, 1, 30);
		return 429;
	}
	if (dice_hits(d, s->faults.fails))
		return dice_below(d, 2) == 0 ? 500 : 302;
	if (dice_hits(d, s->faults.refused))
		return -1;
	if (dice_hits(d, s->faults.silent))
		return 0;
	return 200 + (int)dice_below(d, 5);
}

/* Has everything before it about the same subject been taken, or is it dead? */
static void
check_order(struct world *w, const struct sim_hook *hook, uint64_t offset)
{
	const struct sim_webhooks *s = w->webhooks;
	const char *subject = s->events[offset - 1].subject;

	uint64_t before = hook->floor + 1;

	/* What was forgotten while it was off is said so, sooner or later. */
	if (hook->was_off && before < w->first_offset)
		before = w->first_offset;
	for (; before < offset; before++) {
		if (hook->fate[before] == FATE_OPEN &&
		    strcmp(s->events[before - 1].subject, subject) == 0)
			world_fail(w, "%s: %llu is taken before %llu, both about '%s'", hook->id,
				   (unsigned long long)offset, (unsigned long long)before, subject);
	}
}

static void
arrive(struct world *w, const struct sim_post *post, int status)
{
	struct sim_webhooks *s = w->webhooks;
	struct sim_hook *hook = &s->hooks[post->hook];
	uint64_t *hash = &s->body_hash[post->offset];

	world_trace(w, "h%d answers %d to %llu", post->hook, status,
		    (unsigned long long)post->offset);
	if (*hash != 0 && *hash != post->hash)
		world_fail(w, "two bodies with one webhook-id: %llu",
			   (unsigned long long)post->offset);
	*hash = post->hash;
	if (status < 200 || status > 299 || hook->fate[post->offset] == FATE_TAKEN)
		return;
	if (hook->fate[post->offset] == FATE_OPEN)
		check_order(w, hook, post->offset);
	hook->fate[post->offset] = FATE_TAKEN;
}

/* In the plane's memory. */
static struct http_result *
result_of(const struct sim_post *post)
{
	struct http_result *result = mem_new(sizeof *result);

	result->status = post->status;
	result->body = text_copy("");
	if (post->retry_after > 0) {
		result->headers[0].name = text_copy("retry-after");
		result->headers[0].value = text_format("%d", post->retry_after);
		result->header_count = 1;
	}
	return result;
}

static void
answer(struct world *w, const struct sim_post *post)
{
	struct fact *fact = mem_new(sizeof *fact);
	struct reply *reply = &fact->as.reply;

	fact->kind = FACT_REPLY;
	reply->ticket = post->ticket;
	reply->result = post->status > 0    ? REPLY_DONE
			: post->status == 0 ? REPLY_UNKNOWN
					    : REPLY_REFUSED;
	if (post->status > 0) {
		(void)memory_is_planes(true);
		reply->holds = REPLY_HTTP;
		reply->as.http = result_of(post);
		(void)memory_is_planes(false);
	}
	roost_note(w, fact);
}

void
webhook_sim_post(struct world *w, const struct sim_event *e)
{
	struct sim_webhooks *s = w->webhooks;
	struct dice *d = &s->dice;
	struct sim_post post = *e->post;

	if (post.answers) {
		if (w->plane != NULL && e->life == w->life)
			answer(w, &post);
		return;
	}
	post.status = verdict_of(w, &s->hooks[post.hook], &post.retry_after);
	arrive(w, &post, post.status);
	post.answers = true;
	if (!w->calm && dice_hits(d, s->faults.answer_lost))
		post.status = 0;
	if (post.ticket.v != 0 && e->life == w->life)
		post_later(w, &post, post.status == 0 ? TIMEOUT - 5000 : dice_between(d, 1, 60));
}

/* The life of the endpoints. */

void
webhook_sim_birth(struct world *w)
{
	const struct webhook_settings settings = { .waits = waits,
						   .wait_count = ELEMENTS(waits),
						   .timeout = DURATION_MS(TIMEOUT),
						   .version = "1" };

	w->webhooks->now = webhooks_new(w->plane, &settings);
}

static bool
exists(const struct sim_webhooks *s, const char *label)
{
	for (size_t i = 0; i < webhooks_count(s->now); i++) {
		if (strcmp(webhooks_at(s->now, i)->label, label) == 0)
			return true;
	}
	return false;
}

static void
make(struct sim_webhooks *s, int i)
{
	static const char *const filters[] = {
		"{\"role\":\"admin\"}",
		"{\"role\":\"player\",\"types\":[\"server.\"]}",
		"{\"role\":\"admin\",\"servers\":[\"s0\"]}",
	};
	CLEANUP(json_freep) json_t *json = json_loads(filters[s->hooks[i].kind], 0, NULL);
	struct webhook_filter filter;
	const struct webhook *made;
	char url[32], label[8];

	(void)snprintf(url, sizeof url, "https://example.org/%d", i);
	(void)snprintf(label, sizeof label, "h%d", i);
	webhook_filter_read(json, &filter);
	if (!exists(s, label))
		(void)webhooks_make(
			s->now,
			&(struct webhook_order){
				.url = url, .label = label, .filter = &filter, .by = "admin" },
			&made);
	else
		webhook_filter_deinit(&filter);
}

void
webhook_sim_loaded(struct world *w)
{
	webhooks_load(w->webhooks->now);
	for (int i = 0; i < w->webhooks->count; i++)
		make(w->webhooks, i);
}

void
webhook_sim_roost_died(struct world *w)
{
	w->webhooks->now = NULL;
	for (int i = 0; i < w->webhooks->count; i++)
		w->webhooks->hooks[i].skipping_to = 0;
}

void
webhook_sim_end(struct world *w)
{
	webhooks_free(w->webhooks->now);
	w->webhooks->now = NULL;
}

/* An admin does something to one of them. */
static void
operate(struct sim_webhooks *s, struct sim_hook *hook, unsigned what)
{
	bool skip = what == 1;

	const struct webhook *webhook = webhooks_find(s->now, hook->id);

	if (webhook == NULL)
		return;
	if (what <= 4 && !webhook->enabled) {
		(void)webhooks_enable(s->now, hook->id, skip, "admin");
		if (skip)
			hook->skipping_to = webhook->cursor;
	} else if (what == 5) {
		(void)webhooks_rotate(s->now, hook->id, WEBHOOK_KEEPS_OLD, "admin");
	} else if (what == 6) {
		(void)webhooks_disable(s->now, hook->id, "admin");
	} else if (what == 7) {
		(void)webhooks_replay(s->now, hook->id, 1, INT64_MAX);
	} else if (what == 8) {
		(void)webhooks_change(s->now,
				      &(struct webhook_order){ .id = hook->id, .by = "admin" });
	}
}

void
webhook_sim_operate(struct world *w)
{
	struct sim_webhooks *s = w->webhooks;
	struct sim_hook *hook = &s->hooks[dice_below(&s->dice, (unsigned)s->count)];
	unsigned what = dice_below(&s->dice, 12);

	if (w->calm)
		return;
	if (w->plane != NULL && plane_is_loaded(w->plane) && hook->id[0] != '\0') {
		(void)memory_is_planes(true);
		operate(s, hook, what);
		(void)memory_is_planes(false);
		w->turn_due = w->now;
	}
	world_add(w, SIM_WEBHOOKS, dice_between(&s->dice, 2000, 30000));
}

static unsigned
draw(struct dice *d, unsigned most)
{
	return dice_below(d, 3) == 0 ? 1 + dice_below(d, most) : 0;
}

void
webhook_sim_init(struct world *w)
{
	struct sim_webhooks *s;
	struct hook_faults *f;

	if (w->seed % HOOKS_EVERY != 0)
		return;
	s = mem_new(sizeof *s);
	f = &s->faults;
	w->webhooks = s;
	s->world = w;
	s->dice = dice_of(w->seed, 7);
	s->http.send = send_post;
	s->count = 1 + (int)dice_below(&s->dice, HOOKS_MAX);
	for (int i = 0; i < s->count; i++)
		s->hooks[i].kind = dice_below(&s->dice, 3);
	*f = (struct hook_faults){
		.fails = draw(&s->dice, 300),
		.busy = draw(&s->dice, 100),
		.gone = draw(&s->dice, 20),
		.late = draw(&s->dice, 100),
		.silent = draw(&s->dice, 60),
		.request_lost = draw(&s->dice, 60),
		.answer_lost = draw(&s->dice, 60),
		.twice = draw(&s->dice, 100),
		.refused = draw(&s->dice, 100),
		.down = draw(&s->dice, 40),
	};
	world_add(w, SIM_WEBHOOKS, 2000);
}

void
webhook_sim_deinit(struct world *w)
{
	struct sim_webhooks *s = w->webhooks;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->event_count; i++)
		mem_free(s->events[i].data);
	mem_free(s->events);
	mem_free(s);
	w->webhooks = NULL;
}
