/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file and the environment, read at start and again at
 * SIGHUP. A file with a mistake refuses the start; at SIGHUP it changes nothing.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "favicon.h"
#include "parts.h"
#include "sys/files.h"

static const char *
variable(void *argument, const char *name)
{
	return getenv(name);
}

/* A secret's file: its content without the line's end. */
static char *
secret_file(void *argument, const char *path)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;

	if (file_read(AT_FDCWD, path, 4096, &content) < 0)
		return NULL;
	while (content.length > 0 && strchr("\r\n", content.data[content.length - 1]) != NULL)
		content.length--;
	return buf_take_text(&content);
}

/* Without --config it is ROOST_CONFIG, or ./roost.yaml when there is one. */
bool
config_locate(struct daemon *d, const char *config_file)
{
	CLEANUP(text_freep) char *file = NULL;
	char *slash;

	if (config_file == NULL)
		config_file = getenv("ROOST_CONFIG");
	if (config_file == NULL && access("roost.yaml", F_OK) == 0)
		config_file = "roost.yaml";
	d->config_file = config_file;
	if (config_file == NULL) {
		d->base_directory = realpath(".", NULL);
		return d->base_directory != NULL;
	}
	file = realpath(config_file, NULL);
	if (file == NULL) {
		char why[REASON_LIMIT + 1];

		file_explain(errno, "read", config_file, why, sizeof why);
		say("%s", why);
		return false;
	}
	slash = strrchr(file, '/');
	d->base_directory =
		slash == file ? text_copy("/") : text_copy_n(file, (size_t)(slash - file));
	return true;
}

int
config_load(struct daemon *d, struct config **ret_config)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	struct config_source source = { .base_directory = d->base_directory,
					.variable = variable,
					.file = secret_file };
	char line[CONFIG_ERROR_TEXT_SIZE];
	size_t wrong;

	if (d->config_file != NULL) {
		int error = file_read(AT_FDCWD, d->config_file, CONFIG_TEXT_LIMIT, &text);

		if (error < 0) {
			file_explain(error, "read", d->config_file, line, sizeof line);
			say("%s", line);
			return 1;
		}
		source.text = buf_text(&text);
		source.length = text.length;
	}
	wrong = config_read(&source, errors, ret_config);
	for (size_t i = 0; i < wrong; i++) {
		config_error_text(&errors[i],
				  d->config_file != NULL ? d->config_file : "roost.yaml", line);
		fprintf(stderr, "%s\n", line);
	}
	if (wrong > 0)
		say("nothing was started; mend the above, or see `roost help settings`");
	return wrong > 0 ? 1 : 0;
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
config_to_plane(struct daemon *d)
{
	const struct config *c = d->config;

	mem_free(d->settings.proxy_from);
	d->settings = (struct plane_settings){
		.limits = { .connections = rate(c->gate.limits.connections),
			    .status = rate(c->gate.limits.status),
			    .logins = rate(c->gate.limits.logins),
			    .wakes = rate(c->gate.limits.wakes),
			    .half_open = c->gate.limits.half_open,
			    .handshake_within = c->gate.limits.handshake_within,
			    .login_within = c->gate.limits.login_within,
			    .status_within = c->gate.limits.status_within },
		.proxy_from_count = c->gate.proxy_from_count,
		.unknown_host = c->gate.unknown_host[0] != '\0' ? c->gate.unknown_host : NULL,
		.forwarded_hosts = c->gate.forwarded_hosts,
		.favicon = favicon,
		.favicon_argument = d,
	};
	d->settings.proxy_from =
		mem_new_array(c->gate.proxy_from_count, sizeof *d->settings.proxy_from);
	if (c->gate.proxy_from_count > 0)
		memcpy(d->settings.proxy_from, c->gate.proxy_from,
		       c->gate.proxy_from_count * sizeof *d->settings.proxy_from);
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

void
config_reload(struct daemon *d)
{
	struct config *fresh;

	if (config_load(d, &fresh) != 0) {
		say("everything stays as it was");
		return;
	}
	config_compare(d->config, fresh, on_changed, d);
	config_free(d->config);
	d->config = fresh;
	icons_free(d);
	config_to_plane(d);
	plane_configure(d->plane, &d->settings);
	servers_declare(d);
	if (d->config->http.tls.certificate != NULL)
		web_reload_certificate(d->web, on_certificate, d);
}
