/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Browsers that want to be told: made, changed, let go, and the service's part in
 * the turn. What makes it hard is that one browser may change hands, and that nobody
 * is to learn from here what another has.
 */

#include <string.h>

#include <sodium.h>

#include "base/base64.h"
#include "base/mutant.h"
#include "service/push_state.h"

/* The service itself: its place in the record, and its key. */

static void
save_meta(struct push *push)
{
	CLEANUP(json_freep) json_t *body = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < push->fault_count; i++)
		ASSERT(json_array_append_new(list, json_string(push->faults[i])) == 0);
	json_set_integer(body, "seen", (int64_t)push->seen);
	ASSERT(json_object_set_new(body, "faults", list) == 0);
	plane_put(push->plane, DOCUMENT_META, "push", body);
	push->seen_stored = push->seen;
	push->meta_changed = false;
}

#define SEEN_STORED_EVERY 500 /* events; so many are read again after a crash, at most */

static struct instant
decide(struct plane_service *service, struct instant now)
{
	struct push *push = CONTAINER_OF(service, struct push, service);

	push_expire(push, now);
	push_decide_news(push);
	for (size_t i = 0; i < push->browsers.count;) {
		struct push_browser *browser = push->browsers.items[i];

		if (browser->gone) {
			push_browser_drop(push, browser);
			continue;
		}
		if (browser->changed) {
			CLEANUP(json_freep) json_t *body = push_browser_json(browser);

			plane_put(push->plane, DOCUMENT_PUSH, browser->id, body);
			browser->changed = false;
			push->meta_changed = true;
		}
		i++;
	}
	if (push->meta_changed || push->seen >= push->seen_stored + SEEN_STORED_EVERY)
		save_meta(push);
	return instant_earlier(push_send_at(push), push->read_at);
}

static void
act(struct plane_service *service, struct instant now)
{
	struct push *push = CONTAINER_OF(service, struct push, service);

	if (push_is_behind(push))
		push_catch_up(push, now);
	push_send_due(push, now);
}

static void
told(struct plane_service *service, const struct store_event *events, size_t count)
{
	struct push *push = CONTAINER_OF(service, struct push, service);

	for (size_t i = 0; i < count; i++) {
		push->told = events[i].offset;
		if (events[i].offset == push->seen + 1)
			push_note(push, &events[i]);
	}
}

/* What nobody has looked at for them yet must still be there to be read. */
static uint64_t
needs(const struct plane_service *service)
{
	const struct push *push = CONTAINER_OF(service, struct push, service);

	return push->browsers.count > 0 ? push->seen + 1 : 0;
}

/* Whom push services write to when something is wrong; they do not look at more than its form. */
static char *
subject_of(const struct push_settings *settings)
{
	if (settings->subject != NULL && settings->subject[0] != '\0')
		return text_copy(settings->subject);
	if (settings->public_url != NULL && text_starts_with(settings->public_url, "https://"))
		return text_copy(settings->public_url);
	return text_copy("mailto:roost@localhost");
}

struct push *
push_new(struct plane *plane, struct users *users, const struct push_settings *settings)
{
	struct push *push = mem_new(sizeof *push);

	push->service = (struct plane_service){
		.decide = decide, .act = act, .told = told, .needs = needs
	};
	push->plane = plane;
	push->users = users;
	push->subject = subject_of(settings);
	push->allow = mem_new_array(settings->allow_count, sizeof *push->allow);
	push->allow_count = settings->allow_count;
	if (settings->allow_count > 0)
		memcpy(push->allow, settings->allow, settings->allow_count * sizeof *push->allow);
	return push;
}

void
push_browser_free(struct push *push, struct push_browser *browser)
{
	if (browser->flight.v != 0) {
		plane_forget(push->plane, browser->flight);
		push->flights--;
	}
	mem_free(browser->endpoint);
	mem_free(browser->wishes);
	mem_free(browser->sendings);
	mem_free(browser);
}

void
push_free(struct push *push)
{
	if (push == NULL)
		return;
	for (size_t i = 0; i < push->browsers.count; i++) {
		struct push_browser *browser = push->browsers.items[i];

		browser->flight = (struct ticket){ 0 }; /* the plane may be gone already */
		push_browser_free(push, browser);
	}
	for (size_t i = 0; i < push->fault_count; i++)
		mem_free(push->faults[i]);
	keyed_deinit(&push->browsers);
	mem_free(push->news);
	mem_free(push->allow);
	mem_free(push->subject);
	mem_free(push);
}

bool
push_is_possible(const struct push *push)
{
	const struct plane_ports *ports = plane_ports(push->plane);

	return ports->http != NULL && ports->seal != NULL;
}

static void
keep_pair(struct push *push, const struct seal_pair *pair)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	push->pair = *pair;
	base64url_put(&text, pair->public_key, sizeof pair->public_key);
	(void)text_put(push->public_key, sizeof push->public_key, buf_text(&text));
}

