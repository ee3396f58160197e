/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_LOCAL_H
#define ROOST_LOCAL_H

/*
 * Games as processes on this machine. Starting is idempotent by the run's
 * token; stopping is by console line or signal, then by force.
 */

#include "provider/provider.h"

extern const struct provider local_provider;

#endif
