/* SPDX-License-Identifier: Apache-2.0 */
/* What two declarations must not share. */

#include <stdio.h>
#include <string.h>

#include "model/spec.h"

static bool
is_wildcard(const char *host)
{
	return *host == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ||
	       strcmp(host, "*") == 0;
}

static bool
is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
	       strcmp(host, "::1") == 0;
}

bool
endpoints_collide(const struct endpoint *a, const struct endpoint *b)
{
	if (a->port == 0 || a->port != b->port)
		return false;
	/* A wildcard takes the port of every address of this machine, names of others aside. */
	if (is_wildcard(a->host))
		return is_wildcard(b->host) || is_loopback(b->host);
	if (is_wildcard(b->host))
		return is_loopback(a->host);
	if (is_loopback(a->host) && is_loopback(b->host))
		return strcmp(a->host, b->host) == 0 || strcmp(a->host, "localhost") == 0 ||
		       strcmp(b->host, "localhost") == 0;
	return strcmp(a->host, b->host) == 0;
}

/* TCP and UDP number their ports apart. */
static bool
listens_alike(const struct server_spec *spec, const struct server_spec *other)
{
	return game_is_datagrams(spec->game) == game_is_datagrams(other->game);
}

static void
say(struct spec_error *error, const char *pointer, const char *what,
    const struct server_spec *other)
{
	(void)text_put(error->pointer, sizeof error->pointer, pointer);
	(void)snprintf(error->detail, sizeof error->detail, "%s server %s already has", what,
		       other->name);
}

static bool
hosts_conflict(const struct server_spec *spec, const struct server_spec *other,
	       struct spec_error *ret_error)
{
	for (size_t i = 0; spec->hosts != NULL && spec->hosts[i] != NULL; i++) {
		for (size_t j = 0; other->hosts != NULL && other->hosts[j] != NULL; j++) {
			char pointer[32];

			if (strcmp(spec->hosts[i], other->hosts[j]) != 0)
				continue;
			(void)snprintf(pointer, sizeof pointer, "/hosts/%zu", i);
			say(ret_error, pointer, "is a host that", other);
			return true;
		}
	}
	return false;
}

static bool
listeners_conflict(const struct server_spec *spec, const struct server_spec *other,
		   struct spec_error *ret_error)
{
	for (size_t i = 0; i < spec->listen_count; i++) {
		for (size_t j = 0; j < other->listen_count; j++) {
			char pointer[32];

			if (!endpoints_collide(&spec->listen[i], &other->listen[j]))
				continue;
			(void)snprintf(pointer, sizeof pointer, "/listen/%zu", i);
			say(ret_error, pointer, "is a listener that", other);
			return true;
		}
	}
	return false;
}

/* The gate's listener for one server where the other's game listens. */
static bool
address_conflicts(const struct server_spec *spec, const struct server_spec *other,
		  struct spec_error *ret_error)
{
	for (size_t i = 0; i < spec->listen_count; i++) {
		char pointer[32];

		if (!endpoints_collide(&spec->listen[i], &other->address))
			continue;
		(void)snprintf(pointer, sizeof pointer, "/listen/%zu", i);
		say(ret_error, pointer, "is the address that", other);
		return true;
	}
	for (size_t i = 0; i < other->listen_count; i++) {
		if (!endpoints_collide(&spec->address, &other->listen[i]))
			continue;
		say(ret_error, "/address", "is a listener that", other);
		return true;
	}
	return false;
}

bool
spec_conflicts(const struct server_spec *spec, const struct server_spec *other,
	       struct spec_error *ret_error)
{
	if (strcmp(spec->name, other->name) == 0) {
		say(ret_error, "/name", "is a name that another", other);
		return true;
	}
	if (!listens_alike(spec, other))
		return hosts_conflict(spec, other, ret_error);
	if (endpoints_collide(&spec->address, &other->address)) {
		say(ret_error, "/address", "is the address that", other);
		return true;
	}
	return hosts_conflict(spec, other, ret_error) ||
	       listeners_conflict(spec, other, ret_error) ||
	       address_conflicts(spec, other, ret_error);
}
