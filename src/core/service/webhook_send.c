/* SPDX-License-Identifier: Apache-2.0 */
/* One request to an endpoint, and what its answer means. */

#include <stdio.h>
#include <string.h>

#include "feed/cloudevent.h"
#include "service/webhook_sign.h"
#include "service/webhook_state.h"

#define IN_FLIGHT	  8 /* of one endpoint */
#define IN_FLIGHT_FAILING 2 /* of one that takes nothing: one of a lane, one that is new */
#define ANSWER_LIMIT	  1024
#define SILENCE		  DURATION_S(15) /* behind its own deadline, the port is not believed in any more */

unsigned
hook_may_send(const struct hook *hook)
{
	return instant_is_set(hook->is.failing_since) ? IN_FLIGHT_FAILING : IN_FLIGHT;
}

unsigned
hook_flying(const struct hook *hook, enum delivery_of of)
{
	unsigned count = 0;

	for (const struct delivery *d = hook->deliveries; d != NULL; d = d->next)
		count += d->of == of;
	return count;
}

struct instant
delivery_deadline(const struct hook *hook, struct instant sent_at)
{
	return instant_add(instant_add(sent_at, hook->of->settings.timeout), SILENCE);
}

struct delivery *
delivery_new(struct hook *hook, enum delivery_of of, const struct store_event *event)
{
	struct delivery *d = mem_new(sizeof *d);

	d->hook = hook;
	d->of = of;
	d->next = hook->deliveries;
	hook->deliveries = d;
	d->deadline = delivery_deadline(hook, plane_now(hook->of->plane));
	if (event != NULL) {
		d->offset = event->offset;
		(void)text_put(d->subject, sizeof d->subject, event->subject);
	}
	return d;
}

void
delivery_free(struct delivery *delivery)
{
	struct delivery **at = &delivery->hook->deliveries;

	while (*at != delivery)
		at = &(*at)->next;
	*at = delivery->next;
	if (delivery->ticket.v != 0)
		plane_forget(delivery->hook->of->plane, delivery->ticket);
	mem_free(delivery);
}

static void
judge(struct delivery *d, const struct http_result *result)
{
	struct instant now = plane_now(d->hook->of->plane);
	int status = result->status;

	d->tried.status = status;
	d->tried.taken = status >= 200 && status <= 299;
	d->gone = status == 410;
	if (status == 429 || (status >= 502 && status <= 504))
		d->retry_after = http_result_retry_after(result, now);
	if (!d->tried.taken)
		(void)snprintf(d->tried.reason, sizeof d->tried.reason, "it answered %d%s", status,
			       status >= 300 && status <= 399 ? "; redirects are not followed"
			       : status == 410		      ? ": it is gone"
							      : "");
}

static void
on_answer(void *argument, const struct reply *reply)
{
	struct delivery *d = argument;
	struct hook *hook = d->hook;

	d->ticket = (struct ticket){ 0 };
	d->answered = true;
	if (reply->result == REPLY_DONE && reply->holds == REPLY_HTTP)
		judge(d, reply->as.http);
	else
		(void)text_put(d->tried.reason, sizeof d->tried.reason,
			       reply->reason[0] != '\0' ? reply->reason
							: "no whole answer came in time");
	if (d->of == DELIVERY_TEST) {
		d->tested(d->argument, &d->tried);
		delivery_free(d);
		return;
	}
	hook_wake(hook);
}

/* Both signatures while the old secret is good; a receiver takes what it knows. */
static void
put_signatures(struct buf *b, const struct webhook *w, const struct webhook_content *content,
	       struct instant now)
{
	buf_put_text(b, "webhook-signature: ");
	(void)webhook_signature_put(b, w->secrets[0], content);
	if (w->secrets[1][0] == '\0' || instant_reached(now, w->old_until))
		return;
	buf_put_byte(b, ' ');
	(void)webhook_signature_put(b, w->secrets[1], content);
}

void
delivery_send(struct delivery *d, const char *id, struct buf *body)
{
	const struct webhooks *webhooks = d->hook->of;
	const struct plane_ports *ports = plane_ports(webhooks->plane);
	struct instant now = plane_now(webhooks->plane);
	struct webhook_content content = { id, now.ms / 1000, body->data, body->length };
	CLEANUP(buf_deinit) struct buf signatures = BUF_NULL;
	char agent[96], id_header[96], timestamp[64];
	const char *headers[] = { "content-type: application/json", agent, id_header, timestamp,
				  NULL };
	struct http_order order = { .method = "POST",
				    .url = d->hook->is.url,
				    .headers = headers,
				    .header_count = ELEMENTS(headers),
				    .body = body->data,
				    .body_length = body->length,
				    .within = webhooks->settings.timeout,
				    .answer_limit = ANSWER_LIMIT,
				    .reach = HTTP_REACH_PUBLIC };

	(void)snprintf(agent, sizeof agent, "user-agent: roost/%s", webhooks->settings.version);
	(void)snprintf(id_header, sizeof id_header, "webhook-id: %s", id);
	(void)snprintf(timestamp, sizeof timestamp, "webhook-timestamp: %lld",
		       (long long)content.timestamp);
	put_signatures(&signatures, &d->hook->is, &content, now);
	headers[4] = buf_text(&signatures);
	d->ticket = plane_expect(webhooks->plane, on_answer, d);
	ports->http->send(ports->http, d->ticket, &order);
}

void
delivery_send_event(struct delivery *delivery, const struct store_event *event)
{
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;
	const char *epoch = plane_epoch(delivery->hook->of->plane);
	char id[WEBHOOK_ID_SIZE];

	webhook_id_text(epoch, event->offset, id);
	webhook_body_put(&body, epoch, event);
	delivery_send(delivery, id, &body);
}

void
deliveries_expire(struct hook *hook)
{
	struct instant now = plane_now(hook->of->plane);
	struct delivery *next;

	for (struct delivery *d = hook->deliveries; d != NULL; d = next) {
		struct reply reply = { .ticket = d->ticket, .result = REPLY_UNKNOWN };

		next = d->next;
		if (d->answered || !instant_reached(now, d->deadline))
			continue;
		plane_forget(hook->of->plane, d->ticket);
		on_answer(d, &reply);
	}
}

struct instant
deliveries_due(const struct hook *hook)
{
	struct instant due = NEVER;

	for (const struct delivery *d = hook->deliveries; d != NULL; d = d->next) {
		if (!d->answered)
			due = instant_earlier(due, d->deadline);
	}
	return due;
}

void
hook_halt(struct hook *hook)
{
	struct delivery *next;

	for (struct delivery *d = hook->deliveries; d != NULL; d = next) {
		next = d->next;
		if (d->of != DELIVERY_TEST)
			delivery_free(d);
	}
	for (size_t i = 0; i < hook->lanes.count; i++) {
		struct lane *lane = hook->lanes.items[i];

		if (lane->read.v != 0)
			plane_forget(hook->of->plane, lane->read);
		lane->read = (struct ticket){ 0 };
		lane->flies = false;
		page_clear(&lane->ahead);
	}
	if (hook->read.v != 0)
		plane_forget(hook->of->plane, hook->read);
	hook->read = (struct ticket){ 0 };
	page_clear(&hook->page);
	hook->looked_to = hook->is.cursor;
	replay_halt(hook);
}
