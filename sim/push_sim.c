/* SPDX-License-Identifier: Apache-2.0 */
/* Browsers and their push service on a bad day; see the header. */

#include "push_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define SILENCE 20000

/* Cryptography that hides nothing, and a digest that is only different. */

static bool
pair(struct seal_port *port, const unsigned char private_key[static SEAL_PRIVATE_SIZE],
     struct seal_pair *ret_pair)
{
	(void)port;
	memcpy(ret_pair->private_key, private_key, SEAL_PRIVATE_SIZE);
	memset(ret_pair->public_key, 4, SEAL_PUBLIC_SIZE);
	return true;
}

static bool
is_public(struct seal_port *port, const unsigned char public_key[static SEAL_PUBLIC_SIZE])
{
	(void)port;
	return public_key[0] == 4;
}

static bool
seal(struct seal_port *port, const struct seal_order *order,
     unsigned char ret_sealed[static SEAL_SEALED_LIMIT])
{
	(void)port;
	memset(ret_sealed, 0, order->length + SEAL_OVERHEAD);
	memcpy(ret_sealed, order->plain, order->length);
	return true;
}

static void
sign(struct seal_port *port, const struct seal_pair *by, const void *bytes, size_t length,
     unsigned char ret_signature[static SEAL_SIGNATURE_SIZE])
{
	(void)port;
	(void)by;
	(void)bytes;
	memset(ret_signature, (int)length & 0xff, SEAL_SIGNATURE_SIZE);
}

static void
digest(struct secrets_port *port, const char *text, char ret_digest[static DIGEST_TEXT_SIZE])
{
	uint64_t hash = 0xcbf29ce484222325u;

	(void)port;
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	(void)snprintf(ret_digest, DIGEST_TEXT_SIZE, "%064llx", (unsigned long long)hash);
}

/* The push service. */

static void
post_later(struct world *w, const struct sim_push_post *post, int64_t in_ms)
{
	struct sim_event *e = world_add(w, SIM_PUSH, in_ms);

	e->push_post = mem_new(sizeof *post);
	*e->push_post = *post;
}

static uint64_t
event_in(const struct http_order *order)
{
	static const char key[] = "\"event\":\"01SIM:";
	CLEANUP(text_freep)
	char *text = text_copy_n(order->body, order->body_length - SEAL_OVERHEAD);
	const char *at = strstr(text, key);

	return at != NULL ? strtoull(at + sizeof key - 1, NULL, 10) : 0;
}

static void
send_post(struct http_port *port, struct ticket ticket, const struct http_order *order)
{
	struct sim_push *s = CONTAINER_OF(port, struct sim_push, http);
	struct world *w = s->world;
	struct dice *d = &s->dice;
	struct sim_push_post post = { .ticket = ticket };
	int64_t way = dice_between(d, 1, 60);
	bool was;

	world_crash_point(w);
	was = memory_is_planes(false);
	post.event = event_in(order);
	post.browser = order->url[strlen(order->url) - 1] - '0';
	world_trace(w, "b%d is sent %llu", post.browser, (unsigned long long)post.event);
	push_sim_sent(w, &post);
	if (!w->calm && dice_hits(d, s->faults.late))
		way = dice_between(d, 1000, SILENCE - 1000);
	if (!w->calm && dice_hits(d, s->faults.request_lost)) {
		post.answers = true;
		way = SILENCE;
	}
	post_later(w, &post, way);
	(void)memory_is_planes(was);
	world_crash_point(w);
}

static int
verdict_of(struct world *w, struct sim_push_post *post)
{
	struct sim_push *s = w->push;
	struct sim_browser *browser = &s->browsers[post->browser];
	struct dice *d = &s->dice;

	if (browser->gone)
		return 410;
	if (w->calm)
		return 201;
	if (dice_hits(d, s->faults.gone)) {
		browser->gone = browser->may_go = true;
		return dice_below(d, 2) == 0 ? 404 : 410;
	}
	if (dice_hits(d, s->faults.forbidden)) {
		browser->forbidden[post->event] = true;
		return 400 + (int)dice_below(d, 4);
	}
	if (dice_hits(d, s->faults.busy)) {
		post->retry_after = (int)dice_between(d, 1, 60);
		return dice_below(d, 2) == 0 ? 429 : 503;
	}
	if (dice_hits(d, s->faults.fails))
		return 500;
	if (dice_hits(d, s->faults.refused))
		return -1;
	return dice_hits(d, s->faults.silent) ? 0 : 201;
}

static void
answer(struct world *w, const struct sim_push_post *post)
{
	struct fact *fact = mem_new(sizeof *fact);
	struct reply *reply = &fact->as.reply;
	struct http_result *result;

	fact->kind = FACT_REPLY;
	reply->ticket = post->ticket;
	reply->result = post->status > 0    ? REPLY_DONE
			: post->status == 0 ? REPLY_UNKNOWN
					    : REPLY_REFUSED;
	if (post->status > 0) {
		(void)memory_is_planes(true);
		result = mem_new(sizeof *result);
		result->status = post->status;
		result->body = text_copy("");
		if (post->retry_after > 0) {
			result->headers[0].name = text_copy("retry-after");
			result->headers[0].value = text_format("%d", post->retry_after);
			result->header_count = 1;
		}
		(void)memory_is_planes(false);
		reply->holds = REPLY_HTTP;
		reply->as.http = result;
	}
	roost_note(w, fact);
}

