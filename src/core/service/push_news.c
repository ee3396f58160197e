/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened, and who wants to be told. Events come as they are told; those
 * that were told to nobody, because roost died in between, are read from the record
 * at the next start. Each wish knows up to where it has heard, so nothing counts twice.
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "service/push_state.h"

#define READ_AGAIN_AFTER DURATION_S(5)
#define PAGE		 500

static bool
is_start(const char *phase)
{
	enum phase word;

	if (!phase_parse(phase, &word))
		return false;
	return word == PHASE_REQUESTED || word == PHASE_PROVISIONING || word == PHASE_RESTORING ||
	       word == PHASE_STARTING;
}

static bool
is_interesting(enum event_type type)
{
	return type == EVENT_SERVER_READY || type == EVENT_SERVER_REMOVED ||
	       type == EVENT_USER_CHANGED || event_is_alert(type);
}

/* What an alert says of itself, by whichever name. */
static void
take_reason(struct push_news *news, const json_t *data)
{
	static const char *const names[] = { "reason", "how", "why", "text" };
	const char *text = "";

	for (size_t i = 0; i < ELEMENTS(names) && text[0] == '\0'; i++)
		text = json_get_text(data, names[i], "");
	text_clean(news->reason, sizeof news->reason, text, strlen(text));
}

void
push_note(struct push *push, const struct store_event *event)
{
	CLEANUP(json_freep) json_t *data = NULL;
	struct push_news *news;
	enum event_type type;

	push->seen = event->offset;
	if (push->browsers.count == 0 || !event_parse(event->type, &type) || !is_interesting(type))
		return;
	data = json_loads(event->data, 0, NULL);
	if (type == EVENT_USER_CHANGED && !text_equal(json_get_text(data, "change", ""), "removed"))
		return;
	if (push->news_count == push->news_room) {
		push->news_room = push->news_room > 0 ? 2 * push->news_room : 8;
		push->news = mem_resize(push->news, push->news_room * sizeof *push->news);
	}
	news = &push->news[push->news_count++];
	*news = (struct push_news){ .offset = event->offset, .time = event->time, .type = type };
	(void)text_put(news->subject, sizeof news->subject, event->subject);
	take_reason(news, data);
	news->took_ms = json_get_integer(data, "took_ms", 0);
	news->is_start = is_start(json_get_text(data, "phase", ""));
}

/* Words. */

/* A name that a player can type, when there is one. */
static const char *
host_of(struct push *push, const char *name)
{
	const struct server *server = plane_server(push->plane, name);

	for (char **host = server != NULL ? server->spec->hosts : NULL;
	     host != NULL && *host != NULL; host++) {
		if (strchr(*host, '*') == NULL)
			return *host;
	}
	return NULL;
}

static void
say_ready(struct push *push, const struct push_news *news, struct push_sending *s)
{
	const char *host = host_of(push, news->subject);
	char took[DURATION_TEXT_SIZE], after[DURATION_TEXT_SIZE + 16] = "";

	if (news->took_ms >= 1000) {
		duration_text(DURATION_MS(news->took_ms), took);
		(void)snprintf(after, sizeof after, " after %s", took);
	}
	(void)snprintf(s->title, sizeof s->title, "%s is ready", news->subject);
	if (host != NULL)
		(void)snprintf(s->text, sizeof s->text, "It came up%s. Join at %s.", after, host);
	else
		(void)snprintf(s->text, sizeof s->text, "It came up%s. You can join now.", after);
	(void)snprintf(s->tag, sizeof s->tag, "ready/%s", news->subject);
}

static void
say_failed(const struct push_news *news, struct push_sending *s)
{
	(void)snprintf(s->title, sizeof s->title, "%s could not start", news->subject);
	(void)snprintf(s->text, sizeof s->text, "%s%s",
		       news->reason[0] != '\0' ? "Because: " : "roost was not told why.",
		       news->reason);
	(void)snprintf(s->tag, sizeof s->tag, "ready/%s", news->subject);
}

static void
say_alert(const struct push_news *news, struct push_sending *s)
{
	const char *meaning = event_meaning(news->type);
	int clause = (int)strcspn(meaning, ";");
	const char *about = news->subject[0] != '\0' ? news->subject : "roost";

	(void)snprintf(s->title, sizeof s->title, "Trouble: %s", about);
	(void)snprintf(s->text, sizeof s->text, "%s: %.*s.%s%s", about, clause, meaning,
		       news->reason[0] != '\0' ? " " : "", news->reason);
	(void)snprintf(s->tag, sizeof s->tag, "alert/%s/%s", event_word(news->type), news->subject);
}

/* Who. */

