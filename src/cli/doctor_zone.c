/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time zones of schedules: one that this machine does not know never comes, and a
 * configuration that names one is not started. Servers that were declared otherwise are only
 * known to the daemon.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/client.h"
#include "cli/doctor.h"
#include "model/schedule.h"
#include "sys/zones.h"

struct zone_check {
	struct doctor *doctor;
	struct zones_port *zones;
	const char *directory; /* where they are */
	const struct config *config;
	bool is_here; /* the daemon is on this machine */
	unsigned right, wrong;
};

/* `known`: to the daemon, as far as it was asked. */
static void
check_zone(struct zone_check *check, const char *server, const char *zone, bool known)
{
	struct stat about;

	if (known && (!check->is_here || check->zones->find(check->zones, zone) != NULL)) {
		check->right++;
		return;
	}
	check->wrong++;
	if (check->is_here && stat(check->directory, &about) != 0)
		found_wrong(check->doctor, server,
			    "install the time zones: apt install tzdata, then start roost anew",
			    "a schedule goes by the clock of %.64s, and this machine has no time "
			    "zones (%.200s is missing)",
			    zone, check->directory);
	else
		found_wrong(check->doctor, server,
			    "write its zone as `timedatectl list-timezones` has it, such as "
			    "Europe/Paris or UTC, or install it: apt install tzdata",
			    "a schedule goes by the clock of %.64s, which roost's machine does not "
			    "know: it never comes",
			    zone);
}

static bool
is_configured(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->server_count; i++)
		if (strcmp(config->servers[i]->name, name) == 0)
			return true;
	return false;
}

static void
check_told(struct zone_check *check, struct client *client, const char *name)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s", name);
	json_t *schedule;
	size_t i;

	client_call(client, "GET", path, NULL, &answer);
	if (!answer_is_good(&answer))
		return;
	json_array_foreach(json_object_get(answer.json, "schedules"), i, schedule)
		check_zone(check, name, json_get_text(schedule, "zone", ""),
			   json_get_bool(schedule, "zone_known", true));
}

static void
check_daemons(struct zone_check *check, const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	json_t *server;
	size_t i;

	if (client_new(in, &client) != EXIT_DONE)
		return;
	check->is_here = client_is_local(client);
	client_call(client, "GET", "/v1/servers", NULL, &answer);
	if (!answer_is_good(&answer))
		return;
	json_array_foreach(json_object_get(answer.json, "servers"), i, server)
	{
		const char *name = json_get_text(server, "name", "");

		if (!is_configured(check->config, name))
			check_told(check, client, name);
	}
}

void
check_zones(struct doctor *d, const struct config *config, const struct invocation *in)
{
	struct zone_check check = { .doctor = d, .config = config, .is_here = true };
	const char *given = getenv("TZDIR");

	check.directory = given != NULL && *given != '\0' ? given : ZONES_DIRECTORY;
	check.zones = sys_zones_new(check.directory);
	for (size_t i = 0; i < config->server_count; i++) {
		const struct server_spec *spec = config->servers[i];

		for (size_t j = 0; j < spec->schedule_count; j++)
			check_zone(&check, spec->name, spec->schedules[j].zone, true);
	}
	if (d->running)
		check_daemons(&check, in);
	if (check.right > 0 && check.wrong == 0)
		found_right(d, "time zones", "those of %u schedule%s are known", check.right,
			    check.right == 1 ? "" : "s");
	sys_zones_free(check.zones);
}
