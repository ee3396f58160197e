/* SPDX-License-Identifier: Apache-2.0 */
/* Chance from the kernel: see the header. libsodium aborts rather than return weak bytes. */

#include "sys/chance.h"

#include <sodium.h>

static void
fill(struct chance_port *port, void *bytes, size_t length)
{
	(void)port;
	randombytes_buf(bytes, length);
}

struct chance_port *
sys_chance(void)
{
	static struct chance_port port = { .fill = fill };

	ASSERT(sodium_init() >= 0);
	return &port;
}
