/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints and lanes as documents of the record, and filters. */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "service/webhook_state.h"

/* Filters. */

void
webhook_filter_deinit(struct webhook_filter *filter)
{
	channel_set_deinit(&filter->channels);
	mem_free(filter->types);
	mem_free(filter->servers);
	*filter = (struct webhook_filter){ 0 };
}

static bool
is_of_type(const struct webhook_filter *filter, const char *type)
{
	for (size_t i = 0; i < filter->type_count; i++) {
		struct feed_filter one = { .role = ROLE_ADMIN };

		(void)text_put(one.type, sizeof one.type, filter->types[i]);
		if (feed_filter_passes(&one, 0, type, ""))
			return true;
	}
	return filter->type_count == 0;
}

static bool
is_of_server(const struct webhook_filter *filter, const struct store_event *event)
{
	for (size_t i = 0; i < filter->server_count; i++) {
		struct feed_filter one = { .role = ROLE_ADMIN };

		(void)text_put(one.server, sizeof one.server, filter->servers[i]);
		if (feed_filter_passes(&one, 0, event->type, event->subject))
			return true;
	}
	return filter->server_count == 0;
}

bool
webhook_filter_passes(const struct webhook_filter *filter, const struct store_event *event)
{
	return event->audience <= (unsigned)filter->role && is_of_type(filter, event->type) &&
	       is_of_server(filter, event) &&
	       (filter->channels.count == 0 ||
		channel_set_has_event(&filter->channels, event->type, event->subject));
}

static json_t *
list_of(const char *texts, size_t count, size_t size)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(texts + i * size));
	return list;
}