static void
meta_loaded(void *argument, const char *key, const json_t *body)
{
	struct push *push = argument;
	struct seal_port *seal = plane_ports(push->plane)->seal;
	const json_t *faults = json_object_get(body, "faults");
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	const char *text = json_get_text(body, "private", "");
	struct seal_pair pair;

	if (strcmp(key, "push") == 0) {
		push->seen = (uint64_t)json_get_integer(body, "seen", 0);
		push->meta_changed = false;
		for (size_t i = 0; i < json_array_size(faults) && i < PUSH_FAULTS_LIMIT; i++)
			push->faults[push->fault_count++] = text_format(
				"%s", json_string_value(json_array_get(faults, i)) != NULL
					      ? json_string_value(json_array_get(faults, i))
					      : "");
	}
	if (strcmp(key, "vapid") == 0 && base64url_take(&bytes, text, strlen(text)) &&
	    bytes.length == SEAL_PRIVATE_SIZE && seal->pair(seal, bytes.data, &pair))
		keep_pair(push, &pair);
}

static void
make_pair(struct push *push)
{
	const struct plane_ports *ports = plane_ports(push->plane);
	CLEANUP(json_freep) json_t *body = json_object();
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	unsigned char private_key[SEAL_PRIVATE_SIZE];
	struct seal_pair pair;

	do
		ports->chance->fill(ports->chance, private_key, sizeof private_key);
	while (!ports->seal->pair(ports->seal, private_key, &pair));
	keep_pair(push, &pair);
	base64url_put(&text, private_key, sizeof private_key);
	json_set_text(body, "private", buf_text(&text));
	json_set_text(body, "public", push->public_key);
	plane_put(push->plane, DOCUMENT_META, "vapid", body);
}

static void
browser_loaded(void *argument, const char *key, const json_t *body)
{
	struct push *push = argument;
	struct push_browser *browser = push_browser_parse(push, key, body);

	if (browser == NULL)
		return;
	if (push->browsers.count < PUSH_BROWSERS_LIMIT)
		keyed_add(&push->browsers, browser);
	else
		push_browser_free(push, browser);
}

void
push_load(struct push *push)
{
	if (!push_is_possible(push))
		return;
	push->told = plane_last_offset(push->plane);
	push->seen = push->told;
	push->meta_changed = true; /* unless a place is stored */
	plane_each_loaded(push->plane, DOCUMENT_META, meta_loaded, push);
	if (push->seen > push->told || MUTANT(PUSH_PLACE_FORGOTTEN))
		push->seen = push->told; /* the record was put back to an older one */
	push->seen_stored = push->seen;
	if (push->public_key[0] == '\0')
		make_pair(push);
	plane_each_loaded(push->plane, DOCUMENT_PUSH, browser_loaded, push);
	plane_add_service(push->plane, &push->service);
}

const char *
push_public_key(const struct push *push)
{
	return push->public_key;
}

/* Browsers. */

size_t
push_count(const struct push *push)
{
	return push->browsers.count;
}

const struct push_browser *
push_at(const struct push *push, size_t index)
{
	ASSERT(index < push->browsers.count);
	return push->browsers.items[index];
}

void
push_browser_drop(struct push *push, struct push_browser *browser)
{
	plane_delete(push->plane, DOCUMENT_PUSH, browser->id);
	(void)keyed_remove(&push->browsers, browser->id);
	push_browser_free(push, browser);
}

static bool
is_allowed(const struct push *push, const struct ip *ip)
{
	for (size_t i = 0; i < push->allow_count; i++) {
		if (network_holds(&push->allow[i], ip))
			return true;
	}
	return false;
}

const char *
push_endpoint_problem(const struct push *push, const char *endpoint)
{
	char origin[PUSH_ORIGIN_SIZE];
	struct ip ip;

	if (strlen(endpoint) > PUSH_ENDPOINT_LIMIT)
		return "is longer than any push service's";
	for (const char *c = endpoint; *c != '\0'; c++) {
		if (*c <= ' ' || *c >= 0x7f || *c == '#')
			return "is not an address as a browser's PushSubscription has it";
	}
	if (!push_origin(endpoint, origin))
		return "is not an address as a browser's PushSubscription has it";
	if (text_starts_with(origin, "https://"))
		return NULL;
	if (!push_origin_ip(origin, &ip) || !is_allowed(push, &ip))
		return "is not https; a push service's is";
	return NULL;
}

bool
push_key_parse(const struct push *push, const char *text,
	       unsigned char ret_key[static SEAL_PUBLIC_SIZE])
{
	struct seal_port *seal = plane_ports(push->plane)->seal;
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

	if (!base64url_take(&bytes, text, strlen(text)) || bytes.length != SEAL_PUBLIC_SIZE ||
	    !seal->is_public(seal, bytes.data))
		return false;
	memcpy(ret_key, bytes.data, SEAL_PUBLIC_SIZE);
	return true;
}

