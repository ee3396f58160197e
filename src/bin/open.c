/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening what the daemon is made of: the record, the games, the gate, the page;
 * and between the plane and the edges it may outlive, or is older than, a port
 * that forwards.
 */

#include "parts.h"

#include "archive/archive_port.h"
#include "fetch/fetch_port.h"
#include "install/render_files.h"
#include "install/workshop_port.h"
#include "probe/probe_port.h"
#include "process/process_port.h"
#include "rcon/rcon_port.h"
#include "seal/seal_openssl.h"
#include "sys/chance.h"
#include "sys/files.h"
#include "sys/files_port.h"
#include "sys/room.h"
#include "sys/secrets.h"
#include "sys/zones.h"

static void
forward_events(struct publish_port *port, const struct store_event *events, size_t count)
{
	struct forward_publish *forward = CONTAINER_OF(port, struct forward_publish, port);

	if (forward->to != NULL)
		forward->to->events(forward->to, events, count);
}

static void
forward_show(struct gate_port *port, struct gate_table *table)
{
	struct forward_gate *forward = CONTAINER_OF(port, struct forward_gate, port);

	if (forward->to != NULL)
		forward->to->show(forward->to, table);
	else
		gate_table_unref(table);
}

static void
forward_drop(struct gate_port *port, uint64_t connection, const char *why)
{
	struct forward_gate *forward = CONTAINER_OF(port, struct forward_gate, port);

	if (forward->to != NULL)
		forward->to->drop(forward->to, connection, why);
}

static void
on_complaint(void *argument, const char *server, const char *text)
{
	say("server '%s': %s", server, text);
}

bool
open_store(struct daemon *d)
{
	CLEANUP(text_freep) char *path = text_format("%s/roost.db", d->data);
	CLEANUP(text_freep) char *problem = NULL;
	int error = directory_make(d->data);
	char why[REASON_LIMIT + 1];
	const struct sqlite_store_options options = {
		.path = path, .control = d->mailbox, .deliver = on_fact, .argument = d
	};

	if (error < 0) {
		file_explain(error, "make", d->data, why, sizeof why);
		say("%s", why);
		return false;
	}
	d->store = sqlite_store_new(&options, &problem);
	if (d->store == NULL)
		say("%s", problem);
	return d->store != NULL;
}

bool
open_gate(struct daemon *d)
{
	char why[REASON_LIMIT + 1];
	const struct relay_options options = { .listen = d->config->gate.listen,
					       .listen_count = d->config->gate.listen_count,
					       .threads = d->config->gate.threads,
					       .mailbox = d->mailbox,
					       .deliver = on_fact,
					       .complain = on_complaint,
					       .argument = d };

	if (relay_new(&options, why, &d->relay) < 0) {
		say("%s", why);
		return false;
	}
	return true;
}

static void
read_record(void *argument, const struct store_query *query, struct mailbox *mailbox,
	    web_rows *on_rows, void *rows_argument)
{
	sqlite_store_read(argument, query, mailbox, on_rows, rows_argument);
}

static bool
fetch_archive(void *argument, const char *store, const char *name, struct object_reader *reader,
	      web_fetched *ended, void *ended_argument)
{
	struct daemon *d = argument;

	return archive_port_read(d->archive, store, name, reader, ended, ended_argument);
}

static struct socket_settings
socket_settings(const struct config *config)
{
	return (struct socket_settings){
		.message_limit = (size_t)config->websocket.message_limit,
		.frame_limit = (size_t)config->websocket.frame_limit,
		.queue_limit = (size_t)config->websocket.queue_limit,
		.idle_ms = (unsigned)config->websocket.idle_timeout.ms,
		.lifetime_ms = (unsigned)config->websocket.lifetime.ms,
		.ping_ms = (unsigned)config->websocket.ping_every.ms,
		.messages_per_second = config->websocket.messages.per_second,
		.messages_burst = config->websocket.messages.burst,
		.compress = config->websocket.compress,
		.rules = config->channels,
		.rule_count = config->channels_count,
	};
}

