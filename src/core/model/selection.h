/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SELECTION_H
#define ROOST_SELECTION_H

/*
 * Route selection expressions, as API Gateway's WebSocket APIs have them: which key does a
 * message ask for? "$request.body.action", "${request.body.service}/${request.body.action}",
 * static text, "\$default". Source: API Gateway's developer guide, "WebSocket selection
 * expressions" and "Create routes for WebSocket APIs".
 *
 * A path goes by members (`.name`, `['name']`) and elements (`[0]`). What is found is written
 * as text: a text as it is, numbers and the rest as JSON; what is not found is nothing.
 */

#include "base/json.h"

#define SELECTION_LIMIT 1024		/* bytes of an expression */
#define SELECTION_STEPS_LIMIT 32	/* of all its paths together */
#define SELECTION_KEY_LIMIT 1024	/* bytes of a key; API Gateway's are shorter */

struct selection;

/* NULL with what is wrong, for people (static text). */
struct selection *selection_parse(const char *text, const char **ret_why) must_check;
void selection_free(struct selection *selection);

/*
 * The key for a message (NULL: it is not JSON), which the caller frees. NULL when it would be
 * longer than SELECTION_KEY_LIMIT: no route is called that.
 */
char *selection_key(const struct selection *selection, const json_t *message) must_check;

#endif
