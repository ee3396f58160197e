/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file and the environment, read at start and again at
 * SIGHUP. A file with a mistake refuses the start; at SIGHUP it changes nothing.
 */

#include <string.h>

#include "cli/file.h"
#include "favicon.h"
#include "fetch/fetch_port.h"
#include "install/workshop_port.h"
#include "parts.h"
#include "service/schedules.h"

/* Only this machine knows which zones it has. */
static bool
zones_are_known(const struct daemon *d, const struct config *config)
{
	for (size_t i = 0; i < config->server_count; i++) {
		const struct server_spec *spec = config->servers[i];
		size_t unknown = schedules_unknown_zone(spec, d->zones);

		if (unknown == spec->schedule_count)
			continue;
		say("server '%s': /schedules/%zu/zone: %s is not a time zone that this machine "
		    "knows; expected one such as Europe/Paris or UTC (package tzdata)",
		    spec->name, unknown, spec->schedules[unknown].zone);
		return false;
	}
	return true;
}

bool
configuration_read(struct daemon *d, const char *config_file, struct config **ret_config)
{
	struct config_load load;

	config_load(config_file, &load);
	if (load.config == NULL) {
		config_load_explain(&load);
		config_load_deinit(&load);
		return false;
	}
	if (!zones_are_known(d, load.config)) {
		config_load_deinit(&load);
		return false;
	}
	if (d->base_directory == NULL)
		d->base_directory = TAKE(load.base_directory);
	*ret_config = TAKE(load.config);
	config_load_deinit(&load);
	return true;
}

static struct gate_rate
rate(struct config_rate from)
{
	return (struct gate_rate){ from.per_second, from.burst };
}

/* Icons are read once for each path; a file that cannot be used is said once. */
static char *
favicon(void *argument, const struct server_spec *spec)
{
	struct daemon *d = argument;
	char why[REASON_LIMIT + 1];
	struct icon *icon;

	if (spec->icon == NULL)
		return NULL;
	for (size_t i = 0; i < d->icon_count; i++)
		if (strcmp(d->icons[i].path, spec->icon) == 0)
			return text_copy(d->icons[i].url);
	d->icons = mem_resize(d->icons, (d->icon_count + 1) * sizeof *d->icons);
	icon = &d->icons[d->icon_count++];
	icon->path = text_copy(spec->icon);
	icon->url = favicon_read(spec->icon, why);
	if (icon->url == NULL)
		say("server '%s': %s; it is shown without an icon", spec->name, why);
	return text_copy(icon->url);
}

void
icons_free(struct daemon *d)
{
	for (size_t i = 0; i < d->icon_count; i++) {
		mem_free(d->icons[i].path);
		mem_free(d->icons[i].url);
	}
	mem_free(TAKE(d->icons));
	d->icon_count = 0;
}

void
configuration_to_plane(struct daemon *d)
{
	const struct config *c = d->config;

	mem_free(d->settings.proxy_from);
	d->settings = (struct plane_settings){
		.limits = { .connections = rate(c->gate.limits.connections),
			    .status = rate(c->gate.limits.status),
			    .logins = rate(c->gate.limits.logins),
			    .wakes = rate(c->gate.limits.wakes),
			    .flows = c->gate.limits.flows,
			    .half_open = c->gate.limits.half_open,
			    .handshake_within = c->gate.limits.handshake_within,
			    .login_within = c->gate.limits.login_within,
			    .status_within = c->gate.limits.status_within },
		.proxy_from_count = c->gate.proxy_from_count,
		.unknown_host = c->gate.unknown_host[0] != '\0' ? c->gate.unknown_host : NULL,
		.forwarded_hosts = c->gate.forwarded_hosts,
		.keep = { .time = c->feed.keep, .events = c->feed.keep_events },
		.version = ROOST_VERSION,
		.favicon = favicon,
		.favicon_argument = d,
	};
	d->settings.proxy_from =
		mem_new_array(c->gate.proxy_from_count, sizeof *d->settings.proxy_from);
	if (c->gate.proxy_from_count > 0)
		memcpy(d->settings.proxy_from, c->gate.proxy_from,
		       c->gate.proxy_from_count * sizeof *d->settings.proxy_from);
}

void
configuration_to_fetch(const struct daemon *d, struct fetch_options *ret_options)
{
	*ret_options = (struct fetch_options){ .user_agent = "roost/" ROOST_VERSION,
					       .ca_file = d->config->outbound.ca_file,
					       .allow = d->config->outbound.allow,
					       .allow_count = d->config->outbound.allow_count };
}

void
configuration_to_workshop(const struct daemon *d, struct downloader_options *ret_options,
			  char **ret_user_agent)
{
	const struct config *c = d->config;
	const char *contact = c->push.subject[0] != '\0' ? c->push.subject : c->http.public_url;

	if (text_starts_with(contact, "mailto:"))
		contact += strlen("mailto:");
	*ret_options = (struct downloader_options){ .mirrors = c->outbound.mirrors };
	configuration_to_fetch(d, &ret_options->fetch);
	*ret_user_agent = contact[0] != '\0' ? text_format("roost/" ROOST_VERSION " (%s)", contact)
					     : text_copy("roost/" ROOST_VERSION);
	ret_options->fetch.user_agent = *ret_user_agent;
}

static void
on_changed(void *argument, const char *path, bool takes_effect)
{
	if (takes_effect)
		say("%s changed", path);
	else
		say("%s changed in the file, but takes effect only when roost is started again",
		    path);
}

static void
on_certificate(void *argument, const char *why_not)
{
	if (why_not != NULL)
		say("the certificate stays as it was: %s", why_not);
}

/* Connections and the API point at them as long as we run. */
static void
keep_endpoints(struct config *before, struct config *fresh)
{
	struct websocket_endpoint *endpoints = fresh->websocket.endpoints;
	size_t count = fresh->websocket.endpoint_count;

	fresh->websocket.endpoints = before->websocket.endpoints;
	fresh->websocket.endpoint_count = before->websocket.endpoint_count;
	before->websocket.endpoints = endpoints;
	before->websocket.endpoint_count = count;
}

void
configuration_reread(struct daemon *d)
{
	CLEANUP(text_freep) char *user_agent = NULL;
	struct downloader_options workshop;
	struct fetch_options fetch;
	struct config *fresh;

	if (!configuration_read(d, d->config_file, &fresh)) {
		say("everything stays as it was");
		return;
	}
	say("read the configuration again");
	config_compare(d->config, fresh, on_changed, d);
	keep_endpoints(d->config, fresh);
	config_free(d->config);
	d->config = fresh;
	icons_free(d);
	configuration_to_plane(d);
	plane_configure(d->plane, &d->settings);
	configuration_to_fetch(d, &fetch);
	fetch_port_configure(d->http, &fetch);
	configuration_to_workshop(d, &workshop, &user_agent);
	workshop_port_configure(d->workshop, &workshop);
	servers_declare(d);
	if (d->config->http.tls.certificate != NULL)
		web_reload_certificate(d->web, on_certificate, d);
}
