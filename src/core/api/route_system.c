/* SPDX-License-Identifier: Apache-2.0 */
/* For machines that watch roost: is it alive, is it ready, how much of what. */

#include <string.h>

#include "api/call.h"

void
handle_healthz(struct call *call)
{
	json_t *body = json_object();

	json_set_text(body, "status", "alive");
	json_set_text(body, "version", call->api->settings.version);
	call_answer(call, 200, body);
}

void
handle_readyz(struct call *call)
{
	const char *why = "";
	json_t *body;

	if (!call->api->started) {
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(1),
				  "roost is still reading its record.");
	} else if (!plane_is_durable(call->api->plane, &why)) {
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(5), why);
	} else if (!api_is_ready(call->api) || !users_have_admin(call->api->users)) {
		/* Its password takes a moment to hash and to write: before that nobody is let in. */
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(1),
				  "The first admin is being made.");
	} else {
		body = json_object();
		json_set_text(body, "status", "ready");
		call_answer(call, 200, body);
	}
}

static void
put_help(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_format(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
put_states(struct buf *b, struct plane *plane)
{
	unsigned counts[STATE_MAX] = { 0 };

	for (size_t i = 0; i < plane_server_count(plane); i++)
		counts[plane_server_at(plane, i)->status.state]++;
	put_help(b, "roost_servers", "gauge", "Declared servers, by state.");
	for (int state = 0; state < STATE_MAX; state++)
		buf_format(b, "roost_servers{state=\"%s\"} %u\n", state_word((enum state)state),
			   counts[state]);
}

static int64_t
players_of(const struct server *server)
{
	return server->live.online;
}

static int64_t
held_of(const struct server *server)
{
	return server->live.held;
}

static int64_t
memory_of(const struct server *server)
{
	return server->live.memory_bytes;
}

static int64_t
cpu_of(const struct server *server)
{
	return server->live.cpu_millis;
}

static int64_t
usual_of(const struct server *server)
{
	return server_usual(&server->status).ms;
}

/* A server's name needs no escaping: [a-z0-9-]. */
static void
put_servers(struct buf *b, struct plane *plane)
{
	static const struct {
		const char *name, *help;
		int64_t (*value)(const struct server *server);
	} gauges[] = {
		{ "roost_players_online", "Players on, as the game counts them.", players_of },
		{ "roost_players_held", "Players held at the gate.", held_of },
		{ "roost_server_memory_bytes", "Memory of the run's processes.", memory_of },
		{ "roost_server_cpu_millicores", "Thousandths of a core in use lately.", cpu_of },
		{ "roost_server_usual_wake_milliseconds", "Median of the last wakes.", usual_of },
	};

	for (size_t g = 0; g < ELEMENTS(gauges); g++) {
		put_help(b, gauges[g].name, "gauge", gauges[g].help);
		for (size_t i = 0; i < plane_server_count(plane); i++) {
			const struct server *server = plane_server_at(plane, i);

			buf_format(b, "%s{server=\"%s\"} %lld\n", gauges[g].name,
				   server->spec->name, (long long)gauges[g].value(server));
		}
	}
}

static void
put_requests(struct buf *b, const struct api *api)
{
	put_help(b, "roost_requests_total", "counter", "Requests, by route.");
	for (int i = 0; i < ROUTE_MAX; i++)
		buf_format(b, "roost_requests_total{route=\"%s\"} %llu\n",
			   api_route_at((enum route_name)i)->name,
			   (unsigned long long)api->handled[i]);
	buf_format(b, "roost_requests_total{route=\"none\"} %llu\n",
		   (unsigned long long)api->handled[ROUTE_MAX]);
}

static void
put_integrations(struct buf *b, const struct api *api)
{
	struct integration_counts counts;

	integrations_count(api->integrations, &counts);
	put_help(b, "roost_integration_connections", "gauge",
		 "WebSocket connections that are an integration's.");
	buf_format(b, "roost_integration_connections %zu\n", counts.connections);
	put_help(b, "roost_integration_messages_waiting", "gauge",
		 "Their messages that wait for their turn.");
	buf_format(b, "roost_integration_messages_waiting %zu\n", counts.waiting);
	put_help(b, "roost_integration_calls_total", "counter", "Calls of integrations.");
	buf_format(b, "roost_integration_calls_total %llu\n", (unsigned long long)counts.calls);
	put_help(b, "roost_integration_failures_total", "counter",
		 "Calls without an answer, with a malformed one or a status of 500 and more.");
	buf_format(b, "roost_integration_failures_total %llu\n",
		   (unsigned long long)counts.failures);
}

static void
put_webhooks(struct buf *b, const struct api *api)
{
	struct webhook_figures figures = webhooks_figures(api->webhooks);

	put_help(b, "roost_webhook_tries_total", "counter",
		 "Messages sent by webhooks, by what became of them.");
	buf_format(b, "roost_webhook_tries_total{result=\"taken\"} %llu\n",
		   (unsigned long long)figures.taken);
	buf_format(b, "roost_webhook_tries_total{result=\"failed\"} %llu\n",
		   (unsigned long long)figures.failed);
	put_help(b, "roost_webhook_dead_total", "counter", "Dead letters made.");
	buf_format(b, "roost_webhook_dead_total %llu\n", (unsigned long long)figures.dead);
}

void
handle_metrics(struct call *call)
{
	const struct api *api = call->api;
	struct buf b = BUF_NULL;
	const char *why;

	put_help(&b, "roost_info", "gauge", "The version that runs.");
	buf_format(&b, "roost_info{version=\"%s\"} 1\n",
		   api->settings.version != NULL ? api->settings.version : "");
	put_help(&b, "roost_record_durable", "gauge", "1 while the record takes commits.");
	buf_format(&b, "roost_record_durable %d\n", plane_is_durable(api->plane, &why) ? 1 : 0);
	put_help(&b, "roost_events_total", "counter", "Events in the record.");
	buf_format(&b, "roost_events_total %llu\n",
		   (unsigned long long)plane_last_offset(api->plane));
	put_help(&b, "roost_users", "gauge", "Users.");
	buf_format(&b, "roost_users %zu\n", users_count(api->users));
	put_states(&b, api->plane);
	put_servers(&b, api->plane);
	put_requests(&b, api);
	put_integrations(&b, api);
	put_webhooks(&b, api);
	if (api->settings.metrics != NULL)
		api->settings.metrics(api->settings.metrics_argument, &b);
	call_answer_text(call, 200, "text/plain; version=0.0.4; charset=utf-8", buf_take_text(&b));
}

void
handle_openapi(struct call *call)
{
	call_answer(call, 200, api_openapi(call->api));
}
