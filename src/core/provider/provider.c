/* SPDX-License-Identifier: Apache-2.0 */
/* The providers there are. */

#include "provider/provider.h"

#include <stdio.h>
#include <string.h>

#include "provider/local/local.h"

static const struct provider *const providers[] = {
	[PROVIDER_LOCAL] = &local_provider,
};

_Static_assert(ELEMENTS(providers) == PROVIDER_MAX, "a provider kind without a provider");

const struct provider *
provider_get(enum provider_kind kind)
{
	ASSERT(kind < PROVIDER_MAX);
	return providers[kind];
}

const struct recipe *
provider_recipe(const char *name)
{
	for (size_t i = 0; i < ELEMENTS(providers); i++) {
		if (text_equal(providers[i]->start->name, name))
			return providers[i]->start;
		if (text_equal(providers[i]->stop->name, name))
			return providers[i]->stop;
	}
	return NULL;
}

static const char *
warn_command(const struct server_spec *spec)
{
	if (spec->warn_command != NULL)
		return spec->warn_command;
	switch (spec->game) {
	case GAME_MINECRAFT_JAVA:
	case GAME_MINECRAFT_BEDROCK:
		return "say {text}";
	case GAME_SOURCE:
		return spec->rcon.address.port != 0 ? "say {text}" : NULL;
	case GAME_TCP:
	case GAME_UDP:
	case GAME_MAX:
		break;
	}
	return NULL;
}

bool
provider_can_warn(const struct server_spec *spec)
{
	return warn_command(spec) != NULL;
}

bool
provider_warning(const struct server_spec *spec, const char *text, char *line, size_t size)
{
	const char *command = warn_command(spec), *hole;

	if (command == NULL)
		return false;
	hole = strstr(command, "{text}");
	if (hole == NULL)
		(void)snprintf(line, size, "%s", command);
	else
		(void)snprintf(line, size, "%.*s%s%s", (int)(hole - command), command, text,
			       hole + strlen("{text}"));
	return true;
}
