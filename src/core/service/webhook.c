/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints as admins see them: made, changed, switched on and off, removed. */

#include "service/webhook.h"

#include <string.h>

#include "service/webhook_sign.h"
#include "service/webhook_state.h"

struct webhooks *
webhooks_new(struct plane *plane, const struct webhook_settings *settings)
{
	struct webhooks *webhooks = mem_new(sizeof *webhooks);
	struct duration *waits = mem_new_array(settings->wait_count + 1, sizeof *waits);

	for (size_t i = 0; i < settings->wait_count; i++)
		waits[i] = settings->waits[i];
	webhooks->plane = plane;
	webhooks->settings = *settings;
	webhooks->settings.waits = waits;
	webhooks->settings.version = text_copy(settings->version != NULL ? settings->version : "0");
	webhooks->service = (struct plane_service){ .decide = webhooks_decide,
						    .act = webhooks_act,
						    .told = webhooks_told,
						    .needs = webhooks_needs };
	return webhooks;
}

/* The plane is gone, and with it whoever would answer. */
static void
forget_nothing(struct hook *hook)
{
	hook->read.v = hook->replay.read.v = 0;
	for (struct delivery *d = hook->deliveries; d != NULL; d = d->next)
		d->ticket.v = 0;
	for (size_t i = 0; i < hook->lanes.count; i++)
		((struct lane *)hook->lanes.items[i])->read.v = 0;
}

void
webhooks_free(struct webhooks *webhooks)
{
	if (webhooks == NULL)
		return;
	for (size_t i = 0; i < webhooks->hooks.count; i++) {
		forget_nothing(webhooks->hooks.items[i]);
		hook_free(webhooks->hooks.items[i]);
	}
	keyed_deinit(&webhooks->hooks);
	mem_free((void *)(uintptr_t)webhooks->settings.waits);
	mem_free((void *)(uintptr_t)webhooks->settings.version);
	mem_free(webhooks);
}

void
webhooks_load(struct webhooks *webhooks)
{
	plane_each_loaded(webhooks->plane, DOCUMENT_WEBHOOK, hook_loaded, webhooks);
	plane_each_loaded(webhooks->plane, DOCUMENT_LANE, lane_loaded, webhooks);
	plane_add_service(webhooks->plane, &webhooks->service);
}

size_t
webhooks_count(const struct webhooks *webhooks)
{
	return webhooks->hooks.count;
}

const struct webhook *
webhooks_at(const struct webhooks *webhooks, size_t index)
{
	ASSERT(index < webhooks->hooks.count);
	return webhooks->hooks.items[index];
}

const struct webhook *
webhooks_find(const struct webhooks *webhooks, const char *id)
{
	return keyed_find(&webhooks->hooks, id);
}

size_t
webhook_waiting(const struct webhook *webhook)
{
	const struct hook *hook = CONTAINER_OF(webhook, const struct hook, is);

	return hook->lanes.count;
}

struct webhook_figures
webhooks_figures(const struct webhooks *webhooks)
{
	return webhooks->figures;
}

bool
webhook_url_is_valid(const char *url)
{
	const char *host = strstr(url, "://");
	size_t length;

	if (!text_starts_with(url, "https://") && !text_starts_with(url, "http://"))
		return false;
	if (strlen(url) > WEBHOOK_URL_LIMIT)
		return false;
	for (const char *c = url; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~' || strchr("#\"<>\\^`{|}", *c) != NULL)
			return false;
	}
	host += 3;
	length = strcspn(host, "/?");
	return length > 0 && host[0] != ':' && memchr(host, '@', length) == NULL;
}

void
hook_wake(struct hook *hook)
{
	plane_wake_service(hook->of->plane, &hook->of->service);
}

/* The address is not told: it may be a secret itself. */
static json_t *
data_of(const struct hook *hook)
{
	json_t *data = json_object();

	json_set_text(data, "id", hook->is.id);
	json_set_text(data, "label", hook->is.label);
	json_set_text(data, "owner", hook->is.owner);
	return data;
}

void
hook_tell(struct hook *hook, enum event_type type, const char *key, const char *text)
{
	json_t *data = data_of(hook);

	json_set_text(data, key, text);
	plane_tell(hook->of->plane, type, "", data);
}

static void
tell_change(struct hook *hook, const char *change, const char *by)
{
	json_t *data = data_of(hook);

	json_set_text(data, "change", change);
	json_set_text(data, "by", by);
	plane_tell(hook->of->plane, EVENT_WEBHOOK_CHANGED, "", data);
	hook_save(hook);
	hook_wake(hook);
}

void
hook_disable(struct hook *hook, const char *reason)
{
	if (!hook->is.enabled)
		return;
	hook->is.enabled = false;
	(void)text_put(hook->is.reason, sizeof hook->is.reason, reason);
	hook->changed = true;
	hook_tell(hook, EVENT_WEBHOOK_DISABLED, "reason", hook->is.reason);
}

static void
make_secret(struct hook *hook)
{
	struct chance_port *chance = plane_ports(hook->of->plane)->chance;
	unsigned char random[WEBHOOK_SECRET_BYTES];

	chance->fill(chance, random, sizeof random);
	webhook_secret_text(random, hook->is.secrets[0]);
	explicit_bzero(random, sizeof random);
}

static void
take_filter(struct webhook *w, struct webhook_filter *filter)
{
	webhook_filter_deinit(&w->filter);
	w->filter = *filter;
	*filter = (struct webhook_filter){ 0 };
}

