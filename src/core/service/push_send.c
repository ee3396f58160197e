/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending what is to be sent, and what becomes of it. One message of a browser is
 * under way at a time. What makes it hard is telling whose fault a failure is: the
 * browser's (it is gone), the push service's (again later), or ours (said once, to staff).
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "service/push_state.h"

#define ANSWER_WITHIN DURATION_S(20)
#define LOST_AFTER    DURATION_S(60) /* the port always answers; this is for when it does not */
#define ANSWER_LIMIT  512

/* Waits before the next try; whoever has had all of them is given up. */
static const int64_t waits_s[] = { 5, 30, 120, 600, 1800, 3600 };

enum outcome {
	OUTCOME_TOLD,
	OUTCOME_GONE,
	OUTCOME_LATER,
	OUTCOME_REFUSED /* our fault, and the same again next time */
};

static enum outcome
outcome_of(const struct reply *reply)
{
	int status = reply->holds == REPLY_HTTP ? reply->as.http->status : 0;

	if (reply->result == REPLY_UNKNOWN && MUTANT(PUSH_SILENCE_IS_TOLD))
		return OUTCOME_TOLD;
	if (reply->result != REPLY_DONE || status == 0)
		return OUTCOME_LATER;
	if (status >= 200 && status < 300)
		return OUTCOME_TOLD;
	if (status == 404 || status == 410)
		return OUTCOME_GONE;
	if (status >= 500 || status == 429 || status == 408)
		return OUTCOME_LATER;
	return OUTCOME_REFUSED;
}

static struct push_sending *
sending_of(struct push_browser *browser, uint64_t event)
{
	for (size_t i = 0; i < browser->sending_count; i++) {
		if (browser->sendings[i].event == event)
			return &browser->sendings[i];
	}
	return NULL;
}

static void
drop_sending(struct push_browser *browser, struct push_sending *sending)
{
	size_t at = (size_t)(sending - browser->sendings);

	memmove(sending, sending + 1, (browser->sending_count - at - 1) * sizeof *sending);
	browser->sending_count--;
	browser->changed = true;
}

/* A message that could not be told in all its tries. */
static void
give_up(struct push_browser *browser, struct push_sending *sending)
{
	drop_sending(browser, sending);
	browser->failures++;
	browser->gone = browser->gone || browser->failures >= PUSH_FAILURES_LIMIT;
}

/* Those who failed together do not come back together. */
static struct duration
with_jitter(struct push *push, struct duration wait)
{
	struct chance_port *chance = plane_ports(push->plane)->chance;
	unsigned char dice;

	chance->fill(chance, &dice, 1);
	return DURATION_MS(wait.ms + wait.ms * dice / 1024);
}

static void
try_later(struct push *push, struct push_browser *browser, struct push_sending *sending,
	  struct duration asked)
{
	struct instant now = plane_now(push->plane), ends;
	struct duration wait;

	if (sending->tries >= ELEMENTS(waits_s)) {
		give_up(browser, sending);
		return;
	}
	wait = with_jitter(push, DURATION_S(waits_s[sending->tries++]));
	sending->next_at = instant_add(now, wait.ms > asked.ms ? wait : asked);
	ends = instant_add(sending->at, DURATION_S(PUSH_LASTS_S));
	browser->changed = true;
	if (sending->next_at.ms > ends.ms)
		give_up(browser, sending);
}

/* Faults of ours: told once for each push service, until it takes a message again. */

static void
fault_told(struct push *push, const char *origin, const struct reply *reply)
{
	json_t *data;
	char reason[REASON_LIMIT + 1];

	for (size_t i = 0; i < push->fault_count; i++) {
		if (strcmp(push->faults[i], origin) == 0)
			return;
	}
	if (push->fault_count == PUSH_FAULTS_LIMIT)
		return;
	push->faults[push->fault_count++] = text_copy(origin);
	push->meta_changed = true;
	text_clean(reason, sizeof reason, reply->as.http->body, reply->as.http->body_length);
	data = json_object();
	json_set_text(data, "service", origin);
	json_set_integer(data, "status", reply->as.http->status);
	json_set_text(data, "reason", reason);
	plane_tell(push->plane, EVENT_PUSH_FAILED, "", data);
}

static void
fault_over(struct push *push, const char *origin)
{
	for (size_t i = 0; i < push->fault_count; i++) {
		if (strcmp(push->faults[i], origin) != 0)
			continue;
		mem_free(push->faults[i]);
		push->faults[i] = push->faults[--push->fault_count];
		push->meta_changed = true;
		return;
	}
}

/* What came of one message. The sending is NULL when a newer one has taken its place. */
static void
settle(struct push *push, struct push_browser *browser, struct push_sending *sending,
       const struct reply *reply)
{
	struct duration asked = { 0 };
	char origin[PUSH_ORIGIN_SIZE];

	ASSERT(push_origin(browser->endpoint, origin));
	switch (outcome_of(reply)) {
	case OUTCOME_TOLD:
		if (sending != NULL)
			drop_sending(browser, sending);
		browser->failures = 0;
		fault_over(push, origin);
		break;
	case OUTCOME_GONE:
		browser->gone = true;
		break;
	case OUTCOME_LATER:
		if (reply->holds == REPLY_HTTP)
			asked = http_result_retry_after(reply->as.http, plane_now(push->plane));
		if (sending != NULL)
			try_later(push, browser, sending, asked);
		break;
	case OUTCOME_REFUSED:
		if (sending != NULL)
			drop_sending(browser, sending);
		fault_told(push, origin, reply);
		break;
	}
}

