/* SPDX-License-Identifier: Apache-2.0 */
/* Web Push: the browsers of who asks, and what they are told of. Nobody sees another's. */

#include <stdio.h>
#include <string.h>

#include "api/call.h"

static json_t *
browser_json(const struct push_browser *browser)
{
	json_t *to = json_object(), *list = json_array();

	json_set_text(to, "id", browser->id);
	json_set_text(to, "endpoint", browser->endpoint);
	for (size_t i = 0; i < browser->wish_count; i++) {
		json_t *one = json_object();

		json_set_text(one, "name", browser->wishes[i].server);
		json_set_text(one, "kind", browser->wishes[i].always ? "always" : "once");
		ASSERT(json_array_append_new(list, one) == 0);
	}
	ASSERT(json_object_set_new(to, "servers", list) == 0);
	json_set_bool(to, "alerts", browser->alerts);
	json_set_instant(to, "created_at", browser->created_at);
	json_set_instant(to, "changed_at", browser->changed_at);
	return to;
}

/* Who has no name has no browsers; and a roost without the means has none to tell. */
static bool
is_refused(struct call *call)
{
	if (call->caller.by == CALLER_LOCAL) {
		call_refuse(call, PROBLEM_CONFLICT,
			    "Over roost's own socket you are no user, and browsers are users'. "
			    "Come with a session or a token.");
		return true;
	}
	if (!push_is_possible(call->api->push)) {
		call_refuse(call, PROBLEM_CONFLICT, "This roost cannot ask push services.");
		return true;
	}
	return false;
}

/* The key is told once it is durable: a browser that subscribed with another could never be told. */
void
handle_push(struct call *call)
{
	const struct push *push = call->api->push;
	json_t *body, *list;

	if (is_refused(call))
		return;
	body = json_object();
	list = json_array();
	json_set_text(body, "public_key", push_public_key(push));
	for (size_t i = 0; i < push_count(push); i++) {
		const struct push_browser *browser = push_at(push, i);

		if (strcmp(browser->user, call->caller.user) == 0)
			ASSERT(json_array_append_new(list, browser_json(browser)) == 0);
	}
	ASSERT(json_object_set_new(body, "browsers", list) == 0);
	call_answer_after_commit(call, 200, body);
}

struct reading {
	struct call *call;
	struct field_errors errors;
	struct push_wish wishes[PUSH_WISHES_LIMIT];
	struct push_order order;
};

static void
read_keys(struct reading *r)
{
	const json_t *keys = json_object_get(r->call->fields, "keys");
	void *at;

	for (at = json_object_iter((json_t *)(uintptr_t)keys); at != NULL;
	     at = json_object_iter_next((json_t *)(uintptr_t)keys, at)) {
		const char *name = json_object_iter_key(at);

		if (strcmp(name, "p256dh") != 0 && strcmp(name, "auth") != 0)
			field_error_add(&r->errors, "/keys",
					"has p256dh and auth, and nothing else");
	}
	if (!push_key_parse(r->call->api->push, json_get_text(keys, "p256dh", ""), r->order.key))
		field_error_add(&r->errors, "/keys/p256dh",
				"is a point of the curve P-256: 65 bytes in base64url");
	if (!push_auth_parse(json_get_text(keys, "auth", ""), r->order.auth))
		field_error_add(&r->errors, "/keys/auth", "is 16 bytes in base64url");
}

static bool
is_named_before(const struct reading *r, const char *name)
{
	for (size_t i = 0; i < r->order.wish_count; i++) {
		if (strcmp(r->wishes[i].server, name) == 0)
			return true;
	}
	return false;
}

static const char *
wish_problem(const struct reading *r, const json_t *item, const char **ret_member)
{
	const char *name = json_get_text(item, "name", "");
	const char *kind = json_get_text(item, "kind", "once");
	const json_t *given = json_object_get(item, "kind");

	*ret_member = "";
	if (!json_is_object(item))
		return "is an object: {name, kind}";
	if (json_object_size(item) != (given != NULL ? 2u : 1u) ||
	    json_object_get(item, "name") == NULL)
		return "has a name and perhaps a kind, and nothing else";
	*ret_member = "/name";
	if (!server_name_is_valid(name) || plane_server(r->call->api->plane, name) == NULL)
		return "is no server; GET /v1/servers lists those there are";
	if (is_named_before(r, name))
		return "is named twice";
	*ret_member = "/kind";
	if ((given != NULL && !json_is_string(given)) ||
	    (strcmp(kind, "once") != 0 && strcmp(kind, "always") != 0))
		return "is once or always";
	return NULL;
}

static void
read_wishes(struct reading *r)
{
	const json_t *list = json_object_get(r->call->fields, "servers");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct push_wish *wish = &r->wishes[r->order.wish_count];
		const char *member, *problem = wish_problem(r, item, &member);
		char pointer[48];

		if (problem != NULL) {
			(void)snprintf(pointer, sizeof pointer, "/servers/%zu%s", i, member);
			field_error_add(&r->errors, pointer, problem);
			continue;
		}
		(void)text_put(wish->server, sizeof wish->server, json_get_text(item, "name", ""));
		wish->always = strcmp(json_get_text(item, "kind", "once"), "always") == 0;
		r->order.wish_count++;
	}
}

static void
read_order(struct reading *r)
{
	const struct call *call = r->call;
	const char *problem;

	r->order.user = call->caller.user;
	r->order.wishes = r->wishes;
	r->order.endpoint = json_get_text(call->fields, "endpoint", "");
	r->order.alerts = json_get_bool(call->fields, "alerts", false);
	problem = push_endpoint_problem(call->api->push, r->order.endpoint);
	if (problem != NULL)
		field_error_add(&r->errors, "/endpoint", problem);
	read_keys(r);
	read_wishes(r);
	if (r->order.alerts && call->caller.role < ROLE_STAFF)
		field_error_add(&r->errors, "/alerts", "is for staff; ask an admin for that role");
}

void
handle_push_put(struct call *call)
{
	struct reading r = { .call = call };
	const struct push_browser *browser;
	enum push_verdict verdict;

	if (is_refused(call))
		return;
	read_order(&r);
	if (r.errors.count > 0) {
		call_refuse_fields(call, &r.errors);
		return;
	}
	verdict = push_put(call->api->push, &r.order, &browser);
	switch (verdict) {
	case PUSH_DONE:
	case PUSH_MADE:
		call_answer_after_commit(call, verdict == PUSH_MADE ? 201 : 200,
					 browser_json(browser));
		break;
	case PUSH_ANOTHERS:
		call_refuse(call, PROBLEM_CONFLICT,
			    "This endpoint is another user's, with other keys. Subscribe anew "
			    "(PushSubscription.unsubscribe(), then subscribe()).");
		break;
	case PUSH_NO_SUCH:
	case PUSH_FULL:
		call_refuse(call, PROBLEM_CONFLICT,
			    "As many browsers as roost keeps are told already (%d); remove some "
			    "that are not used.",
			    PUSH_BROWSERS_LIMIT);
		break;
	}
}

void
handle_push_delete(struct call *call)
{
	if (is_refused(call))
		return;
	if (push_remove(call->api->push, call->caller.user, call->parameter) == PUSH_DONE)
		call_answer_after_commit(call, 204, NULL);
	else
		call_refuse(call, PROBLEM_NOT_FOUND,
			    "None of your browsers has this id. GET /v1/push lists them.");
}
