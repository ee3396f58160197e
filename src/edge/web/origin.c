/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Browsers send a user's cookies along with what any page asks for. So a request
 * that changes something must come from a page of ours, by what the browser says
 * of it (Fetch Metadata, else Origin). A program sends neither and is let
 * through: it has no cookies of somebody else's, and needs the CSRF token too. Nor is
 * this asked of who shows a token or a signature: browsers send none by themselves.
 */

#include "web/web_inner.h"

#include <string.h>
#include <strings.h>

/* "http://host:port" as this request was addressed. */
static bool
is_addressed_origin(const struct http_request *request, const char *origin)
{
	const char *scheme = request->secure ? "https://" : "http://";
	size_t length = strlen(scheme);
	struct http_span host = request->head->host;

	return strncasecmp(origin, scheme, length) == 0 && strlen(origin) == length + host.length &&
	       strncasecmp(origin + length, request->bytes + host.at, host.length) == 0;
}

static bool
shows_credentials(const struct http_request *request)
{
	CLEANUP(text_freep) char *value = web_header(request, "authorization");

	return value != NULL &&
	       (strncasecmp(value, "bearer ", 7) == 0 || strncasecmp(value, "aws4-", 5) == 0);
}

bool
origin_is_ours(const struct web *web, const struct http_request *request)
{
	CLEANUP(text_freep) char *site = web_header(request, "sec-fetch-site");
	CLEANUP(text_freep) char *origin = web_header(request, "origin");

	if (request->local || shows_credentials(request))
		return true;
	if (site != NULL)
		return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
	if (origin == NULL || is_addressed_origin(request, origin))
		return true;
	return web->public_origin != NULL && strcasecmp(origin, web->public_origin) == 0;
}
