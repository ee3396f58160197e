/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks: for admins. A secret is told when it is made, and never again. */

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "feed/cursor.h"

static json_t *
webhook_json(const struct call *call, const struct webhook *w)
{
	struct instant now = plane_now(call->api->plane);
	json_t *to = json_object();
	char place[CURSOR_TEXT_SIZE];
	struct cursor cursor = { .offset = w->cursor };
	uint64_t last = plane_last_offset(call->api->plane);

	(void)text_put(cursor.epoch, sizeof cursor.epoch, plane_epoch(call->api->plane));
	cursor_text(&cursor, place);
	json_set_text(to, "id", w->id);
	json_set_text(to, "url", w->url);
	json_set_text(to, "label", w->label);
	json_set_text(to, "owner", w->owner);
	webhook_filter_put(&w->filter, to);
	json_set_bool(to, "enabled", w->enabled);
	json_set_text(to, "reason", w->reason[0] != '\0' ? w->reason : NULL);
	json_set_text(to, "position", place);
	json_set_integer(to, "behind", (int64_t)(last > w->cursor ? last - w->cursor : 0));
	json_set_integer(to, "waiting", (int64_t)webhook_waiting(w));
	json_set_instant(to, "failing_since", w->failing_since);
	json_set_bool(to, "replaying", w->replay_to != 0);
	json_set_instant(to, "old_secret_until",
			 w->secrets[1][0] != '\0' && !instant_reached(now, w->old_until)
				 ? w->old_until
				 : NEVER);
	json_set_instant(to, "created_at", w->created_at);
	return to;
}

/* False: the call is refused. */
static bool
is_done(struct call *call, enum webhook_verdict verdict)
{
	switch (verdict) {
	case WEBHOOK_DONE:
		return true;
	case WEBHOOK_NO_SUCH:
		call_refuse(call, PROBLEM_NOT_FOUND,
			    "There is no such webhook; GET /v1/webhooks lists those there are.");
		return false;
	case WEBHOOK_FULL:
		call_refuse(call, PROBLEM_CONFLICT,
			    "There are %d webhooks already; remove one that is not used.",
			    WEBHOOKS_LIMIT);
		return false;
	case WEBHOOK_BUSY:
		call_refuse(call, PROBLEM_CONFLICT,
			    "The webhook is switched off, or this is being done already. Look at "
			    "GET /v1/webhooks/{id}, then try again.");
		return false;
	}
	return false;
}

static const struct webhook *
named(struct call *call)
{
	const struct webhook *w = webhooks_find(call->api->webhooks, call->parameter);

	if (w == NULL)
		(void)is_done(call, WEBHOOK_NO_SUCH);
	return w;
}

static void
answer_webhook(struct call *call, int status)
{
	const struct webhook *w = webhooks_find(call->api->webhooks, call->parameter);

	ASSERT(w != NULL);
	call_answer_after_commit(call, status, webhook_json(call, w));
}

void
handle_webhooks(struct call *call)
{
	json_t *body = json_object(), *list = json_array();

	for (size_t i = 0; i < webhooks_count(call->api->webhooks); i++)
		ASSERT(json_array_append_new(
			       list, webhook_json(call, webhooks_at(call->api->webhooks, i))) == 0);
	ASSERT(json_object_set_new(body, "webhooks", list) == 0);
	call_answer(call, 200, body);
}

void
handle_webhook(struct call *call)
{
	const struct webhook *w = named(call);

	if (w != NULL)
		call_answer(call, 200, webhook_json(call, w));
}

/* What is asked for. */

/* Lines of a console and messages to one connection are no events: nothing would ever come. */
static const char *
channel_problem(const char *text)
{
	struct channel channel;

	if (!channel_parse(text, &channel))
		return "is not a channel; such are servers, server/NAME, user/NAME and alerts";
	if (channel.kind == CHANNEL_CONSOLE || channel.kind == CHANNEL_CONNECTION)
		return "is live only, and not in the record that webhooks are told from";
	return NULL;
}

static const char *
type_problem(const char *text)
{
	return feed_type_is_valid(text)
		       ? NULL
		       : "is no type of event such as server.ready, or the beginning of some such "
			 "as server.";
}

static const char *
server_problem(const char *text)
{
	return server_name_is_valid(text) ? NULL : "is no server's name: 1 to 40 of a-z, 0-9 and -";
}

static void
check_list(const json_t *fields, const char *name, const char *(*problem)(const char *text),
	   struct field_errors *errors)
{
	const json_t *list = json_object_get(fields, name);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		const char *detail = text != NULL ? problem(text) : "is a text";
		char pointer[64];

		(void)snprintf(pointer, sizeof pointer, "/%s/%zu", name, i);
		if (detail != NULL)
			field_error_add(errors, pointer, detail);
	}
}

static bool
is_right(struct call *call)
{
	struct field_errors errors = { .count = 0 };
	const char *url = json_get_text(call->fields, "url", NULL);

	if (url != NULL && !webhook_url_is_valid(url))
		field_error_add(&errors, "/url",
				"is http:// or https:// with a host, without user and password, "
				"without a fragment, in ASCII");
	check_list(call->fields, "channels", channel_problem, &errors);
	check_list(call->fields, "types", type_problem, &errors);
	check_list(call->fields, "servers", server_problem, &errors);
	if (errors.count == 0)
		return true;
	call_refuse_fields(call, &errors);
	return false;
}

/* What is given, over what there was (or over the filter of a new one). */
static void
filter_of(const struct call *call, const struct webhook_filter *was,
	  struct webhook_filter *ret_filter)
{
	CLEANUP(json_freep) json_t *whole = json_object();

