/* SPDX-License-Identifier: Apache-2.0 */
/* What a person is told once everything stands, and what a monitor may ask. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "process/process_port.h"

static const char *
page_address(const struct daemon *d, char *text, size_t size)
{
	char endpoint[HOST_MAX + 16];
	struct endpoint listen = d->config->http.listen;

	if (d->config->http.public_url[0] != '\0')
		return d->config->http.public_url;
	listen.port = web_port(d->web, 0);
	if (strcmp(listen.host, "0.0.0.0") == 0 || strcmp(listen.host, "::") == 0 ||
	    listen.host[0] == '\0')
		(void)text_put(listen.host, sizeof listen.host, "127.0.0.1");
	endpoint_text(&listen, endpoint, sizeof endpoint);
	(void)snprintf(text, size, "%s://%s",
		       d->config->http.tls.certificate != NULL ? "https" : "http", endpoint);
	return text;
}

static void
print_ways_in(const struct daemon *d, const char *page, const char *new_password)
{
	uint16_t port = relay_listen_port(d->relay, 0);

	puts("");
	printf("  The page        %s\n", page);
	if (new_password != NULL)
		printf("  Sign in as      admin\n  Password        %s   (shown this once; "
		       "`roost user password admin` sets another)\n",
		       new_password);
	else
		puts("  Sign in as      admin   (`roost user password admin` sets a new password)");
	if (port == 25565)
		puts("  To play         add 127.0.0.1 to your Minecraft server list and join");
	else if (port != 0)
		printf("  To play         add 127.0.0.1:%u to your Minecraft server list and "
		       "join\n",
		       (unsigned)port);
	puts("  To stop roost   Ctrl+C; games that run go on and are found again\n");
}

void
welcome_print(const struct daemon *d, const char *new_password)
{
	char text[HOST_MAX + 32];
	const char *page = page_address(d, text, sizeof text);
	bool kept;
	const char *note = process_limits_note(&kept);

	if (d->welcome)
		print_ways_in(d, page, new_password);
	else if (new_password != NULL)
		printf("roost: made the user 'admin' with the password %s (shown this once)\n",
		       new_password);
	printf("roost %s: %zu server%s, page at %s\n", ROOST_VERSION, plane_server_count(d->plane),
	       plane_server_count(d->plane) == 1 ? "" : "s", page);
	for (size_t i = 0; i < plane_server_count(d->plane) && !kept; i++) {
		const struct local_spec *local = &plane_server_at(d->plane, i)->spec->local;

		if (local->memory > 0 || local->cpu_millis > 0) {
			say("%s", note);
			break;
		}
	}
	(void)fflush(stdout);
}

void
metrics_append(void *argument, struct buf *text)
{
	static const struct {
		const char *metric, *labels, *help, *type;
		size_t offset;
	} rows[] = {
#define RELAY_COUNTER(name, metric, labels, help) \
	{ metric, labels, help, "counter", offsetof(struct relay_stats, name) },
#define RELAY_GAUGE(name, metric, labels, help) \
	{ metric, labels, help, "gauge", offsetof(struct relay_stats, name) },
#include "relay/stats.def"
	};
	struct daemon *d = argument;
	struct relay_stats stats;
	uint64_t value;

	if (d->relay == NULL)
		return;
	relay_stats(d->relay, &stats);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		if (i == 0 || strcmp(rows[i].metric, rows[i - 1].metric) != 0)
			buf_format(text, "# HELP %s %s\n# TYPE %s %s\n", rows[i].metric,
				   rows[i].help, rows[i].metric, rows[i].type);
		memcpy(&value, (const char *)&stats + rows[i].offset, sizeof value);
		buf_format(text,
			   rows[i].labels[0] != '\0' ? "%s{%s} %" PRIu64 "\n"
						     : "%s%s %" PRIu64 "\n",
			   rows[i].metric, rows[i].labels, value);
	}
}
