/* SPDX-License-Identifier: Apache-2.0 */
/* A server as callers are told of it. Names of the contract; the rest is more of the same. */

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "keeper/history.h"

static void
put(json_t *to, const char *key, json_t *value)
{
	ASSERT(value != NULL && json_object_set_new(to, key, value) == 0);
}

static void
put_text(json_t *to, const char *key, const char *text)
{
	json_set_text(to, key, text != NULL && text[0] != '\0' ? text : NULL);
}

static json_t *
hosts_json(const struct server_spec *spec)
{
	json_t *list = json_array();

	for (char **host = spec->hosts; host != NULL && *host != NULL; host++)
		ASSERT(json_array_append_new(list, json_string(*host)) == 0);
	return list;
}

/* The host of `https://host:port/path`; "" when there is none. */
static void
public_host(const char *url, char host[static HOST_MAX + 1])
{
	const char *from = url != NULL ? strstr(url, "://") : NULL;
	size_t length;

	host[0] = '\0';
	if (from == NULL)
		return;
	from += 3;
	length = *from == '[' ? strcspn(from, "]") + 1 : strcspn(from, ":/?#");
	if (length > 0 && length <= HOST_MAX) {
		memcpy(host, from, length);
		host[length] = '\0';
	}
}

/* The name players type: an exact host, else one that fits a wildcard, else where roost itself is. */
static void
player_host(const struct api *api, const struct server_spec *spec, char host[static HOST_MAX + 1])
{
	const char *wildcard = NULL;

	for (char **at = spec->hosts; at != NULL && *at != NULL; at++) {
		if (strchr(*at, '*') == NULL) {
			(void)text_put(host, HOST_MAX + 1, *at);
			return;
		}
		if (wildcard == NULL && text_starts_with(*at, "*."))
			wildcard = *at + 1;
	}
	if (wildcard != NULL)
		(void)snprintf(host, HOST_MAX + 1, "%s%.200s", spec->name, wildcard);
	else
		public_host(api->settings.public_url, host);
}

static bool
is_any_address(const char *host)
{
	return host[0] == '\0' || text_equal(host, "::") || text_equal(host, "0.0.0.0");
}

static json_t *
address_json(const struct api *api, const struct server_spec *spec)
{
	unsigned port = api->settings.gate_port;
	char host[HOST_MAX + 1] = "", text[HOST_MAX + 8];

	if (spec->listen_count > 0) {
		port = spec->listen[0].port;
		(void)text_put(host, sizeof host, spec->listen[0].host);
		if (is_any_address(host))
			public_host(api->settings.public_url, host);
	} else {
		player_host(api, spec, host);
		if (game_is_datagrams(spec->game))
			port = spec->address.port;
	}
	if (host[0] == '\0')
		(void)text_put(host, sizeof host, "localhost");
	if (spec->game == GAME_MINECRAFT_JAVA && port == 25565)
		return json_string(host);
	(void)snprintf(text, sizeof text,
		       strchr(host, ':') != NULL && host[0] != '[' ? "[%s]:%u" : "%s:%u", host,
		       port);
	return json_string(text);
}

static json_t *
players_json(const struct server *server)
{
	const struct server_live *live = &server->live;
	json_t *to = json_object(), *names = json_array(), *on = json_array();
	unsigned max = live->max > 0		     ? live->max
		       : server->status.last_max > 0 ? server->status.last_max
						     : server->spec->max_players;

	for (size_t i = 0; i < live->player_count; i++) {
		json_t *one = json_object();

		ASSERT(json_array_append_new(names, json_string(live->players[i].name)) == 0);
		json_set_text(one, "name", live->players[i].name);
		json_set_instant(one, "since", live->players[i].since);
		ASSERT(json_array_append_new(on, one) == 0);
	}
	json_set_integer(to, "online", live->online);
	json_set_integer(to, "max", max);
	put(to, "names", names);
	put(to, "on", on);
	json_set_bool(to, "known", live->players_known);
	return to;
}

static json_t *
run_json(const struct server *server, bool whole)
{
	const struct run *run = &server->status.run;
	json_t *to;

	if (run->id[0] == '\0')
		return json_null();
	to = history_json(server->spec->name, run, &server->live, NEVER);
	(void)json_object_del(to, "server");
	if (!whole)
		(void)json_object_del(to, "samples");
	return to;
}

/* When a ready server goes to sleep if nothing else happens, and by which policy. */
static void
put_sleeps_at(json_t *to, const struct server *server)
{
	const struct policy *policy = &server->spec->policy;
	const struct server_status *s = &server->status;
	struct instant idle = NEVER, end = NEVER, at;

	if (s->state == STATE_READY && policy->idle_after.ms > 0 &&
	    instant_is_set(s->empty_since) && server->live.held == 0) {
		struct instant graced = instant_add(s->run.ready_at, policy->grace);

		idle = instant_add(graced.ms > s->empty_since.ms ? graced : s->empty_since,
				   policy->idle_after);
	}
	if (s->state == STATE_READY && policy->max_duration.ms > 0)
		end = instant_add(s->run.ready_at, policy->max_duration);
	at = instant_earlier(idle, end);
	json_set_instant(to, "sleeps_at", at);
	put_text(to, "sleeps_why",
		 !instant_is_set(at)
			 ? NULL
			 : cause_word(at.ms == idle.ms ? CAUSE_IDLE : CAUSE_MAX_DURATION));
}

