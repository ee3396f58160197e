/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_BASE_TICKET_H
#define ROOST_BASE_TICKET_H

/* Names one request, so that its answer is known when it comes, and a late one is not taken for it. */

#include <stdint.h>

struct ticket {
	uint64_t v;	/* 0 = none */
};

#endif
