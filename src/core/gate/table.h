/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_GATE_TABLE_H
#define ROOST_GATE_TABLE_H

/*
 * The gate's whole knowledge: an immutable value, made by the control plane,
 * read by every relay thread, swapped whole. Reference-counted (atomically),
 * because threads let go of an old one at their own time.
 */

#include "base/address.h"
#include "base/instant.h"
#include "base/limits.h"
#include "gate/roster.h"
#include "model/spec.h"
#include "model/words.h"

struct gate_server {
	char name[SERVER_NAME_LIMIT + 1];
	enum game game;
	char **hosts;			/* NULL-terminated; as spec */
	struct endpoint *listen;	/* own listeners; the relay follows them */
	size_t listen_count;
	bool is_datagrams;		/* they are UDP's */
	enum query_protocol query;	/* of a game over datagrams */
	unsigned char first_bytes[FIRST_BYTES_LIMIT];	/* of such a player's first datagram */
	size_t first_bytes_length;
	struct duration client_idle;	/* silent for so long: gone */
	enum state state;
	enum phase phase;
	uint64_t attempt;		/* which wake this is; a hold belongs to one */
	struct instant phase_since;
	struct duration usual;		/* how long a wake usually takes; 0 = not known */
	struct instant waking_since;	/* NEVER unless waking */
	char reason[REASON_LIMIT + 1];	/* when failed */
	bool wake_on_join;
	bool wake_filter;
	unsigned hold_queue;
	enum roster_policy roster_policy;
	struct gate_roster *roster;	/* a reference; NULL = nobody is on it */
	struct duration hold_for;
	struct endpoint backend;
	struct ip backend_ip;		/* resolved; valid when backend_resolved */
	bool backend_resolved;
	bool proxy_protocol;
	/* For status answers. */
	char *motd;			/* text for people, UTF-8 with optional § codes; or NULL */
	char *last_motd;		/* JSON text component the game last showed; or NULL */
	char *favicon;			/* `data:image/png;base64,...`; or NULL */
	char *status_json;		/* the game's own answer while ready; or NULL */
	unsigned online, max;
	int last_protocol;		/* -1 = never known */
	char last_version[64];
};

struct gate_limits {
	/* Tokens a second and burst, per prefix (IPv4 address, IPv6 /64). 0 = no limit. */
	struct gate_rate {
		double per_second, burst;
	} connections, status, logins, wakes;
	unsigned flows;			/* UDP: who speaks with games at once, of one prefix; 0 = no limit */
	unsigned half_open;		/* unfinished handshakes in all; oldest evicted first */
	struct duration handshake_within;
	struct duration login_within;
	struct duration status_within;
};

struct gate_table {
	int references;			/* atomic; use gate_table_ref and _unref */
	struct instant made_at;
	struct gate_server *servers;
	size_t server_count;
	void *routes;			/* made by route_prepare() (gate/route.h), NULL until then */
	struct gate_limits limits;
	struct network *proxy_from;	/* who may send PROXY headers */
	size_t proxy_from_count;
	char *unknown_host;		/* kick and MOTD text for a host nobody declared; or NULL: close */
	bool forwarded_hosts;		/* accept BungeeCord's long host field */
};

struct gate_table *gate_table_new(size_t server_count) must_check;	/* one reference, the caller's */
struct gate_table *gate_table_ref(struct gate_table *table);
void gate_table_unref(struct gate_table *table);			/* NULL is nothing */

#endif
