/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_FACTS_H
#define ROOST_RELAY_FACTS_H

/* How many facts were told and not yet opened; it outlives the relay with its letters. */

#include "relay/thread.h"

struct facts_gauge {
	int references;		/* atomic */
	unsigned out;		/* atomic */
};

struct facts_gauge *facts_gauge_new(void) must_check;
void facts_gauge_unref(struct facts_gauge *gauge);

/* Is the control thread so far behind that nobody new should come? */
bool facts_are_behind(const struct relay *relay);

/* To options.complain, in the control thread, later. */
void relay_complain(struct relay *relay, const char *server, const char *text);

#endif
