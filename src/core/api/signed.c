/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed a request (SigV4, as AWS's SDKs do it). The words of the refusals are
 * AWS's where its SDKs act on them: a clock that is off is set right by the JavaScript
 * one when it hears InvalidSignatureException.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/call.h"
#include "wire/sigv4/sigv4.h"

#define SERVICE "execute-api"
#define SKEW	DURATION_S(300) /* clocks may differ by as much; AWS allows the same */

bool
call_is_signed(const struct api_request *request)
{
	return request->bearer == NULL && request->wire_path != NULL &&
	       sigv4_is_claimed(request->authorization, request->query);
}

static void printf_like(3, 4) refuse(struct call *call, const char *type, const char *format, ...)
{
	va_list args;

	call->caller = (struct caller){ .by = CALLER_NOBODY, .role = ROLE_NOBODY, .stale = true };
	call->error_type = type;
	va_start(args, format);
	(void)vsnprintf(call->error_text, sizeof call->error_text, format, args);
	va_end(args);
}

/* The scope, the time and the key: what costs nothing to check, before anything is hashed. */
static bool
may_be_checked(struct call *call, const struct sigv4_claim *claim)
{
	const char *region = call->api->settings.signing_region;
	char now[INSTANT_TEXT_SIZE];

	instant_text(plane_now(call->api->plane), now);
	if (strcmp(claim->service, SERVICE) != 0) {
		refuse(call, "InvalidSignatureException",
		       "Credential should be scoped to correct service: '" SERVICE "'.");
		return false;
	}
	if (region != NULL && region[0] != '\0' && strcmp(claim->region, region) != 0) {
		refuse(call, "InvalidSignatureException",
		       "Credential should be scoped to a valid region: '%s' (sigv4.region in "
		       "roost's configuration).",
		       region);
		return false;
	}
	switch (sigv4_claim_timing(claim, plane_now(call->api->plane), SKEW)) {
	case SIGV4_IN_TIME:
		return true;
	case SIGV4_TOO_EARLY:
		refuse(call, "InvalidSignatureException",
		       "Signature not yet current: %s is more than 5 min ahead of roost's clock "
		       "(%s). Set the clock right.",
		       claim->time, now);
		return false;
	case SIGV4_TOO_LATE:
		refuse(call, "InvalidSignatureException",
		       "Signature expired: %s is too long ago; roost's clock says %s. Set the "
		       "clock right, or sign anew.",
		       claim->time, now);
		return false;
	}
	return false;
}

/* "https://games.example.org:8443/x" -> "games.example.org:8443", or "". */
static void
public_host(const struct api *api, char *ret_host, size_t size)
{
	const char *url = api->settings.public_url;
	const char *host = url != NULL ? strstr(url, "://") : NULL;

	ret_host[0] = '\0';
	if (host != NULL && strcspn(host + 3, "/") < size)
		(void)snprintf(ret_host, size, "%.*s", (int)strcspn(host + 3, "/"), host + 3);
}

/*
 * Clients sign the host they were given. A proxy in front may write another one into the
 * request: then it is the public address that they were given.
 */
static bool
holds(const struct call *call, const struct sigv4_claim *claim, const struct sigv4_message *message,
      struct sigv4_header *headers, const char *secret)
{
	char host[256];

	if (sigv4_claim_holds(claim, message, secret, SIGV4_GENERAL))
		return true;
	public_host(call->api, host, sizeof host);
	if (host[0] == '\0')
		return false;
	for (size_t i = 0; i < message->header_count; i++) {
		if (strcmp(headers[i].name, "host") == 0)
			headers[i].value = host;
	}
	return sigv4_claim_holds(claim, message, secret, SIGV4_GENERAL);
}

static void
check(struct call *call, const struct sigv4_message *message, struct sigv4_header *headers)
{
	struct users *users = call->api->users;
	struct sigv4_claim claim;
	const char *wrong = sigv4_claim_read(message, &claim);

	if (wrong != NULL) {
		refuse(call, "IncompleteSignatureException", "%s", wrong);
		return;
	}
	if (!may_be_checked(call, &claim))
		return;
	if (!users_identify_key(users, claim.key, &call->caller)) {
		refuse(call, "UnrecognizedClientException",
		       "The access key is not known, was revoked or has expired; make a new one "
		       "with `roost token create --sigv4`.");
		return;
	}
	if (!holds(call, &claim, message, headers, users_key_find(users, claim.key)->secret)) {
		refuse(call, "InvalidSignatureException",
		       "The request signature we calculated does not match the signature you "
		       "provided. Check the secret access key; and that no proxy in between "
		       "changes the host, the path, the query or a signed header.");
		return;
	}
	users_key_used(users, claim.key);
}

void
call_identify_signer(struct call *call, const struct api_request *request)
{
	struct sigv4_header headers[HTTP_HEADERS_LIMIT];
	struct sigv4_message message = { .method = method_word(request->method),
					 .path = request->wire_path,
					 .query = request->query,
					 .headers = headers,
					 .body = request->body,
					 .body_length = request->body_length };

	ASSERT(request->header_count <= ELEMENTS(headers));
	if (request->is_head)
		message.method = "HEAD";
	for (size_t i = 0; i < request->header_count; i++)
		headers[message.header_count++] =
			(struct sigv4_header){ request->headers[i].name,
					       request->headers[i].value };
	check(call, &message, headers);
}
