/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INTEGRATION_H
#define ROOST_INTEGRATION_H

/*
 * Integrations, as API Gateway's WebSocket APIs have them: the connections of an endpoint
 * with routes are an operator's. The handshake is held until its `$connect` has answered; each
 * message goes to the URL of its route, one at a time and in order for each connection, and
 * what that answers goes back where the route says so; `$disconnect` is told when all is
 * over, at best effort.
 *
 * What a client is told when something is wrong: {"message":"Forbidden",...} when no route is
 * meant, "Internal server error" when its integration failed, "Too Many Requests" when more
 * messages wait than are kept.
 *
 * Nothing here is durable: connections do not outlive roost, and neither does what is known of
 * them. So there is nothing that a crash could make wrong, and the simulator has no part in it.
 */

#include "keeper/plane.h"
#include "port/connections.h"
#include "service/integration_event.h"

struct integrations;

struct integrations *integrations_new(struct plane *plane) must_check;
void integrations_free(struct integrations *integrations);	/* after the plane's last turn */
void integrations_use(struct integrations *integrations, struct connections_port *connections);

/* A handshake that may be let in, as far as roost itself is concerned. Lent for the call. */
struct integration_visit {
	struct event_subject subject;	/* `endpoint` lasts until a restart */
	struct event_handshake handshake;
	const char *subprotocols;	/* what the client offers; or NULL */
};

/* What becomes of it. Lent; what is wanted of the answer is to be TAKEn. */
struct integration_verdict {
	int status;			/* 101: it is opened; else it is refused with this */
	struct integration_answer *answer;	/* with a refusal of $connect's own; or NULL */
	const char *subprotocol;	/* to be confirmed; or NULL */
};
typedef void integration_judged(void *argument, const struct integration_verdict *verdict);

/*
 * Called back once, now or later. 101: a connection of that id is expected within half a
 * minute. 429: too many at once. 502: `$connect` did not answer, or nothing that is an answer.
 */
void integrations_connect(struct integrations *integrations, const struct integration_visit *visit,
			  integration_judged *judged, void *argument);

/* The edge tells, in order. Of an id that is not known here nothing is done. */
void integrations_opened(struct integrations *integrations, const char *id);
void integrations_heard(struct integrations *integrations, const char *id, const void *bytes,
			size_t length, bool is_text);
void integrations_closed(struct integrations *integrations, const char *id, unsigned code,
			 const char *reason);

/* Connections known, messages waiting, calls that failed: for metrics. */
struct integration_counts {
	size_t connections, waiting;
	uint64_t calls, failures;
};
void integrations_count(const struct integrations *integrations,
			struct integration_counts *ret_counts);

#endif