enum webhook_verdict
webhooks_make(struct webhooks *webhooks, const struct webhook_order *order,
	      const struct webhook **ret_made)
{
	struct hook *hook;
	struct webhook *w;

	if (webhooks->hooks.count >= WEBHOOKS_LIMIT) {
		webhook_filter_deinit(order->filter);
		return WEBHOOK_FULL;
	}
	ASSERT(webhook_url_is_valid(order->url));
	hook = mem_new(sizeof *hook);
	w = &hook->is;
	hook->of = webhooks;
	plane_new_id(webhooks->plane, w->id);
	w->url = text_copy(order->url);
	(void)text_put(w->label, sizeof w->label, order->label);
	(void)text_put(w->owner, sizeof w->owner, order->by);
	take_filter(w, order->filter);
	make_secret(hook);
	w->enabled = true;
	w->created_at = plane_now(webhooks->plane);
	w->cursor = hook->looked_to = plane_last_offset(webhooks->plane);
	keyed_add(&webhooks->hooks, hook);
	hook_tell(hook, EVENT_WEBHOOK_CREATED, "by", order->by);
	hook_save(hook);
	hook_wake(hook);
	*ret_made = w;
	return WEBHOOK_DONE;
}

enum webhook_verdict
webhooks_change(struct webhooks *webhooks, const struct webhook_order *order)
{
	struct hook *hook = keyed_find(&webhooks->hooks, order->id);

	if (hook == NULL) {
		if (order->filter != NULL)
			webhook_filter_deinit(order->filter);
		return WEBHOOK_NO_SUCH;
	}
	if (order->url != NULL) {
		ASSERT(webhook_url_is_valid(order->url));
		mem_free(hook->is.url);
		hook->is.url = text_copy(order->url);
	}
	if (order->label != NULL)
		(void)text_put(hook->is.label, sizeof hook->is.label, order->label);
	if (order->filter != NULL) {
		take_filter(&hook->is, order->filter);
		lanes_forget_ahead(hook);
	}
	tell_change(hook, "changed", order->by);
	return WEBHOOK_DONE;
}

enum webhook_verdict
webhooks_remove(struct webhooks *webhooks, const char *id, const char *by)
{
	struct hook *hook = keyed_find(&webhooks->hooks, id);
	CLEANUP(text_freep) char *all = NULL;
	struct delivery *next;

	if (hook == NULL)
		return WEBHOOK_NO_SUCH;
	for (struct delivery *d = hook->deliveries; d != NULL; d = next) {
		next = d->next;
		if (d->of != DELIVERY_TEST)
			continue;
		(void)text_put(d->tried.reason, sizeof d->tried.reason,
			       "the webhook was removed meanwhile");
		d->tested(d->argument, &d->tried);
	}
	all = text_format("%s/", id);
	plane_delete(webhooks->plane, DOCUMENT_WEBHOOK, id);
	while (hook->lanes.count > 0)
		lane_remove(hook->lanes.items[hook->lanes.count - 1]);
	plane_prune(webhooks->plane, DOCUMENT_DEAD, all, 0);
	hook_tell(hook, EVENT_WEBHOOK_REMOVED, "by", by);
	(void)keyed_remove(&webhooks->hooks, hook->is.id);
	hook_free(hook);
	return WEBHOOK_DONE;
}

enum webhook_verdict
webhooks_rotate(struct webhooks *webhooks, const char *id, struct duration keep, const char *by)
{
	struct hook *hook = keyed_find(&webhooks->hooks, id);
	struct webhook *w;

	if (hook == NULL)
		return WEBHOOK_NO_SUCH;
	w = &hook->is;
	explicit_bzero(w->secrets[1], sizeof w->secrets[1]);
	w->old_until = NEVER;
	if (keep.ms > 0) {
		(void)text_put(w->secrets[1], sizeof w->secrets[1], w->secrets[0]);
		w->old_until = instant_add(plane_now(webhooks->plane), keep);
	}
	make_secret(hook);
	tell_change(hook, "secret", by);
	return WEBHOOK_DONE;
}

/* Nothing is owed any more: what comes from now on is what is told. */
static void
skip_all(struct hook *hook)
{
	hook_halt(hook);
	while (hook->lanes.count > 0)
		lane_remove(hook->lanes.items[hook->lanes.count - 1]);
	hook->is.cursor = hook->looked_to = plane_last_offset(hook->of->plane);
	hook->is.replay_next = hook->is.replay_to = 0;
}

enum webhook_verdict
webhooks_enable(struct webhooks *webhooks, const char *id, bool skip, const char *by)
{
	struct hook *hook = keyed_find(&webhooks->hooks, id);

	if (hook == NULL)
		return WEBHOOK_NO_SUCH;
	if (skip)
		skip_all(hook);
	hook->is.enabled = true;
	hook->is.reason[0] = '\0';
	hook->is.failing_since = NEVER;
	hook->is.dead_in_row = 0;
	for (size_t i = 0; i < hook->lanes.count; i++) {
		struct lane *lane = hook->lanes.items[i];

		if (lane->flies)
			continue;
		lane->attempt = 0;
		lane->next_at = plane_now(webhooks->plane);
		lane->changed = true;
	}
	tell_change(hook, "enabled", by);
	return WEBHOOK_DONE;
}

enum webhook_verdict
webhooks_disable(struct webhooks *webhooks, const char *id, const char *by)
{
	struct hook *hook = keyed_find(&webhooks->hooks, id);

	if (hook == NULL)
		return WEBHOOK_NO_SUCH;
	hook->is.enabled = false;
	hook->is.reason[0] = '\0';
	tell_change(hook, "disabled", by);
	return WEBHOOK_DONE;
}