	webhook_filter_put(was, whole);
	ASSERT(json_object_update(whole, call->fields) == 0);
	webhook_filter_read(whole, ret_filter);
}

void
handle_webhook_make(struct call *call)
{
	const struct webhook_filter none = { .role = ROLE_STAFF };
	const struct webhook *made;
	struct webhook_filter filter;
	json_t *body;

	if (!is_right(call))
		return;
	filter_of(call, &none, &filter);
	if (!is_done(call, webhooks_make(call->api->webhooks,
					 &(struct webhook_order){
						 .url = json_get_text(call->fields, "url", ""),
						 .label = json_get_text(call->fields, "label", ""),
						 .filter = &filter,
						 .by = call->caller.user },
					 &made)))
		return;
	body = webhook_json(call, made);
	json_set_text(body, "secret", made->secrets[0]);
	call_answer_after_commit(call, 201, body);
}

void
handle_webhook_put(struct call *call)
{
	const struct webhook *w = named(call);
	struct webhook_filter filter;

	if (w == NULL || !is_right(call))
		return;
	filter_of(call, &w->filter, &filter);
	(void)webhooks_change(
		call->api->webhooks,
		&(struct webhook_order){ .id = call->parameter,
					 .url = json_get_text(call->fields, "url", NULL),
					 .label = json_get_text(call->fields, "label", NULL),
					 .filter = &filter,
					 .by = call->caller.user });
	answer_webhook(call, 200);
}

void
handle_webhook_delete(struct call *call)
{
	if (is_done(call, webhooks_remove(call->api->webhooks, call->parameter, call->caller.user)))
		call_answer_after_commit(call, 204, NULL);
}

void
handle_webhook_rotate(struct call *call)
{
	const char *keep = json_get_text(call->fields, "keep_for", NULL);
	struct duration duration = WEBHOOK_KEEPS_OLD;
	const struct webhook *w = named(call);
	json_t *body;

	if (w == NULL)
		return;
	(void)(keep != NULL && duration_parse(keep, &duration));
	if (json_get_bool(call->fields, "drop_old", false))
		duration.ms = 0;
	(void)webhooks_rotate(call->api->webhooks, call->parameter, duration, call->caller.user);
	body = webhook_json(call, w);
	json_set_text(body, "secret", w->secrets[0]);
	call_answer_after_commit(call, 200, body);
}

void
handle_webhook_enable(struct call *call)
{
	if (is_done(call,
		    webhooks_enable(call->api->webhooks, call->parameter,
				    json_get_bool(call->fields, "skip", false), call->caller.user)))
		answer_webhook(call, 200);
}

void
handle_webhook_disable(struct call *call)
{
	if (is_done(call,
		    webhooks_disable(call->api->webhooks, call->parameter, call->caller.user)))
		answer_webhook(call, 200);
}

/* Trying it out. */

static void
on_tested(void *argument, const struct webhook_tried *tried)
{
	json_t *body = json_object();

	json_set_bool(body, "taken", tried->taken);
	if (tried->status != 0)
		json_set_integer(body, "status", tried->status);
	else
		json_set_text(body, "status", NULL);
	json_set_text(body, "reason", tried->taken ? NULL : tried->reason);
	call_answer(argument, 200, body);
}

void
handle_webhook_test(struct call *call)
{
	(void)is_done(call, webhooks_test(call->api->webhooks, call->parameter, on_tested, call));
}

/* Dead letters. */

static void
on_dead(void *argument, const struct reply *reply)
{
	struct call *call = argument;
	const struct store_rows *rows = reply->as.rows;
	json_t *body, *list;

	call->ticket = (struct ticket){ 0 };
	if (reply->result != REPLY_DONE || reply->holds != REPLY_ROWS) {
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(2), reply->reason);
		return;
	}
	body = json_object();
	list = json_array();
	for (size_t i = 0; i < rows->document_count; i++) {
		json_t *letter = json_loads(rows->documents[i].body, 0, NULL);

		if (letter != NULL)
			ASSERT(json_array_append_new(list, letter) == 0);
	}
	ASSERT(json_object_set_new(body, "dead", list) == 0);
	json_set_bool(body, "more", rows->more);
	call_answer(call, 200, body);
}

void
handle_webhook_dead(struct call *call)
{
	struct store_port *store = plane_ports(call->api->plane)->store;
	const char *after = json_get_text(call->fields, "after", NULL);
	struct store_query query = { .what = STORE_DOCUMENTS, .kind = DOCUMENT_DEAD };
	struct cursor cursor = { .offset = 0 };
	char key[64];

	if (named(call) == NULL)
		return;
	if (after != NULL && cursor_parse(after, &cursor)) {
		webhook_dead_key(call->parameter, cursor.offset, key);
		(void)text_put(query.after_key, sizeof query.after_key, key);
	}
	(void)snprintf(query.prefix, sizeof query.prefix, "%s/", call->parameter);
	query.limit = (unsigned)json_get_integer(call->fields, "limit", 100);
	call->ticket = plane_expect(call->api->plane, on_dead, call);
	store->read(store, call->ticket, &query);
}

void
handle_webhook_replay(struct call *call)
{
	int64_t offset = json_get_integer(call->fields, "offset", 0);
	uint64_t from = offset > 0 ? (uint64_t)offset : 1;
	uint64_t to = offset > 0 ? from : plane_last_offset(call->api->plane);

	if (is_done(call, webhooks_replay(call->api->webhooks, call->parameter, from, to)))
		answer_webhook(call, 202);
}