static json_t *
channels_json(const struct channel_set *set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < set->count; i++) {
		char text[CHANNEL_TEXT_SIZE];

		channel_text(&set->channels[i], text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static size_t
list_read(const json_t *list, void *ret_texts, size_t size)
{
	size_t count = json_array_size(list);
	char *texts = mem_new_array(count + 1, size);

	if (count > WEBHOOK_FILTER_LIMIT)
		count = WEBHOOK_FILTER_LIMIT;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		(void)text_put(texts + i * size, size, text != NULL ? text : "?");
	}
	memcpy(ret_texts, &texts, sizeof texts);
	return count;
}

void
webhook_filter_put(const struct webhook_filter *f, json_t *to)
{
	json_set_text(to, "role", role_word(f->role));
	json_object_set_new(to, "channels", channels_json(&f->channels));
	json_object_set_new(to, "types",
			    list_of((const char *)f->types, f->type_count, sizeof *f->types));
	json_object_set_new(to, "servers",
			    list_of((const char *)f->servers, f->server_count, sizeof *f->servers));
}

void
webhook_filter_read(const json_t *from, struct webhook_filter *ret_filter)
{
	const json_t *channels = json_object_get(from, "channels");
	struct channel channel;

	*ret_filter = (struct webhook_filter){ 0 };
	if (!role_parse(json_get_text(from, "role", ""), &ret_filter->role))
		ret_filter->role = ROLE_NOBODY;
	for (size_t i = 0; i < json_array_size(channels); i++) {
		const char *text = json_string_value(json_array_get(channels, i));

		if (text != NULL && channel_parse(text, &channel))
			(void)channel_set_add(&ret_filter->channels, &channel);
	}
	ret_filter->type_count = list_read(json_object_get(from, "types"), &ret_filter->types,
					   sizeof *ret_filter->types);
	ret_filter->server_count = list_read(json_object_get(from, "servers"), &ret_filter->servers,
					     sizeof *ret_filter->servers);
}

/* Endpoints. */

void
hook_save(struct hook *hook)
{
	CLEANUP(json_freep) json_t *body = json_object();
	struct webhook *w = &hook->is;

	if (instant_reached(plane_now(hook->of->plane), w->old_until)) {
		explicit_bzero(w->secrets[1], sizeof w->secrets[1]);
		w->old_until = NEVER;
	}

	json_set_text(body, "url", w->url);
	json_set_text(body, "label", w->label);
	json_set_text(body, "owner", w->owner);
	webhook_filter_put(&w->filter, body);
	json_set_text(body, "secret", w->secrets[0]);
	json_set_text(body, "old_secret", w->secrets[1][0] != '\0' ? w->secrets[1] : NULL);
	json_set_instant(body, "old_until", w->old_until);
	json_set_instant(body, "created_at", w->created_at);
	json_set_bool(body, "enabled", w->enabled);
	json_set_text(body, "reason", w->reason);
	json_set_integer(body, "cursor", (int64_t)w->cursor);
	json_set_instant(body, "failing_since", w->failing_since);
	json_set_integer(body, "dead_in_row", w->dead_in_row);
	json_set_integer(body, "replay_next", (int64_t)w->replay_next);
	json_set_integer(body, "replay_to", (int64_t)w->replay_to);
	plane_put(hook->of->plane, DOCUMENT_WEBHOOK, w->id, body);
	hook->changed = false;
	hook->saved_cursor = w->cursor;
	hook->save_at = NEVER;
}

static uint64_t
offset_in(const json_t *body, const char *key)
{
	int64_t number = json_get_integer(body, key, 0);

	return number > 0 ? (uint64_t)number : 0;
}

void
hook_loaded(void *argument, const char *key, const json_t *body)
{
	struct webhooks *webhooks = argument;
	uint64_t last = plane_last_offset(webhooks->plane);
	struct webhook *w;
	struct hook *hook;

	if (strlen(key) != ID_TEXT_SIZE - 1 || keyed_find(&webhooks->hooks, key) != NULL)
		return;
	hook = mem_new(sizeof *hook);
	w = &hook->is;
	hook->of = webhooks;
	(void)text_put(w->id, sizeof w->id, key);
	w->url = text_copy(json_get_text(body, "url", ""));
	(void)text_put(w->label, sizeof w->label, json_get_text(body, "label", ""));
	(void)text_put(w->owner, sizeof w->owner, json_get_text(body, "owner", ""));
	webhook_filter_read(body, &w->filter);
	(void)text_put(w->secrets[0], sizeof w->secrets[0], json_get_text(body, "secret", ""));
	(void)text_put(w->secrets[1], sizeof w->secrets[1], json_get_text(body, "old_secret", ""));
	w->old_until = json_get_instant(body, "old_until");
	w->created_at = json_get_instant(body, "created_at");
	w->enabled = json_get_bool(body, "enabled", false);
	(void)text_put(w->reason, sizeof w->reason, json_get_text(body, "reason", ""));
	w->cursor = offset_in(body, "cursor");
	if (w->cursor > last)
		w->cursor = last;
	hook->looked_to = hook->saved_cursor = w->cursor;
	w->failing_since = json_get_instant(body, "failing_since");
	w->dead_in_row = (unsigned)json_get_integer(body, "dead_in_row", 0);
	w->replay_next = offset_in(body, "replay_next");
	w->replay_to = offset_in(body, "replay_to");
	keyed_add(&webhooks->hooks, hook);
}

void
hook_free(struct hook *hook)
{
	while (hook->deliveries != NULL)
		delivery_free(hook->deliveries);
	hook_halt(hook);
	while (hook->lanes.count > 0)
		lane_free(hook->lanes.items[hook->lanes.count - 1]);
	keyed_deinit(&hook->lanes);
	page_deinit(&hook->page);
	page_deinit(&hook->replay.event);
	webhook_filter_deinit(&hook->is.filter);
	mem_free(hook->is.url);
	explicit_bzero(hook->is.secrets, sizeof hook->is.secrets);
	mem_free(hook);
}

/* Lanes: ENDPOINT/SUBJECT. */

void
lane_key(const struct lane *lane, char key[static 128])
{
	(void)snprintf(key, 128, "%s/%s", lane->hook->is.id, lane->subject);
}

void
lane_save(struct lane *lane)
{
	CLEANUP(json_freep) json_t *body = json_object();
	char key[128];

	lane->changed = false;
	lane->save_at = NEVER;
	lane->saved = lane->offset;
	if (MUTANT(WEBHOOK_LANE_IN_MEMORY))
		return;
	lane_key(lane, key);
	json_set_integer(body, "offset", (int64_t)lane->offset);
	json_set_integer(body, "owes_to", (int64_t)lane->owes_to);
	json_set_integer(body, "attempt", lane->attempt);
	json_set_instant(body, "next_at", lane->next_at);
	plane_put(lane->hook->of->plane, DOCUMENT_LANE, key, body);
}

void
lane_loaded(void *argument, const char *key, const json_t *body)
{
	struct webhooks *webhooks = argument;
	char id[ID_TEXT_SIZE];
	struct hook *hook;
	struct lane *lane;

	(void)text_put(id, sizeof id, key);
	hook = keyed_find(&webhooks->hooks, id);
	if (hook == NULL || strlen(key) < ID_TEXT_SIZE || key[ID_TEXT_SIZE - 1] != '/') {
		plane_delete(webhooks->plane, DOCUMENT_LANE, key);
		return;
	}
	if (keyed_find(&hook->lanes, key + ID_TEXT_SIZE) != NULL)
		return;
	lane = lane_new(hook, key + ID_TEXT_SIZE, offset_in(body, "offset"));
	lane->owes_to = offset_in(body, "owes_to");
	/* What the scanner left to it before the crash may not have been stored with it. */
	if (lane->owes_to < hook->is.cursor)
		lane->owes_to = hook->is.cursor;
	lane->attempt = (unsigned)json_get_integer(body, "attempt", 0);
	lane->next_at = json_get_instant(body, "next_at");
	lane->saved = lane->offset;
	lane->changed = false;
}