void
push_sim_post(struct world *w, const struct sim_event *e)
{
	struct sim_push *s = w->push;
	struct sim_push_post post = *e->push_post;
	struct sim_browser *browser = &s->browsers[post.browser];
	bool heard = e->life == w->life && w->plane != NULL;

	if (post.answers) {
		if (heard)
			answer(w, &post);
		return;
	}
	post.status = verdict_of(w, &post);
	post.answers = true;
	world_trace(w, "b%d's push service answers %d to %llu", post.browser, post.status,
		    (unsigned long long)post.event);
	if (post.status == 201)
		push_sim_accepted(w, &post, !heard);
	if (post.status > 0 && !w->calm && dice_hits(&s->dice, s->faults.answer_lost))
		post.status = 0;
	if (post.status <= 0 || !heard)
		browser->uncertain[post.event] = true;
	post_later(w, &post, post.status == 0 ? SILENCE : dice_between(&s->dice, 1, 60));
}

/* The people. */

static void
make_user(struct sim_push *s)
{
	if (users_find(s->users, "anna") == NULL)
		users_change(
			s->users,
			&(struct user_change){ .name = "anna", .role = ROLE_STAFF, .by = "admin" },
			NULL, NULL);
}

static void
put(struct world *w, int index)
{
	struct sim_push *s = w->push;
	struct push_wish wishes[SERVERS_MAX] = { 0 };
	struct push_order order = { .user = "anna",
				    .key = { 4 },
				    .wishes = wishes,
				    .alerts = dice_below(&s->dice, 4) == 0 };
	const struct push_browser *made;
	char endpoint[40];

	(void)snprintf(endpoint, sizeof endpoint, "https://push.example.org/%d", index);
	order.endpoint = endpoint;
	for (int i = 0; i < w->server_count; i++) {
		if (dice_below(&s->dice, 3) == 0)
			continue;
		(void)text_put(wishes[order.wish_count].server, sizeof wishes[0].server,
			       w->servers[i].name);
		wishes[order.wish_count++].always = dice_below(&s->dice, 2) == 0;
	}
	if (push_put(s->now, &order, &made) > PUSH_MADE)
		world_fail(w, "b%d may not ask", index);
	digest(NULL, endpoint, s->browsers[index].id);
	s->browsers[index].gone = false;
}

void
push_sim_ask(struct world *w)
{
	struct sim_push *s = w->push;
	int index = (int)dice_below(&s->dice, (unsigned)s->count);
	struct sim_browser *browser = &s->browsers[index];

	if (w->calm)
		return;
	if (s->now != NULL && plane_is_loaded(w->plane)) {
		(void)memory_is_planes(true);
		plane_clock(w->plane, (struct instant){ w->now });
		if (browser->id[0] != '\0' && dice_below(&s->dice, 8) == 0) {
			browser->may_go = true;
			(void)push_remove(s->now, "anna", browser->id);
		} else {
			put(w, index);
		}
		(void)memory_is_planes(false);
		w->turn_due = w->now;
	}
	world_add(w, SIM_BELL, dice_between(&s->dice, 1000, 30000));
}

/* The life of the service. */

void
push_sim_birth(struct world *w)
{
	const struct push_settings settings = { .public_url = "https://roost.example.org" };
	struct sim_push *s = w->push;

	s->users = users_new(w->plane);
	s->now = push_new(w->plane, s->users, &settings);
}

void
push_sim_loaded(struct world *w)
{
	users_load(w->push->users);
	push_load(w->push->now);
	make_user(w->push);
}

/* What was under way may have arrived, and nobody knows. */
void
push_sim_roost_died(struct world *w)
{
	struct sim_push *s = w->push;

	s->now = NULL;
	s->users = NULL;
	for (int i = 0; i < s->count; i++)
		memset(s->browsers[i].uncertain, true, sizeof s->browsers[i].uncertain);
}

void
push_sim_end(struct world *w)
{
	push_free(w->push->now);
	users_free(w->push->users);
	w->push->now = NULL;
	w->push->users = NULL;
}

void
push_sim_read(struct world *w, const struct store_query *query, struct store_rows *rows)
{
	const struct sim_push *s = w->push;

	rows->events = mem_new_array(s->event_count + 1, sizeof *rows->events);
	for (size_t i = query->after; i < s->event_count; i++) {
		if (rows->event_count == 3) {
			rows->more = true; /* so that paging is walked */
			return;
		}
		rows->events[rows->event_count] = s->events[i];
		rows->events[rows->event_count++].data = text_copy(s->events[i].data);
	}
}

static unsigned
draw(struct dice *d, unsigned most)
{
	return dice_below(d, 3) == 0 ? 1 + dice_below(d, most) : 0;
}

void
push_sim_init(struct world *w)
{
	struct sim_push *s;

	if (w->seed % BROWSERS_EVERY != BROWSERS_AT)
		return;
	s = mem_new(sizeof *s);
	w->push = s;
	s->world = w;
	s->dice = dice_of(w->seed, 8);
	s->http.send = send_post;
	s->seal = (struct seal_port){ pair, is_public, seal, sign };
	s->secrets.digest = digest;
	s->count = 1 + (int)dice_below(&s->dice, BROWSERS_MAX);
	s->faults = (struct push_faults){
		.fails = draw(&s->dice, 300),
		.busy = draw(&s->dice, 200),
		.gone = draw(&s->dice, 60),
		.forbidden = draw(&s->dice, 60),
		.silent = draw(&s->dice, 100),
		.late = draw(&s->dice, 200),
		.refused = draw(&s->dice, 100),
		.request_lost = draw(&s->dice, 100),
		.answer_lost = draw(&s->dice, 100),
	};
	world_add(w, SIM_BELL, 500);
}

void
push_sim_deinit(struct world *w)
{
	struct sim_push *s = w->push;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->event_count; i++)
		mem_free(s->events[i].data);
	mem_free(s->events);
	mem_free(s);
	w->push = NULL;
}
