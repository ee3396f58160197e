/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBSOCKET_EXTENSION_H
#define ROOST_WEBSOCKET_EXTENSION_H

/* The grammar of `Sec-WebSocket-Extensions` (RFC 6455 §9.1); handshake.h has its use. */

#include "wire/http1/head.h"

/* Does every such header keep to the grammar? What does not fails the handshake. */
bool websocket_extensions_are_right(const struct http_head *head, const char *bytes);

#endif
