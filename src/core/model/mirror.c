/* SPDX-License-Identifier: Apache-2.0 */
/* Text in front of text: see the header. */

#include "model/mirror.h"

#include <string.h>
#include <strings.h>

#include "base/address.h"

static bool
is_valid(const char *mirror)
{
	size_t host = strcspn(mirror, "=");
	const char *place = mirror + host + (mirror[host] == '=');

	return host > 0 && host <= HOST_MAX && mirror[host] == '=' &&
	       strcspn(mirror, "/@? ") >= host &&
	       (text_starts_with(place, "http://") || text_starts_with(place, "https://")) &&
	       strpbrk(place, "@?# ") == NULL;
}

bool
mirrors_are_valid(char *const *mirrors)
{
	for (size_t i = 0; mirrors != NULL && mirrors[i] != NULL; i++)
		if (!is_valid(mirrors[i]))
			return false;
	return true;
}

char *
mirror_of(char *const *mirrors, const char *url)
{
	static const char scheme[] = "https://";
	const char *host = url + strlen(scheme);
	size_t length = 0;

	if (!text_starts_with(url, scheme))
		return NULL;
	length = strcspn(host, "/?#");
	for (size_t i = 0; mirrors != NULL && mirrors[i] != NULL; i++) {
		const char *equals = strchr(mirrors[i], '=');
		size_t base;

		if (equals == NULL || (size_t)(equals - mirrors[i]) != length ||
		    strncasecmp(mirrors[i], host, length) != 0)
			continue;
		base = strlen(equals + 1);
		if (base > 0 && equals[base] == '/')
			base--;
		return text_format("%.*s%s", (int)base, equals + 1, host + length);
	}
	return NULL;
}
