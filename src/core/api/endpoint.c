/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket endpoints that the operator declared: their paths are not in the route table,
 * their handshakes are the business of an integration (service/integration.h). What is
 * roost's own among the headers - tokens, the session - is not an integration's to see.
 */

#include <string.h>

#include "api/call.h"
#include "base/buf.h"

const struct websocket_endpoint *
endpoint_find(const struct api *api, const char *path)
{
	for (size_t i = 0; i < api->settings.endpoint_count; i++)
		if (strcmp(api->settings.endpoints[i].path, path) == 0)
			return &api->settings.endpoints[i];
	return NULL;
}

/* ---- what an integration may see ---- */

/* The `Cookie` header without the session; "" when nothing is left. */
static char *
cookies_without_session(const char *cookies)
{
	static const char session[] = API_SESSION_COOKIE "=";
	struct buf kept = BUF_NULL;

	while (*cookies != '\0') {
		size_t length = strcspn(cookies, ";");
		size_t skip = strspn(cookies, " \t");

		if (length > skip && !text_starts_with(cookies + skip, session)) {
			buf_put_text(&kept, kept.length > 0 ? "; " : "");
			buf_put(&kept, cookies + skip, length - skip);
		}
		cookies += length + (cookies[length] == ';');
	}
	return buf_take_text(&kept);
}

static bool
is_ours(const struct api_header *header)
{
	return strcmp(header->name, "x-csrf-token") == 0 ||
	       (strcmp(header->name, "authorization") == 0 &&
		strncasecmp(header->value, "bearer roost_", 13) == 0);
}

/* Lent from the request, but for the cookies. Returns the array; `*ret_count` long. */
static struct event_header *
headers_of(const struct api_request *request, char **ret_cookies, size_t *ret_count)
{
	struct event_header *headers = mem_new_array(request->header_count + 1, sizeof *headers);
	size_t count = 0;

	*ret_cookies = NULL;
	for (size_t i = 0; i < request->header_count; i++) {
		const struct api_header *from = &request->headers[i];
		const char *value = from->value;

		if (is_ours(from))
			continue;
		if (strcmp(from->name, "cookie") == 0 && *ret_cookies == NULL) {
			*ret_cookies = cookies_without_session(value);
			value = *ret_cookies;
		} else if (strcmp(from->name, "cookie") == 0) {
			continue; /* RFC 6265 §5.4: there is only one */
		}
		if (strcmp(from->name, "cookie") != 0 || *value != '\0')
			headers[count++] = (struct event_header){ from->name, value };
	}
	*ret_count = count;
	return headers;
}

static const char *
header_of(const struct event_header *headers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(headers[i].name, name) == 0)
			return headers[i].value;
	return NULL;
}

/* ---- the handshake ---- */

static void
answer_refused(struct call *call, const struct integration_verdict *verdict)
{
	struct api_answer *answer;

	if (verdict->answer == NULL && verdict->status == 429) {
		call_refuse(call, PROBLEM_TOO_MANY,
			    "Too many connections are being opened at once. Try again in a "
			    "moment.");
		return;
	}
	if (verdict->answer == NULL) {
		call_refuse(call, PROBLEM_INTEGRATION,
			    "What decides here who may connect did not answer as it should.");
		return;
	}
	answer = mem_new(sizeof *answer);
	answer->status = verdict->status;
	answer->content_type = verdict->answer->content_type;
	answer->body_length = verdict->answer->body.length;
	answer->body = buf_take_text(&verdict->answer->body);
	call_answer_with(call, answer);
}

/* Who asks may have been removed, or be less, since the integration was asked. */
static bool
is_still_right(struct call *call)
{
	const struct caller *caller = &call->caller;
	struct caller now;

	if (caller->by == CALLER_NOBODY || caller->by == CALLER_LOCAL)
		return true;
	users_identify_again(call->api->users, caller->user, caller->digest, caller->role, &now);
	return now.by == caller->by && now.role == caller->role;
}

static void
on_judged(void *argument, const struct integration_verdict *verdict)
{
	struct call *call = argument;

	if (verdict->status != 101) {
		answer_refused(call, verdict);
		return;
	}
	if (!is_still_right(call)) {
		integrations_closed(call->api->integrations, call->socket->id, 1006, "");
		call_refuse(call, PROBLEM_SIGN_IN,
			    "Your rights have changed meanwhile. Connect anew.");
		return;
	}
	call->socket->subprotocol = text_copy(verdict->subprotocol);
	socket_allow(call);
}

void
endpoint_ask(struct call *call)
{
	const struct api_request *request = call->request;
	CLEANUP(text_freep) char *cookies = NULL;
	size_t count;
	struct event_header *headers = headers_of(request, &cookies, &count);
	const char *host = header_of(headers, count, "host");
	struct integration_visit visit = {
		.subject = { .endpoint = call->endpoint,
			     .connection = call->socket->id,
			     .domain = host != NULL ? host : "",
			     .user = call->caller.user,
			     .role = role_word(call->caller.role),
			     .user_agent = request->user_agent,
			     .ip = request->ip,
			     .connected_at = call->socket->connected_at },
		.handshake = { .headers = headers,
			       .header_count = count,
			       .query = request->query,
			       .secure = request->secure },
		.subprotocols = request->subprotocols,
	};

	integrations_connect(call->api->integrations, &visit, on_judged, call);
	mem_free(headers);
}

/* ---- what the edge tells ---- */

static void
on_session_ended(void *argument, const char *digest)
{
	struct api *api = argument;

	if (api->connections->revoke != NULL)
		api->connections->revoke(api->connections, digest);
}

void
api_use_connections(struct api *api, struct connections_port *connections)
{
	api->connections = connections;
	integrations_use(api->integrations, connections);
	users_on_session_end(api->users, connections != NULL ? on_session_ended : NULL, api);
}

void
api_socket_opened(struct api *api, const char *id)
{
	integrations_opened(api->integrations, id);
}

void
api_socket_heard(struct api *api, const char *id, const void *bytes, size_t length, bool is_text)
{
	integrations_heard(api->integrations, id, bytes, length, is_text);
}

void
api_socket_closed(struct api *api, const char *id, unsigned code, const char *reason)
{
	integrations_closed(api->integrations, id, code, reason);
}
