/* SPDX-License-Identifier: Apache-2.0 */
/* Browsers as documents of the record, and back. What cannot be read is left out. */

#include <string.h>

#include "base/base64.h"
#include "base/mutant.h"
#include "service/push_state.h"

static void
set_bytes(json_t *to, const char *key, const void *bytes, size_t length)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	base64url_put(&text, bytes, length);
	json_set_text(to, key, buf_text(&text));
}

static json_t *
wishes_json(const struct push_browser *browser)
{
	json_t *list = json_array();

	for (size_t i = 0; i < browser->wish_count; i++) {
		json_t *one = json_object();

		json_set_text(one, "name", browser->wishes[i].server);
		json_set_text(one, "kind", browser->wishes[i].always ? "always" : "once");
		json_set_integer(one, "after", (int64_t)browser->wishes[i].after);
		ASSERT(json_array_append_new(list, one) == 0);
	}
	return list;
}

static json_t *
sendings_json(const struct push_browser *browser)
{
	json_t *list = json_array();

	for (size_t i = 0; i < browser->sending_count && !MUTANT(PUSH_IN_MEMORY); i++) {
		const struct push_sending *s = &browser->sendings[i];
		json_t *one = json_object();

		json_set_text(one, "tag", s->tag);
		json_set_text(one, "server", s->server);
		json_set_text(one, "title", s->title);
		json_set_text(one, "text", s->text);
		json_set_integer(one, "event", (int64_t)s->event);
		json_set_instant(one, "at", s->at);
		json_set_integer(one, "tries", s->tries);
		json_set_instant(one, "next_at", s->next_at);
		ASSERT(json_array_append_new(list, one) == 0);
	}
	return list;
}

json_t *
push_browser_json(const struct push_browser *browser)
{
	json_t *to = json_object();

	json_set_text(to, "user", browser->user);
	json_set_text(to, "endpoint", browser->endpoint);
	set_bytes(to, "p256dh", browser->key, sizeof browser->key);
	set_bytes(to, "auth", browser->auth, sizeof browser->auth);
	ASSERT(json_object_set_new(to, "servers", wishes_json(browser)) == 0);
	json_set_bool(to, "alerts", browser->alerts);
	json_set_integer(to, "alerts_after", (int64_t)browser->alerts_after);
	json_set_instant(to, "created_at", browser->created_at);
	json_set_instant(to, "changed_at", browser->changed_at);
	json_set_integer(to, "failures", browser->failures);
	ASSERT(json_object_set_new(to, "sendings", sendings_json(browser)) == 0);
	return to;
}

static void
parse_wishes(struct push_browser *browser, const json_t *list)
{
	size_t count = json_array_size(list);

	browser->wishes = mem_new_array(PUSH_WISHES_LIMIT, sizeof *browser->wishes);
	for (size_t i = 0; i < count && browser->wish_count < PUSH_WISHES_LIMIT; i++) {
		const json_t *one = json_array_get(list, i);
		struct push_wish *wish = &browser->wishes[browser->wish_count];
		const char *name = json_get_text(one, "name", "");

		if (!server_name_is_valid(name))
			continue;
		(void)text_put(wish->server, sizeof wish->server, name);
		wish->always = text_equal(json_get_text(one, "kind", ""), "always");
		wish->after = (uint64_t)json_get_integer(one, "after", 0);
		browser->wish_count++;
	}
}

static void
parse_sendings(struct push_browser *browser, const json_t *list)
{
	size_t count = json_array_size(list);

	browser->sendings = mem_new_array(PUSH_SENDINGS_LIMIT, sizeof *browser->sendings);
	for (size_t i = 0; i < count && browser->sending_count < PUSH_SENDINGS_LIMIT; i++) {
		const json_t *one = json_array_get(list, i);
		struct push_sending *s = &browser->sendings[browser->sending_count++];

		(void)text_put(s->tag, sizeof s->tag, json_get_text(one, "tag", ""));
		(void)text_put(s->server, sizeof s->server, json_get_text(one, "server", ""));
		(void)text_put(s->title, sizeof s->title, json_get_text(one, "title", ""));
		(void)text_put(s->text, sizeof s->text, json_get_text(one, "text", ""));
		s->event = (uint64_t)json_get_integer(one, "event", 0);
		s->at = json_get_instant(one, "at");
		s->tries = (unsigned)json_get_integer(one, "tries", 0);
		s->next_at = json_get_instant(one, "next_at");
	}
}

struct push_browser *
push_browser_parse(const struct push *push, const char *id, const json_t *body)
{
	const char *endpoint = json_get_text(body, "endpoint", "");
	const char *key = json_get_text(body, "p256dh", ""),
		   *auth = json_get_text(body, "auth", "");
	struct push_browser *browser = mem_new(sizeof *browser);
	char origin[PUSH_ORIGIN_SIZE];

	(void)text_put(browser->user, sizeof browser->user, json_get_text(body, "user", ""));
	if (!text_put(browser->id, sizeof browser->id, id) || !push_origin(endpoint, origin) ||
	    !push_key_parse(push, key, browser->key) || !push_auth_parse(auth, browser->auth)) {
		mem_free(browser);
		return NULL;
	}
	browser->endpoint = text_copy(endpoint);
	parse_wishes(browser, json_object_get(body, "servers"));
	browser->alerts = json_get_bool(body, "alerts", false);
	browser->alerts_after = (uint64_t)json_get_integer(body, "alerts_after", 0);
	browser->created_at = json_get_instant(body, "created_at");
	browser->changed_at = json_get_instant(body, "changed_at");
	browser->failures = (unsigned)json_get_integer(body, "failures", 0);
	parse_sendings(browser, json_object_get(body, "sendings"));
	return browser;
}
