/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front of the API: which route, who asks, may they, and is what they sent
 * right. Only then is a handler called; it never has to ask any of this again.
 */

#include "api/api.h"

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "wire/sigv4/sigv4.h"

static api_handler *const handlers[] = {
#define ROUTE(name, method, pattern, role, fields, summary) [ROUTE_##name] = handle_##name,
#include "api/route.def"
};

_Static_assert(ELEMENTS(handlers) == ROUTE_MAX, "a route without a handler");

static void
on_console(void *argument, const struct fact *fact)
{
	struct api *api = argument;
	struct console_said said = { .server = fact->server,
				     .line = fact->as.process.line,
				     .styled = fact->as.process.styled,
				     .place = fact->as.process.place,
				     .past = fact->as.process.past };
	struct api_line line = { .server = fact->server };

	line.number = consoles_add(api->consoles, &said, &line.line, &line.styled);
	if (line.number != 0 && api->on_console != NULL)
		api->on_console(api->console_argument, &line);
}

void
api_on_console(struct api *api, api_console *heard, void *argument)
{
	api->on_console = heard;
	api->console_argument = argument;
}

/* The time between two calls at the greatest rate; at least the millisecond that is counted in. */
static struct duration
call_interval(struct config_rate rate)
{
	double ms = 1000 / rate.per_second;

	return DURATION_MS(ms < 1 ? 1 : ms > 86400000 ? 86400000 : (int64_t)ms);
}

struct api *
api_new(struct plane *plane, const struct api_settings *settings)
{
	struct api *api = mem_new(sizeof *api);

	api->plane = plane;
	api->users = users_new(plane);
	api->push = push_new(plane, api->users, &settings->push);
	api->schedules = schedules_new(plane);
	api->backups = backups_new(plane);
	schedules_on_backup(api->schedules, backups_on_schedule, api->backups);
	api->preparations = preparations_new(plane);
	api->templates = templates_new(plane);
	api->webhooks = webhooks_new(plane, &settings->webhooks);
	api->rosters = rosters_new(plane, api->users, settings->profiles_url);
	api->consoles = consoles_new();
	api->integrations = integrations_new(plane);
	api->settings = *settings;
	if (settings->connection_calls.per_second > 0)
		throttle_init(&api->connection_calls, call_interval(settings->connection_calls),
			      (int64_t)settings->connection_calls.burst);
	if (settings->console_commands.per_second > 0)
		throttle_init(&api->console_commands, call_interval(settings->console_commands),
			      (int64_t)settings->console_commands.burst);
	api->settings.version = text_copy(settings->version);
	api->settings.public_url = text_copy(settings->public_url);
	api->settings.data_directory = text_copy(settings->data_directory);
	api->settings.base_directory = text_copy(settings->base_directory);
	api->settings.signing_region = text_copy(settings->signing_region);
	api->channels = mem_new_array(settings->channel_count + 1, sizeof *api->channels);
	for (size_t i = 0; i < settings->channel_count; i++)
		api->channels[i] = settings->channels[i];
	api->settings.channels = api->channels;
	api->settings.stores = NULL; /* the backups have a copy */
	if (settings->stores != NULL)
		backups_set_stores(api->backups, settings->stores);
	plane_on_console(plane, on_console, api);
	return api;
}

void
api_free(struct api *api)
{
	if (api == NULL)
		return;
	while (api->calls != NULL) {
		struct call *call = api->calls;

		api->calls = call->next;
		call_free(call);
	}
	push_free(api->push);
	rosters_free(api->rosters);
	users_free(api->users);
	webhooks_free(api->webhooks);
	schedules_unload(api->schedules);
	backups_free(api->backups);
	preparations_unload(api->preparations);
	templates_free(api->templates);
	consoles_free(api->consoles);
	integrations_free(api->integrations);
	correlations_free(api->correlations);
	json_decref(api->file_servers);
	mem_free((char *)api->settings.version);
	mem_free((char *)api->settings.public_url);
	mem_free((char *)api->settings.data_directory);
	mem_free((char *)api->settings.base_directory);
	mem_free((char *)api->settings.signing_region);
	mem_free(api->channels);
	mem_free(api);
}