static void
landed(struct push *push, struct push_browser *browser)
{
	browser->flight = (struct ticket){ 0 };
	browser->flight_ends_at = NEVER;
	push->flights--;
}

static void
on_answer(void *argument, const struct reply *reply)
{
	struct push *push = argument;

	for (size_t i = 0; i < push->browsers.count; i++) {
		struct push_browser *browser = push->browsers.items[i];

		if (browser->flight.v != reply->ticket.v)
			continue;
		landed(push, browser);
		settle(push, browser, sending_of(browser, browser->flight_event), reply);
		plane_wake_service(push->plane, &push->service);
		return;
	}
}

/* Who is not answered for a minute is taken for unknown. And what is old is no news. */
void
push_expire(struct push *push, struct instant now)
{
	for (size_t i = 0; i < push->browsers.count; i++) {
		struct push_browser *browser = push->browsers.items[i];
		struct reply nothing = { .result = REPLY_UNKNOWN };

		if (browser->flight.v == 0 || !instant_reached(now, browser->flight_ends_at))
			continue;
		plane_forget(push->plane, browser->flight);
		landed(push, browser);
		settle(push, browser, sending_of(browser, browser->flight_event), &nothing);
	}
}

/* Out. */

static char *
ttl_header(const struct push_sending *sending, struct instant now)
{
	int64_t left = PUSH_LASTS_S - instant_since(now, sending->at).ms / 1000;

	return text_format("TTL: %lld", (long long)(left > 0 ? left : 0));
}

/* Sealed with a key and a salt of its own. The caller frees. */
static unsigned char *
seal_payload(struct push *push, const struct push_browser *browser, const char *payload)
{
	const struct plane_ports *ports = plane_ports(push->plane);
	unsigned char salt[SEAL_SALT_SIZE], private_key[SEAL_PRIVATE_SIZE];
	unsigned char *sealed = mem_new(SEAL_SEALED_LIMIT);
	struct seal_pair once;
	struct seal_order order = { .to = browser->key,
				    .auth = browser->auth,
				    .once = &once,
				    .salt = salt,
				    .plain = payload,
				    .length = strlen(payload) };

	do
		ports->chance->fill(ports->chance, private_key, sizeof private_key);
	while (!ports->seal->pair(ports->seal, private_key, &once));
	ports->chance->fill(ports->chance, salt, sizeof salt);
	ASSERT(ports->seal->seal(ports->seal, &order,
				 sealed)); /* the key was looked at when it came */
	return sealed;
}

static void
send_one(struct push *push, struct push_browser *browser, const struct push_sending *sending,
	 struct instant now)
{
	struct http_port *http = plane_ports(push->plane)->http;
	CLEANUP(text_freep) char *payload = push_payload(sending, plane_epoch(push->plane));
	CLEANUP(text_freep) char *sealed = (char *)seal_payload(push, browser, payload);
	CLEANUP(text_freep) char *ttl = ttl_header(sending, now);
	CLEANUP(text_freep) char *authorization = NULL;
	char origin[PUSH_ORIGIN_SIZE], topic[33], topic_header[48];
	const char *headers[] = { "Content-Type: application/octet-stream",
				  "Content-Encoding: aes128gcm",
				  "Urgency: high",
				  ttl,
				  topic_header,
				  NULL };

	ASSERT(push_origin(browser->endpoint, origin));
	authorization = push_authorization(push, origin, now);
	headers[ELEMENTS(headers) - 1] = authorization;
	push_topic(push, sending->tag, topic);
	(void)snprintf(topic_header, sizeof topic_header, "Topic: %s", topic);
	browser->flight = plane_expect(push->plane, on_answer, push);
	browser->flight_event = sending->event;
	browser->flight_ends_at = instant_add(now, LOST_AFTER);
	push->flights++;
	http->send(http, browser->flight,
		   &(struct http_order){ .method = "POST",
					 .url = browser->endpoint,
					 .headers = headers,
					 .header_count = ELEMENTS(headers),
					 .body = sealed,
					 .body_length = strlen(payload) + SEAL_OVERHEAD,
					 .within = ANSWER_WITHIN,
					 .answer_limit = ANSWER_LIMIT,
					 .reach = HTTP_REACH_PUBLIC });
}

static struct push_sending *
first_of(const struct push_browser *browser)
{
	struct push_sending *first = NULL;

	for (size_t i = 0; i < browser->sending_count; i++) {
		if (first == NULL || browser->sendings[i].next_at.ms < first->next_at.ms)
			first = &browser->sendings[i];
	}
	return first;
}

void
push_send_due(struct push *push, struct instant now)
{
	for (size_t i = 0; i < push->browsers.count; i++) {
		struct push_browser *browser = push->browsers.items[i];
		const struct push_sending *sending = first_of(browser);

		if (push->flights >= PUSH_IN_FLIGHT_LIMIT)
			return;
		if (browser->flight.v == 0 && !browser->gone && !browser->changed &&
		    sending != NULL && instant_reached(now, sending->next_at))
			send_one(push, browser, sending, now);
	}
}

struct instant
push_send_at(const struct push *push)
{
	struct instant at = NEVER;

	for (size_t i = 0; i < push->browsers.count; i++) {
		const struct push_browser *browser = push->browsers.items[i];
		const struct push_sending *sending = first_of(browser);

		if (browser->flight.v != 0)
			at = instant_earlier(at, browser->flight_ends_at);
		else if (sending != NULL && push->flights < PUSH_IN_FLIGHT_LIMIT)
			at = instant_earlier(at, sending->next_at);
	}
	return at;
}
