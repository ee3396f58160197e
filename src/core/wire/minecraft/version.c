/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol numbers and the releases they stand for: see the header. */

#include "wire/minecraft/version.h"

static const struct {
	int32_t protocol;
	const char *name;
} versions[] = {
#define VERSION(number, release) { number, release },
#include "wire/minecraft/version.def"
};

const char *
version_name(int32_t protocol)
{
	for (size_t i = 0; i < ELEMENTS(versions); i++)
		if (versions[i].protocol == protocol)
			return versions[i].name;
	return NULL;
}

int32_t
version_layout(int32_t protocol)
{
	return protocol >= PROTOCOL_SNAPSHOT ? PROTOCOL_NEWEST + 1 : protocol;
}
