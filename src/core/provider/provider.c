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

bool
provider_warning(const struct server_spec *spec, const char *text, char *line, size_t size)
{
	const char *hole;

	if (spec->warn_command == NULL)
		return false;
	hole = strstr(spec->warn_command, "{text}");
	if (hole == NULL)
		(void)snprintf(line, size, "%s", spec->warn_command);
	else
		(void)snprintf(line, size, "%.*s%s%s", (int)(hole - spec->warn_command),
			       spec->warn_command, text, hole + strlen("{text}"));
	return true;
}
