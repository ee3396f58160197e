/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HISTORY_H
#define ROOST_HISTORY_H

/*
 * The document of one run, as it is stored under SERVER/RUN-ID and as it is
 * shown while the run is under way:
 *
 *	{"id", "server", "by", "cause", "started_at", "ready_at", "ended_at",
 *	 "restarts", "peak_players", "peak_memory",
 *	 "samples": [{"t": ms since 1970, "players", "memory": bytes, "cpu": thousandths of a core}]}
 *
 * Instants are RFC 3339 or null. At most SAMPLES_LIMIT samples. The newest
 * RUNS_KEPT_LIMIT of a server are kept, pruned in the commit that ends a run.
 * They go with a server that is removed: nobody could see them any more, and
 * another server of its name would have a stranger's past.
 */

#include "base/json.h"
#include "model/server.h"

json_t *history_json(const char *server, const struct run *run, const struct server_live *live,
		     struct instant ended_at) must_check;

#endif