bool
open_web(struct daemon *d)
{
	char why[REASON_LIMIT + 1];
	const struct web_options options = {
		.listen = &d->config->http.listen,
		.listen_count = 1,
		.socket_path = d->socket_path,
		.certificate = d->config->http.tls.certificate,
		.key = d->config->http.tls.key,
		.public_url = d->config->http.public_url,
		.http = HTTP_SETTINGS_DEFAULT,
		.io_uring = d->config->http.io_uring,
		.sockets = socket_settings(d->config),
		.control = d->mailbox,
		.api = d->api,
		.epoch = sqlite_store_epoch(d->store),
		.first_offset = sqlite_store_first_offset(d->store),
		.last_offset = sqlite_store_last_offset(d->store),
		.read = read_record,
		.read_argument = d->store,
		.fetch = fetch_archive,
		.fetch_argument = d,
	};

	d->web = web_new(&options, why);
	if (d->web == NULL) {
		say("%s", why);
		return false;
	}
	d->publish.to = web_publish_port(d->web);
	api_use_connections(d->api, web_connections_port(d->web));
	return true;
}

bool
open_processes(struct daemon *d)
{
	char why[REASON_LIMIT + 1];

	if (process_port_new(&d->loop, d->data, on_fact, d, why, &d->process) < 0) {
		say("%s", why);
		return false;
	}
	return true;
}

void
make_plane(struct daemon *d)
{
	char *stores[ELEMENTS(d->stores) + 1] = { NULL };
	const struct api_settings settings = {
		.stores = stores,
		.version = ROOST_VERSION,
		.public_url = d->config->http.public_url,
		.data_directory = d->data,
		.base_directory = d->base_directory,
		.channels = d->config->channels,
		.channel_count = d->config->channels_count,
		.endpoints = d->config->websocket.endpoints,
		.endpoint_count = d->config->websocket.endpoint_count,
		.gate_port = d->config->gate.listen_count > 0 ? d->config->gate.listen[0].port : 0,
		.signing_region = d->config->sigv4.region,
		.connection_calls = d->config->connections.limits,
		.console_commands = d->config->console.commands,
		.connection_message_limit = (size_t)d->config->websocket.message_limit,
		.push = { .subject = d->config->push.subject,
			  .public_url = d->config->http.public_url,
			  .allow = d->config->outbound.allow,
			  .allow_count = d->config->outbound.allow_count },
		.profiles_url = d->config->profiles.url,
		.metrics = metrics_append,
		.metrics_argument = d,
		.webhooks = { .waits = d->config->webhooks.schedule,
			      .wait_count = d->config->webhooks.schedule_count,
			      .timeout = d->config->webhooks.timeout,
			      .version = ROOST_VERSION }
	};
	CLEANUP(text_freep) char *user_agent = NULL;
	struct downloader_options workshop;
	struct fetch_options fetch;

	for (size_t i = 0; i < d->store_count; i++)
		stores[i] = (char *)archive_port_store_name(d->archive, i);
	configuration_to_fetch(d, &fetch);
	d->http = fetch_port_new(&d->loop, &fetch, on_fact, d);
	d->probe = probe_port_new(&d->loop, on_fact, d);
	d->rcon = rcon_port_new(&d->loop, on_fact, d);
	configuration_to_workshop(d, &workshop, &user_agent);
	d->workshop = workshop_port_new(&d->loop, &workshop, render_files, on_fact, d);
	d->secrets = secrets_new(&d->loop, on_fact, d);
	d->files = files_port_new(&d->loop, on_fact, d);
	d->publish.port.events = forward_events;
	d->gate = (struct forward_gate){ .port = { .show = forward_show, .drop = forward_drop },
					 .to = relay_port(d->relay) };
	d->ports = (struct plane_ports){ .store = sqlite_store_port(d->store),
					 .process = d->process,
					 .probe = d->probe,
					 .rcon = d->rcon,
					 .gate = &d->gate.port,
					 .publish = &d->publish.port,
					 .chance = sys_chance(),
					 .secrets = d->secrets,
					 .http = d->http,
					 .seal = seal_openssl(),
					 .zones = d->zones,
					 .files = d->files,
					 .workshop = d->workshop,
					 .archive = d->archive,
					 .attended_later = true };
	configuration_to_plane(d);
	d->plane = plane_new(&d->ports, &d->settings);
	d->api = api_new(d->plane, &settings);
	d->room = room_watch_new(&d->loop, d->data, on_fact, d);
}
