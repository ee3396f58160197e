/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP_PEERS_H
#define ROOST_HTTP_PEERS_H

/* How many connections each peer (ip_prefix) has open. Loopback is never counted. */

#include "base/address.h"

struct peers;

struct peers *peers_new(void) must_check;
void peers_free(struct peers *peers);

/* One more of this address, unless there are `limit` already. */
bool peers_enter(struct peers *peers, const struct ip *ip, size_t limit) must_check;
void peers_leave(struct peers *peers, const struct ip *ip);

#endif
