/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLI_WAIT_H
#define ROOST_CLI_WAIT_H

/* `--wait`: stay until a wish has come true or failed, showing the phases as they pass. */

#include "cli/client.h"
#include "model/words.h"

enum wait_for {
	WAIT_READY,
	WAIT_ASLEEP
};

/* EXIT_DONE when it came true; else EXIT_REFUSED, with the reason on stderr. */
int wait_for_server(struct client *client, const char *name, enum wait_for what, bool json)
	must_check;

/* What a server's state means for somebody who waits. For tests. */
enum waited {
	WAITED_ON,		/* not yet */
	WAITED_DONE,
	WAITED_FAILED,
	WAITED_REVERSED		/* somebody wished the opposite since */
};

enum waited waited(enum wait_for what, const json_t *server);

#endif