char *
api_start(struct api *api, const char *first_password)
{
	ASSERT(plane_is_loaded(api->plane) && !api->started);
	users_load(api->users);
	rosters_load(api->rosters);
	push_load(api->push);
	webhooks_load(api->webhooks);
	schedules_load(api->schedules);
	backups_load(api->backups);
	preparations_load(api->preparations);
	templates_load(api->templates);
	plane_attend(api->plane);
	api->correlations = correlations_new(api->plane, &api->connections);
	api->started = true;
	return users_make_first(api->users, first_password);
}

bool
api_is_ready(const struct api *api)
{
	return api->started && !users_are_making_first(api->users);
}

static struct call *
call_new(struct api *api, const struct api_request *request, api_answered *answered, void *argument)
{
	struct call *call = mem_new(sizeof *call);

	call->api = api;
	call->answered = answered;
	call->argument = argument;
	call->secure = request->secure;
	call->wants_stream = request->wants_stream;
	call->wants_socket = request->wants_socket;
	call->ip = request->ip;
	call->bytes = request->body;
	call->byte_count = request->body_length;
	if (request->last_event_id != NULL &&
	    !text_put(call->last_event_id, sizeof call->last_event_id, request->last_event_id))
		(void)text_put(call->last_event_id, sizeof call->last_event_id, "too long");
	call->next = api->calls;
	api->calls = call;
	api->call_count++;
	return call;
}

/* GET /v1/servers -> "GET, POST"; HEAD comes with GET. */
static char *
allow_text(unsigned methods)
{
	struct buf text = BUF_NULL;

	for (unsigned m = 0; m < API_METHOD_MAX; m++) {
		if ((methods & (1u << m)) == 0)
			continue;
		buf_format(&text, "%s%s", text.length > 0 ? ", " : "",
			   method_word((enum api_method)m));
		if (m == API_GET)
			buf_put_text(&text, ", HEAD");
	}
	return buf_take_text(&text);
}

static void
refuse_route(struct call *call, const struct api_request *request, unsigned methods)
{
	struct api_answer *answer;
	char detail[512], path[256];

	text_clean(path, sizeof path, request->path, strlen(request->path));
	if (methods == 0 && call->is_management) {
		call_refuse(call, PROBLEM_BAD_REQUEST, "Invalid connectionId in %s", path);
		return;
	}
	if (methods == 0) {
		call_refuse(call, PROBLEM_NOT_FOUND,
			    "roost has nothing at %s. GET /openapi.json lists what there is.",
			    path);
		return;
	}
	(void)snprintf(detail, sizeof detail, "%s cannot be used with %s.", path,
		       method_word(request->method));
	answer = call_refusal(call, PROBLEM_METHOD, detail);
	answer->allow = allow_text(methods);
	call_answer_with(call, answer);
}

static enum cause
cause_of(const struct api_request *request, const struct caller *caller)
{
	switch (caller->by) {
	case CALLER_LOCAL:
		return CAUSE_CLI;
	case CALLER_SESSION:
		return CAUSE_WEB;
	case CALLER_TOKEN:
	case CALLER_KEY:
	case CALLER_NOBODY:
		break;
	}
	return text_starts_with(request->user_agent, "roost/") ? CAUSE_CLI : CAUSE_API;
}

static void
identify(struct call *call, const struct api_request *request)
{
	struct caller *caller = &call->caller;

	if (request->local) {
		*caller = (struct caller){ .by = CALLER_LOCAL, .role = ROLE_ADMIN };
		(void)text_put(caller->user, sizeof caller->user, "local");
	} else if (call->api->started && request->proof != NULL) {
		users_identify_again(call->api->users, request->proof->user, request->proof->digest,
				     request->proof->role, caller);
	} else if (call->api->started && call_is_signed(request)) {
		call_identify_signer(call, request);
	} else if (call->api->started) {
		/* What a page of another site opens with our cookie, it opens as nobody. */
		users_identify(call->api->users, request->bearer,
			       request->foreign ? NULL : request->session, caller);
		if (caller->renewed)
			call->session = text_copy(request->session);
	}
	call->cause = cause_of(request, caller);
}