static size_t
place_of(struct push_browser *browser, const char *tag)
{
	size_t oldest = 0;

	for (size_t i = 0; i < browser->sending_count; i++) {
		if (strcmp(browser->sendings[i].tag, tag) == 0)
			return i;
		if (browser->sendings[i].event < browser->sendings[oldest].event)
			oldest = i;
	}
	return browser->sending_count < PUSH_SENDINGS_LIMIT ? browser->sending_count++ : oldest;
}

static void
send_later(struct push *push, struct push_browser *browser, const struct push_news *news,
	   bool wished)
{
	struct push_sending s = { .event = news->offset,
				  .at = news->time,
				  .next_at = plane_now(push->plane) };

	(void)text_put(s.server, sizeof s.server, news->subject);
	if (!wished)
		say_alert(news, &s);
	else if (news->type == EVENT_SERVER_READY)
		say_ready(push, news, &s);
	else
		say_failed(news, &s);
	browser->sendings[place_of(browser, s.tag)] = s;
	browser->changed = true;
}

static void
drop_wish(struct push_browser *browser, size_t at)
{
	memmove(&browser->wishes[at], &browser->wishes[at + 1],
		(browser->wish_count - at - 1) * sizeof *browser->wishes);
	browser->wish_count--;
	browser->changed = true;
}

/* A failure leaves the wish: it was for the server to be ready. */
static bool
ask_wishes(struct push_browser *browser, const struct push_news *news)
{
	for (size_t i = 0; i < browser->wish_count; i++) {
		struct push_wish *wish = &browser->wishes[i];

		if (strcmp(wish->server, news->subject) != 0 || news->offset <= wish->after)
			continue;
		wish->after = news->offset;
		if (news->type == EVENT_SERVER_REMOVED) {
			drop_wish(browser, i);
			return false;
		}
		if (news->type == EVENT_SERVER_READY && !wish->always && !MUTANT(PUSH_ONCE_STAYS))
			drop_wish(browser, i);
		return news->type == EVENT_SERVER_READY ||
		       (news->type == EVENT_SERVER_FAILED && news->is_start);
	}
	return false;
}

static bool
is_for_staff(struct push *push, struct push_browser *browser, const struct push_news *news)
{
	const struct user *user = users_find(push->users, browser->user);

	if (!browser->alerts || !event_is_alert(news->type) ||
	    news->offset <= browser->alerts_after)
		return false;
	browser->alerts_after = news->offset;
	return user != NULL && user->role >= ROLE_STAFF && user->role >= event_audience(news->type);
}

static void
tell_browser(struct push *push, struct push_browser *browser, const struct push_news *news)
{
	bool wished, alert;

	if (news->type == EVENT_USER_CHANGED) {
		browser->gone = browser->gone || (strcmp(browser->user, news->subject) == 0 &&
						  users_find(push->users, browser->user) == NULL);
		return;
	}
	wished = ask_wishes(browser, news);
	alert = is_for_staff(push, browser, news);
	if ((wished || alert) && users_find(push->users, browser->user) != NULL)
		send_later(push, browser, news, wished);
}

void
push_decide_news(struct push *push)
{
	for (size_t i = 0; i < push->news_count; i++) {
		for (size_t j = 0; j < push->browsers.count; j++)
			tell_browser(push, push->browsers.items[j], &push->news[i]);
		push->meta_changed = true;
	}
	push->news_count = 0;
}

/* Catching up. */

bool
push_is_behind(const struct push *push)
{
	return push->seen < push->told;
}

static void
on_rows(void *argument, const struct reply *reply)
{
	struct push *push = argument;
	const struct store_rows *rows = reply->as.rows;

	push->read = (struct ticket){ 0 };
	push->read_at = instant_add(plane_now(push->plane), READ_AGAIN_AFTER);
	if (reply->result != REPLY_DONE || reply->holds != REPLY_ROWS)
		return;
	for (size_t i = 0; i < rows->event_count; i++)
		push_note(push, &rows->events[i]);
	if (rows->event_count == 0)
		push->seen = push->told; /* they are no longer kept */
	push->read_at = push_is_behind(push) ? plane_now(push->plane) : NEVER;
	plane_wake_service(push->plane, &push->service);
}

void
push_catch_up(struct push *push, struct instant now)
{
	struct store_port *store = plane_ports(push->plane)->store;
	struct store_query query = {
		.what = STORE_EVENTS, .after = push->seen, .audience = ROLE_ADMIN, .limit = PAGE
	};

	if (push->read.v != 0 ||
	    (instant_is_set(push->read_at) && !instant_reached(now, push->read_at)))
		return;
	push->read = plane_expect(push->plane, on_rows, push);
	push->read_at = NEVER;
	store->read(store, push->read, &query);
}
