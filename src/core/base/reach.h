/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_REACH_H
#define ROOST_REACH_H

/*
 * Is an address one of the public Internet? Asked before anything is sent to an
 * address that somebody other than the operator chose, so that nobody makes roost
 * speak to the machines behind it (server-side request forgery).
 */

#include "base/address.h"

/*
 * NULL for a public address; else what it is, for people: "a private address".
 * Sources: IANA's special-purpose registries (RFC 6890 and what came after), and the
 * addresses under which clouds answer their machines. Whatever carries an IPv4
 * address inside (mapped, NAT64, 6to4, Teredo, ISATAP) is also judged by that. In IPv6 only
 * what is allocated as global unicast (2000::/3) is public.
 */
const char *ip_special(const struct ip *ip);

#endif