bool
push_auth_parse(const char *text, unsigned char ret_auth[static SEAL_AUTH_SIZE])
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

	if (!base64url_take(&bytes, text, strlen(text)) || bytes.length != SEAL_AUTH_SIZE)
		return false;
	memcpy(ret_auth, bytes.data, SEAL_AUTH_SIZE);
	return true;
}

/* Room for one more of this user's: the one changed longest ago goes. */
static void
make_room(struct push *push, const char *user)
{
	struct push_browser *oldest = NULL;
	size_t count = 0;

	for (size_t i = 0; i < push->browsers.count; i++) {
		struct push_browser *browser = push->browsers.items[i];

		if (strcmp(browser->user, user) != 0)
			continue;
		count++;
		if (oldest == NULL || browser->changed_at.ms < oldest->changed_at.ms)
			oldest = browser;
	}
	if (count >= PUSH_BROWSERS_PER_USER_LIMIT)
		push_browser_drop(push, oldest);
}

static void
put_wishes(struct push *push, struct push_browser *browser, const struct push_order *order)
{
	struct push_wish *wishes = mem_new_array(PUSH_WISHES_LIMIT, sizeof *wishes);

	ASSERT(order->wish_count <= PUSH_WISHES_LIMIT);
	for (size_t i = 0; i < order->wish_count; i++) {
		wishes[i] = order->wishes[i];
		wishes[i].after = plane_last_offset(push->plane);
		for (size_t j = 0; j < browser->wish_count; j++) {
			if (strcmp(browser->wishes[j].server, wishes[i].server) == 0)
				wishes[i].after = browser->wishes[j].after;
		}
	}
	mem_free(browser->wishes);
	browser->wishes = wishes;
	browser->wish_count = order->wish_count;
}

static struct push_browser *
browser_new(struct push *push, const char *id, const struct push_order *order)
{
	struct push_browser *browser = mem_new(sizeof *browser);

	(void)text_put(browser->id, sizeof browser->id, id);
	browser->endpoint = text_copy(order->endpoint);
	browser->sendings = mem_new_array(PUSH_SENDINGS_LIMIT, sizeof *browser->sendings);
	browser->created_at = plane_now(push->plane);
	keyed_add(&push->browsers, browser);
	return browser;
}

/* Nothing of what somebody else asked for stays. */
static void
change_hands(struct push_browser *browser, const char *user)
{
	(void)text_put(browser->user, sizeof browser->user, user);
	browser->wish_count = 0;
	browser->sending_count = 0;
	browser->alerts = false;
}

enum push_verdict
push_put(struct push *push, const struct push_order *order, const struct push_browser **ret_browser)
{
	struct secrets_port *secrets = plane_ports(push->plane)->secrets;
	CLEANUP(json_freep) json_t *body = NULL;
	struct push_browser *browser;
	char id[DIGEST_TEXT_SIZE];
	bool same, made;

	secrets->digest(secrets, order->endpoint, id);
	browser = keyed_find(&push->browsers, id);
	same = browser != NULL && memcmp(browser->key, order->key, sizeof order->key) == 0 &&
	       sodium_memcmp(browser->auth, order->auth, sizeof order->auth) == 0;
	if (browser != NULL && strcmp(browser->user, order->user) != 0 && !same)
		return PUSH_ANOTHERS;
	if (browser == NULL || strcmp(browser->user, order->user) != 0)
		make_room(push, order->user);
	if (browser == NULL && push->browsers.count >= PUSH_BROWSERS_LIMIT)
		return PUSH_FULL;
	made = browser == NULL;
	if (made)
		browser = browser_new(push, id, order);
	if (strcmp(browser->user, order->user) != 0)
		change_hands(browser, order->user);
	put_wishes(push, browser, order);
	if (order->alerts && !browser->alerts)
		browser->alerts_after = plane_last_offset(push->plane);
	browser->alerts = order->alerts;
	memcpy(browser->key, order->key, sizeof browser->key);
	memcpy(browser->auth, order->auth, sizeof browser->auth);
	browser->changed_at = plane_now(push->plane);
	browser->gone = false;
	body = push_browser_json(browser);
	plane_put(push->plane, DOCUMENT_PUSH, browser->id, body);
	*ret_browser = browser;
	return made ? PUSH_MADE : PUSH_DONE;
}

enum push_verdict
push_remove(struct push *push, const char *user, const char *id)
{
	struct push_browser *browser = keyed_find(&push->browsers, id);

	if (browser == NULL || strcmp(browser->user, user) != 0)
		return PUSH_NO_SUCH;
	push_browser_drop(push, browser);
	return PUSH_DONE;
}