/* What its schedules do next. */
static json_t *
next_json(const struct api *api, const struct server *server)
{
	enum schedule_verb verb;
	struct instant at;
	json_t *to;

	if (!schedules_next(api->schedules, server->spec->name, &at, &verb))
		return json_null();
	to = json_object();
	json_set_instant(to, "at", at);
	json_set_text(to, "do", schedule_verb_word(verb));
	return to;
}

/* How far its installation is. */
static json_t *
install_json(const struct api *api, const struct server *server)
{
	struct workshop_progress progress;
	json_t *to;

	if (!preparations_progress(api->preparations, server->spec->name, &progress))
		return json_null();
	to = json_object();
	json_set_integer(to, "step", (json_int_t)progress.step + 1);
	json_set_integer(to, "steps", (json_int_t)progress.step_count);
	json_set_text(to, "title", progress.title);
	json_set_integer(to, "bytes", (json_int_t)progress.bytes);
	json_set_integer(to, "bytes_expected", (json_int_t)progress.bytes_expected);
	return to;
}

static json_t *
may_json(const struct caller *caller)
{
	json_t *to = json_object();

	json_set_bool(to, "wake", caller->role >= api_route_at(ROUTE_wake)->role);
	json_set_bool(to, "sleep", caller->role >= api_route_at(ROUTE_sleep)->role);
	json_set_bool(to, "command", caller->role >= api_route_at(ROUTE_command)->role);
	json_set_bool(to, "change", caller->role >= api_route_at(ROUTE_server_put)->role);
	return to;
}

static json_t *
wanted_json(const struct server_status *s)
{
	json_t *to = json_object();

	put_text(to, "by", s->want_by);
	put_text(to, "cause", cause_word(s->want_cause));
	put_text(to, "request_id", s->want_request);
	return to;
}

static void
put_state(json_t *to, const struct server *server)
{
	const struct server_status *s = &server->status;

	json_set_text(to, "state", state_word(s->state));
	put_text(to, "phase", phase_word(s->phase));
	json_set_text(to, "wanted", s->want == WANT_UP ? "up" : "down");
	put(to, "wish", wanted_json(s));
	json_set_instant(to, "since", s->since);
	json_set_instant(to, "phase_since", s->phase_since);
	put_text(to, "reason", s->reason);
	put_text(to, "failed_phase", phase_word(s->failed_phase));
	put_text(to, "tail", s->tail);
}

/* What was written, of a server that is made from a template. */
static void
put_source(const struct api *api, json_t *to, const struct server_spec *spec)
{
	const char *name = json_get_text(spec->origin, "template", NULL);
	const struct template *template;
	json_t *about;

	if (name == NULL)
		return;
	template = templates_find(api->templates, name);
	about = json_object();
	json_set_text(about, "name", name);
	json_set_integer(about, "version", json_get_integer(spec->origin, "version", 1));
	json_set_bool(about, "outdated",
		      template != NULL && strcmp(template->digest,
						 json_get_text(spec->origin, "digest", "")) != 0);
	put(to, "template", about);
	put(to, "source", origin_document(spec->name, spec->origin));
}

json_t *
server_json(const struct api *api, const struct server *server, const struct caller *caller,
	    bool whole)
{
	const struct server_spec *spec = server->spec;
	json_t *to = json_object();

	json_set_text(to, "name", spec->name);
	json_set_text(to, "game", game_word(spec->game));
	json_set_text(to, "provider", provider_word(spec->provider));
	put_state(to, server);
	put(to, "address", address_json(api, spec));
	put(to, "hosts", hosts_json(spec));
	put(to, "players", players_json(server));
	json_set_integer(to, "held", server->live.held);
	put(to, "run", run_json(server, whole));
	json_set_integer(to, "usual_ms", server_usual(&server->status).ms);
	put_sleeps_at(to, server);
	put(to, "next", next_json(api, server));
	put(to, "install", install_json(api, server));
	json_set_integer(to, "memory_bytes", server->live.memory_bytes);
	json_set_integer(to, "cpu_millis", server->live.cpu_millis);
	put_text(to, "version", server->status.last_version);
	json_set_text(to, "wake_on", spec->policy.wake_on == WAKE_ON_JOIN ? "join" : "never");
	json_set_bool(to, "in_file", server_is_in_file(api, spec->name));
	put(to, "may", may_json(caller));
	if (whole)
		put(to, "schedules", server_schedules_json(api, spec, caller));
	if (whole && caller->role >= ROLE_ADMIN) {
		put(to, "declaration", spec_json(spec));
		put_source(api, to, spec);
	}
	return to;
}
