/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ROUTE_H
#define ROOST_ROUTE_H

/*
 * Which server does a host lead to?
 *
 * Order: the exact name; else the longest wildcard (`*.play.example.org` is one
 * or more labels before `.play.example.org`, never that name itself); else `*`.
 * If two servers declare the same pattern, the one that comes first in the
 * table has it.
 */

#include "gate/table.h"

/*
 * A handshake's host as a name to look up: cut at the first NUL (Forge,
 * BungeeCord, Floodgate), `///` (TCPShield) or `\\` (infinity-filter, a doubled
 * backslash), one trailing dot off, lower case. False when what is left is
 * longer than a name may be or is not printable ASCII: such a host is nobody's,
 * and *ret_host is a printable, cut form of it for the record. An empty host is
 * a name too ("*" may have it).
 */
bool route_clean(const char *raw, size_t length, char ret_host[static HOST_MAX + 1]) must_check;

/*
 * Build the table's index, once it is filled and before it is shared; again is
 * nothing. The table owns it.
 */
void route_prepare(struct gate_table *table);

/*
 * `host` as route_clean() made it; NULL when it is nobody's. The server is the
 * table's. The table must be prepared. Time: one pass over the host.
 */
const struct gate_server *route_find(const struct gate_table *table, const char *host);

#endif