static const char *
sign_in_help(const struct call *call, const struct api_request *request)
{
	if (request->proof != NULL)
		return "What this connection was opened with has ended; sign in, or take another "
		       "token, and connect anew.";
	if (call->caller.stale && request->bearer != NULL)
		return "The token is not known, was revoked or has expired; make a new one with "
		       "`roost token create`.";
	if (call->caller.stale)
		return "The session has ended; sign in again.";
	if (call->is_management)
		return "Missing Authentication Token: sign the request with a key pair of `roost "
		       "token create --sigv4`, or send a token of `roost token create` as "
		       "`Authorization: Bearer roost_...`.";
	return "Sign in with POST /v1/session, or send a token as `Authorization: Bearer "
	       "roost_...`.";
}

/* Who asks, and may they? Refuses the call and returns false when not. */
static bool
admit(struct call *call, const struct api_request *request, enum role least)
{
	const struct caller *caller = &call->caller;

	if (caller->role < least && call->error_type != NULL) {
		call_refuse(call, PROBLEM_SIGNATURE, "%s", call->error_text);
		return false;
	}
	if (caller->role < least && caller->by == CALLER_NOBODY && request->foreign) {
		call_refuse(
			call, PROBLEM_FORBIDDEN,
			"This came from a page of another site. Open roost itself and try there; "
			"programs use a token.");
		return false;
	}
	if (caller->role < least && caller->by == CALLER_NOBODY) {
		call_refuse(call, PROBLEM_SIGN_IN, "%s", sign_in_help(call, request));
		return false;
	}
	if (caller->role < least) {
		call_refuse(
			call, PROBLEM_FORBIDDEN,
			"This asks for the role %s; %s has the role %s. An admin can change that.",
			role_word(least), caller->user, role_word(caller->role));
		return false;
	}
	if (caller->by == CALLER_SESSION && request->proof == NULL && request->method != API_GET &&
	    call->route != ROUTE_session_make && !caller_csrf_matches(caller, request->csrf)) {
		call_refuse(call, PROBLEM_CSRF,
			    "With a session cookie, X-CSRF-Token must be the `csrf` that POST "
			    "/v1/session and GET /v1/me tell; reload the page.");
		return false;
	}
	return true;
}

static bool
is_json_type(const char *type)
{
	size_t length = strcspn(type, "; \t");

	return (length == 16 && strncasecmp(type, "application/json", 16) == 0) ||
	       (length > 17 && strncasecmp(type, "application/", 12) == 0 &&
		strncasecmp(type + length - 5, "+json", 5) == 0);
}

