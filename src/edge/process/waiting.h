/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WAITING_H
#define ROOST_WAITING_H

/* Requests to one run that have no answer yet, in order, and their answers. */

#include "process/link.h"

struct waiting {
	struct waiting *next;
	struct link_request request;	/* text is a copy of ours */
	int64_t serial;			/* once sent */
	bool sent;
	uint64_t expires;		/* uv_now() */
};

void waiting_add(struct waiting **list, const struct link_request *request, uint64_t expires);

/* The first, or the first sent under this serial; NULL when there is none. */
struct waiting *waiting_take(struct waiting **list) must_check;
struct waiting *waiting_take_serial(struct waiting **list, int64_t serial) must_check;
struct waiting *waiting_take_expired(struct waiting **list, uint64_t now) must_check;
void waiting_free(struct waiting *waiting);

/* Answers; each frees what waited. A record of NULL: nothing was ever started. */
void waiting_show(struct waiting *waiting, struct courier *courier,
		  const struct run_record *record);
void waiting_done(struct waiting *waiting, struct courier *courier);
void waiting_refuse(struct waiting *waiting, struct courier *courier, const char *why);
void waiting_unknown(struct waiting *waiting, struct courier *courier, const char *why);

#endif
