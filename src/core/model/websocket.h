/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MODEL_WEBSOCKET_H
#define ROOST_MODEL_WEBSOCKET_H

/* The WebSocket endpoints that an operator declares under `websocket.endpoints`. */

#include "model/config.h"

#define WEBSOCKET_ENDPOINTS_LIMIT 16
#define WEBSOCKET_ROUTES_LIMIT	  300	/* of one endpoint: API Gateway's own bound */
#define WEBSOCKET_KEY_LIMIT	  128	/* bytes of a route's key */

/*
 * Read the list; complaints name `pointer` and what is below it. What is wrong is left out;
 * the array is the caller's either way.
 */
void websocket_endpoints_read(const json_t *list, const char *pointer,
			      struct complaints *complaints,
			      struct websocket_endpoint **ret_endpoints, size_t *ret_count);
void websocket_endpoints_free(struct websocket_endpoint *endpoints, size_t count);

bool websocket_endpoints_equal(const struct websocket_endpoint *a, size_t a_count,
			       const struct websocket_endpoint *b, size_t b_count);

/* The route of that key, or NULL. */
const struct websocket_route *websocket_route(const struct websocket_endpoint *endpoint,
					      const char *key);

/* The tables, for the printed reference. */
const struct setting_table *websocket_settings(void);
const struct setting_table *websocket_route_settings(void);

#endif