/* A form of another site can send a body, but not as JSON: that is what is asked for here. */
static bool
read_body(struct call *call, const struct api_request *request, json_t **ret_body)
{
	bool from_browser = call->caller.by == CALLER_SESSION || call->caller.by == CALLER_NOBODY;
	json_error_t error;

	*ret_body = NULL;
	if (request->body_length == 0)
		return true;
	if (request->body_length > HTTP_BODY_LIMIT) {
		call_refuse(call, PROBLEM_TOO_LARGE, "A body has at most %d bytes.",
			    HTTP_BODY_LIMIT);
		return false;
	}
	if (request->content_type == NULL ? from_browser : !is_json_type(request->content_type)) {
		call_refuse(call, PROBLEM_NOT_JSON,
			    "Send the body as JSON, with `Content-Type: application/json`.");
		return false;
	}
	*ret_body = json_loadb(request->body, request->body_length,
			       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (*ret_body == NULL) {
		char text[160];

		text_clean(text, sizeof text, error.text, strlen(error.text));
		call_refuse(call, PROBLEM_BAD_REQUEST,
			    "The body is not JSON: line %d, column %d: %s.", error.line,
			    error.column, text);
		return false;
	}
	return true;
}

/* The header is the same as the member, which counts when both are there. */
static void
take_connection_id(struct call *call, const struct api_request *request,
		   struct field_errors *errors)
{
	const char *id = request->connection_id;

	if (id == NULL || json_object_get(call->fields, "connection_id") != NULL)
		return;
	if (id[0] == '\0' || strlen(id) > 64 || !text_is_printable(id, strlen(id)))
		field_error_add(errors, "",
				"has an X-Connection-Id that is not 1 to 64 printable bytes");
	else
		json_set_text(call->fields, "connection_id", id);
}

/* A presigned request's own parameters are no fields. */
static bool
read_fields(struct call *call, const struct api_request *request, const struct route *route)
{
	CLEANUP(json_freep) json_t *body = NULL;
	CLEANUP(text_freep) char *stripped = NULL;
	const char *query = request->query;
	struct field_errors errors = { .count = 0 };

	if (call->is_management)
		return true;
	if (call_is_signed(request))
		query = stripped = sigv4_query_strip(query);
	if (!read_body(call, request, &body))
		return false;
	call->fields = fields_check(route->group, body, query, &errors);
	take_connection_id(call, request, &errors);
	if (errors.count > 0) {
		call_refuse_fields(call, &errors);
		return false;
	}
	if (route->group == GROUP_DECLARE)
		call->body = TAKE(body);
	return true;
}

/* What is answered before the record is loaded. */
static bool
is_always_open(enum route_name route)
{
	return route == ROUTE_healthz || route == ROUTE_readyz || route == ROUTE_metrics ||
	       route == ROUTE_openapi;
}

/*
 * Is the record refusing what happens? Nothing that changes something could then
 * be answered before it takes it again, and who asked would wait without a word.
 */
static bool
is_stuck(const struct api *api, enum api_method method, const char **ret_why)
{
	return method != API_GET && !plane_is_durable(api->plane, ret_why);
}

/* Which route is meant? The operator's paths are one, with a role that depends. */
static enum role
find_route(struct call *call, const struct api_request *request, const char *path,
	   unsigned *ret_methods)
{
	call->route = api_route_find(request->method, path, call->parameter, ret_methods);
	if (call->route == ROUTE_MAX)
		call->endpoint = endpoint_find(call->api, path);
	if (call->endpoint != NULL && request->method == API_GET)
		call->route = ROUTE_socket;
	else if (call->endpoint != NULL)
		*ret_methods = 1u << API_GET;
	else if (call->route != ROUTE_MAX)
		api_route_second(call->route, path, call->second);
	call->api->handled[call->route]++;
	if (call->route == ROUTE_MAX ||
	    (call->endpoint != NULL && call->endpoint->authorize == WEBSOCKET_ANYONE))
		return ROLE_NOBODY;
	return api_route_at(call->route)->role;
}

/* An endpoint's query is its integration's. */
static bool
is_read(struct call *call, const struct api_request *request)
{
	return call->endpoint != NULL || read_fields(call, request, api_route_at(call->route));
}

void
api_handle(struct api *api, const struct api_request *request, api_answered *answered,
	   void *argument)
{
	struct call *call = call_new(api, request, answered, argument);
	const char *connection = connection_path(request->path);
	enum role least;
	const char *why;
	unsigned methods;

	ASSERT(request->path != NULL && request->method < API_METHOD_MAX);
	call->is_management = connection != NULL;
	call->request = request;
	least = find_route(call, request, connection != NULL ? connection : request->path,
			   &methods);
	if (connection != NULL &&
	    !connection_prefix_is_known(api, request->path, (size_t)(connection - request->path))) {
		call_refuse(call, PROBLEM_NOT_FOUND,
			    "Forbidden: roost has no WebSocket endpoint at "
			    "this path; /@connections stands at the root and behind the path of "
			    "each endpoint.");
		return;
	}
	if (call->route == ROUTE_MAX) {
		refuse_route(call, request, methods);
		return;
	}
	identify(call, request);
	if (!is_always_open(call->route) && !api_is_ready(api))
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(1),
				  "roost has just started and still reads its record; try again in "
				  "a second.");
	else if (!call->is_management && is_stuck(api, request->method, &why))
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(5), why);
	else if (api->call_count > API_IN_FLIGHT_LIMIT)
		call_refuse_later(
			call, PROBLEM_NOT_READY, DURATION_S(1),
			"Too many requests wait for their answers; try again in a second.");
	else if (admit(call, request, least) && is_read(call, request))
		handlers[call->route](call);
}
