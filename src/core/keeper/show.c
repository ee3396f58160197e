/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate is shown: every server as it durably is, made anew when something changed. */

#include "keeper/plane_inside.h"

#include <string.h>

static void
show_declared(struct gate_server *to, const struct server_spec *spec)
{
	(void)text_put(to->name, sizeof to->name, spec->name);
	to->game = spec->game;
	to->hosts = texts_copy(spec->hosts);
	to->listen_count = spec->listen_count;
	to->listen = mem_new_array(spec->listen_count, sizeof *to->listen);
	if (spec->listen_count > 0)
		memcpy(to->listen, spec->listen, spec->listen_count * sizeof *to->listen);
	to->is_datagrams = game_is_datagrams(spec->game);
	to->query = spec_query(spec);
	to->client_idle = spec->udp.idle;
	if (spec->udp.first_bytes != NULL)
		to->first_bytes_length = first_bytes_parse(spec->udp.first_bytes, to->first_bytes);
	to->wake_on_join = spec->policy.wake_on == WAKE_ON_JOIN;
	to->wake_filter = spec->policy.wake_filter;
	to->roster_policy = spec->policy.roster;
	to->hold_queue = spec->policy.hold_queue;
	to->hold_for = spec->policy.hold_for;
	to->motd = text_copy(spec->motd);
}

static void
show_address(struct gate_server *to, const struct server_spec *spec, const struct run *run)
{
	to->backend = *server_address(spec, run);
	to->backend_resolved = ip_parse(
		to->backend.host[0] != '\0' ? to->backend.host : "127.0.0.1", &to->backend_ip);
	to->proxy_protocol = server_proxy_protocol(spec, run);
}

static void
show_status(struct gate_server *to, const struct server_status *status)
{
	to->state = status->state;
	to->phase = status->phase;
	to->attempt = status->epoch;
	to->phase_since = status->phase_since;
	to->usual = server_usual(status);
	to->waking_since = status->state == STATE_WAKING ? status->since : NEVER;
	(void)text_put(to->reason, sizeof to->reason, status->reason);
	to->last_motd = status->last_motd[0] != '\0' ? text_copy(status->last_motd) : NULL;
	to->last_protocol = status->last_protocol > 0 ? status->last_protocol : -1;
	(void)text_put(to->last_version, sizeof to->last_version, status->last_version);
}

static void
show_server(struct gate_server *to, const struct kept *kept)
{
	const struct server *server = &kept->server;
	bool ready = server->status.state == STATE_READY;

	show_declared(to, server->spec);
	show_address(to, server->spec, &server->status.run);
	show_status(to, &server->status);
	to->roster = gate_roster_ref(kept->roster);
	to->favicon = text_copy(kept->favicon);
	to->status_json = ready ? text_copy(server->live.status_json) : NULL;
	to->online = ready ? server->live.online : 0;
	to->max = ready ? server->live.max : 0;
	if (to->max == 0)
		to->max = server->status.last_max;
	if (to->max == 0)
		to->max = server->spec->max_players;
}

void
show_table(struct plane *plane)
{
	struct gate_table *table = gate_table_new(plane_server_count(plane));
	const struct plane_settings *s = &plane->settings;
	size_t shown = 0;

	table->made_at = plane->now;
	table->limits = s->limits;
	table->unknown_host = text_copy(s->unknown_host);
	table->forwarded_hosts = s->forwarded_hosts;
	table->proxy_from_count = s->proxy_from_count;
	table->proxy_from = mem_new_array(s->proxy_from_count, sizeof *table->proxy_from);
	if (s->proxy_from_count > 0)
		memcpy(table->proxy_from, s->proxy_from,
		       s->proxy_from_count * sizeof *table->proxy_from);
	for (size_t i = 0; i < plane->kept_count; i++) {
		if (!plane->kept[i]->removed)
			show_server(&table->servers[shown++], plane->kept[i]);
	}
	plane->ports.gate->show(plane->ports.gate, table);
}
