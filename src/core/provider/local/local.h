/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_LOCAL_H
#define ROOST_LOCAL_H

/*
 * Games as processes on this machine. Starting is idempotent by the run's
 * token; stopping is by console line or signal, then by force.
 */

#include "provider/provider.h"

extern const struct provider local_provider;

/* How a process ended, for people: "exited with status 1", "killed by signal 9". */
struct process_answer;
void local_ending(const struct process_answer *process, char *text, size_t size);

/* One line for the players, made by the spec's `warn_command`; false: it has none. */
bool local_warning(const struct server_spec *spec, const char *text, char *line, size_t size);

#endif
