/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_PROBE_H
#define ROOST_PORT_PROBE_H

/* Asking a game itself: is it there, how many are on, who. */

#include "model/spec.h"
#include "port/ticket.h"

struct probe_question {
	enum game game;
	const char *token;	/* udp: of the run that is to have the port; else NULL */
	const struct endpoint *address;
	unsigned query_port;	/* as declared; 0 = none */
	int protocol;		/* minecraft-java: of its handshake; -1: none is known */
	bool proxy_protocol;	/* PROXY v2 LOCAL goes before what is sent over TCP */
	struct duration within;
};

struct probe_port {
	/*
	 * minecraft-java: a status ping and, with a `query_port`, GameSpy's query there
	 * for who is on (without its answer, the ping's counts). minecraft-bedrock: an
	 * unconnected ping. source: A2S_INFO and A2S_PLAYER, at `query_port` when there
	 * is one. tcp: does the port accept? udp: has a process of the run bound the port? What is asked is copied. Answers
	 * REPLY_PROBE, or refused with the reason (connection refused, no answer within
	 * `within`, not a game's answer).
	 */
	void (*ask)(struct probe_port *port, struct ticket ticket,
		    const struct probe_question *question);
};

#endif
