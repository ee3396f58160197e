/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_CONNECTIONS_H
#define ROOST_PORT_CONNECTIONS_H

/*
 * WebSocket connections, as the control plane sees them: names it can send to. The
 * connections themselves live at the edge. One that has gone takes nothing and says
 * nothing: whoever sends need not know.
 */

#include "base/base.h"

/* 11 random bytes in base64url and its padding, as API Gateway's: "VFoyGcaIjoECIjw=". */
#define CONNECTION_ID_SIZE 17

/* Has this text the shape of such an id? A well-formed one that never was is "gone". */
bool connection_id_is_valid(const char *text);
void connection_id_text(const unsigned char random[static 11], char ret_id[static CONNECTION_ID_SIZE]);

struct connections_port {
	/* One message, in the order of the calls; copied. Text must be UTF-8; else it goes as binary. */
	void (*send)(struct connections_port *port, const char *id, const void *bytes, size_t length);
	/* The same, if this user opened it; "" = whoever did. */
	void (*send_to)(struct connections_port *port, const char *id, const char *user,
			const void *bytes, size_t length);
	/* End it with a close frame (RFC 6455 §7.4); `reason` at most 123 bytes. */
	void (*close)(struct connections_port *port, const char *id, unsigned code, const char *reason);
	/* What came with this digest (a session's) may no longer: those connections end. May be NULL. */
	void (*revoke)(struct connections_port *port, const char *digest);
};

#endif
