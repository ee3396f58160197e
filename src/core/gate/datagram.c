/* SPDX-License-Identifier: Apache-2.0 */
/* One datagram at the gate: see the header. */

#include "gate/datagram.h"

#include <stdio.h>
#include <string.h>

#include "wire/a2s/a2s.h"
#include "wire/raknet/motd.h"
#include "wire/raknet/unconnected.h"

#define BEDROCK_PROTOCOL 827 /* told of a server that never ran: that of the version below */
#define BEDROCK_VERSION	 "1.21.100"
#define MTU_OFFERED	 1400 /* every path and every server takes it */
#define A2S_PROTOCOL	 17
#define A2S_TEXT_LIMIT	 128

enum kind {
	KIND_FOREIGN,
	KIND_ASKS,  /* `answer` has the answer; or is empty: there is none */
	KIND_OPENS, /* RakNet's first request: to be answered with a cookie, if at all */
	KIND_JOINS, /* and whether they are there is to be seen */
	KIND_PROVED /* a join of who is there */
};

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* A number for who sent it: their address, and (0: any) their port and our door. */
static uint64_t
who(const struct ip *ip, uint64_t port, uint64_t door)
{
	uint64_t parts[2];

	memcpy(parts, ip->bytes, sizeof parts);
	return mix(mix(mix(parts[0]) ^ parts[1]) + port) + mix(door);
}

static uint64_t
server_number(const struct gate_server *server)
{
	uint64_t number = 1;

	for (const char *c = server->name; *c != '\0'; c++)
		number = mix(number + (unsigned char)*c);
	return number >> 1;
}

/* ---- Bedrock ---- */

static void
put_pong(const struct gate_server *server, struct instant wall, uint64_t time, struct buf *answer)
{
	struct bedrock_motd motd = { .protocol = server->last_protocol,
				     .online = server->state == STATE_READY ? server->online : 0,
				     .max = server->max,
				     .server = server_number(server) };
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	char state[STATE_LINE_SIZE];
	unsigned char pong[RAKNET_PONG_LIMIT];
	size_t length;

	status_first_line(server, motd.line[0]);
	state_line(server, wall, state);
	(void)text_put(motd.line[1], sizeof motd.line[1], state);
	(void)text_put(motd.version, sizeof motd.version, server->last_version);
	if (motd.protocol < 0 || motd.version[0] == '\0') {
		motd.protocol = BEDROCK_PROTOCOL;
		(void)text_put(motd.version, sizeof motd.version, BEDROCK_VERSION);
	}
	if (server->listen_count > 0)
		motd.port = motd.port_v6 = server->listen[0].port;
	bedrock_motd_print(&text, &motd);
	length = raknet_pong_print(pong, &(struct raknet_pong){ .time = time,
								.server = motd.server,
								.text = buf_text(&text),
								.length = text.length });
	buf_put(answer, pong, length);
}

static enum kind
read_raknet(const struct datagram_gate *gate, const struct gate_server *server,
	    const struct datagram *datagram, struct buf *answer)
{
	const unsigned char *bytes = datagram->bytes;
	struct raknet_ping ping;
	struct raknet_request_1 first;
	struct raknet_request_2 second;

	if (raknet_ping_parse(bytes, datagram->length, &ping)) {
		if (!ping.open_only || server->online < server->max)
			put_pong(server, gate->wall, ping.time, answer);
		return KIND_ASKS;
	}
	if (raknet_request_1_parse(bytes, datagram->length, &first)) {
		unsigned char reply[RAKNET_REPLY_LIMIT];
		uint32_t cookie = cookie_make(gate->key, &datagram->ip, datagram->port, gate->now);
		uint16_t mtu = first.mtu < MTU_OFFERED ? first.mtu : MTU_OFFERED;

		buf_put(answer, reply,
			raknet_reply_1_print(reply, server_number(server), cookie, mtu));
		return KIND_OPENS;
	}
	if (raknet_request_2_parse(bytes, datagram->length, true, &second) &&
	    cookie_is(gate->key, &datagram->ip, datagram->port, gate->now, second.cookie))
		return KIND_PROVED;
	if (raknet_request_2_parse(bytes, datagram->length, false, &second))
		return KIND_JOINS;
	return KIND_FOREIGN;
}

/* ---- A2S ---- */

static void
put_info(const struct gate_server *server, struct instant wall, struct buf *answer)
{
	char line[MOTD_LIMIT], state[STATE_LINE_SIZE], name[A2S_TEXT_LIMIT], game[A2S_TEXT_LIMIT];
	struct a2s_info info = { .protocol = A2S_PROTOCOL,
				 .name = name,
				 .map = state_word(server->state),
				 .folder = "roost",
				 .game = game,
				 .version = server->last_version[0] != '\0' ? server->last_version
									    : "1.0.0.0",
				 .max = server->max > 255 ? 255 : (uint8_t)server->max,
				 .type = 'd',
				 .environment = 'l' };

	status_first_line(server, line);
	state_line(server, wall, state);
	(void)text_put(name, sizeof name, line);
	(void)text_put(game, sizeof game, state);
	a2s_info_print(answer, &info);
}

static bool
has_proved(const struct datagram_gate *gate, const struct datagram *datagram,
	   const struct a2s_request *request)
{
	return request->has_challenge && cookie_is(gate->key, &datagram->ip, datagram->port,
						   gate->now, (uint32_t)request->challenge);
}

static enum kind
read_a2s(struct datagram_gate *gate, const struct gate_server *server,
	 const struct datagram *datagram, struct buf *answer)
{
	unsigned char bytes[A2S_CHALLENGE_SIZE];
	struct a2s_request request;

	if (!a2s_request_parse(datagram->bytes, datagram->length, &request))
		return datagram->length > 0 ? KIND_JOINS : KIND_FOREIGN;
	if (!has_proved(gate, datagram, &request)) {
		uint32_t challenge =
			cookie_make(gate->key, &datagram->ip, datagram->port, gate->now);

		a2s_challenge_print(bytes, (int32_t)challenge);
		buf_put(answer, bytes, sizeof bytes);
		return KIND_ASKS;
	}
	(void)knocks_hear(gate->knocks, who(&datagram->ip, 0, 0), gate->now, DATAGRAM_REPEATS_AFTER,
			  DATAGRAM_PROVED_FOR);
	if (request.asks == A2S_INFO)
		put_info(server, gate->wall, answer);
	else
		buf_put(answer, bytes, a2s_none_print(bytes, request.asks));
	return KIND_ASKS;
}

/* ---- all ---- */

static bool
begins_right(const struct gate_server *server, const struct datagram *datagram)
{
	return datagram->length > 0 && datagram->length >= server->first_bytes_length &&
	       memcmp(datagram->bytes, server->first_bytes, server->first_bytes_length) == 0;
}

static enum kind
read_datagram(struct datagram_gate *gate, const struct gate_server *server,
	      const struct datagram *datagram, struct buf *answer)
{
	enum kind kind = KIND_JOINS;

	buf_clear(answer);
	switch (server->query) {
	case QUERY_RAKNET:
		return read_raknet(gate, server, datagram, answer);
	case QUERY_A2S:
		kind = read_a2s(gate, server, datagram, answer);
		break;
	case QUERY_NONE:
	case QUERY_PROTOCOL_MAX:
		break;
	}
	return kind == KIND_JOINS && !begins_right(server, datagram) ? KIND_FOREIGN : kind;
}

/* A2S's challenge may have proved it; else it must speak again. */
static bool
is_there(struct datagram_gate *gate, const struct gate_server *server,
	 const struct datagram *datagram)
{
	uint64_t one = who(&datagram->ip, (uint64_t)datagram->port + 1, datagram->door);
	bool speaks_on;

	speaks_on = knocks_hear(gate->knocks, one, gate->now, DATAGRAM_REPEATS_AFTER,
				DATAGRAM_REPEATS_WITHIN);
	if (server->query == QUERY_A2S &&
	    knocks_know(gate->knocks, who(&datagram->ip, 0, 0), gate->now, DATAGRAM_PROVED_FOR))
		return true;
	return speaks_on || !server->wake_filter;
}

static struct datagram_verdict
drop(enum datagram_why why)
{
	return (struct datagram_verdict){ .is = DATAGRAM_DROP, .why = why };
}

struct datagram_verdict
datagram_judge(struct datagram_gate *gate, const struct gate_server *server,
	       const struct datagram *datagram, unsigned held, struct buf *answer)
{
	struct verdict verdict = verdict_arriving(server, held);
	enum kind kind;

	buf_clear(answer);
	if (verdict.is == VERDICT_LET_IN)
		return (struct datagram_verdict){ .is = DATAGRAM_CARRY };
	kind = read_datagram(gate, server, datagram, answer);
	if (kind == KIND_FOREIGN)
		return drop(DATAGRAM_FOREIGN);
	if (kind == KIND_ASKS)
		return (struct datagram_verdict){ .is = DATAGRAM_ANSWER };
	if (verdict.is == VERDICT_TURN_AWAY)
		return drop(verdict.why == KICK_QUEUE_FULL ? DATAGRAM_QUEUE_FULL
							   : DATAGRAM_NOT_WOKEN);
	if (kind == KIND_OPENS)
		return (struct datagram_verdict){ .is = DATAGRAM_ANSWER };
	if (kind == KIND_JOINS && !is_there(gate, server, datagram))
		return drop(DATAGRAM_UNPROVED);
	return (struct datagram_verdict){ .is = DATAGRAM_HOLD, .attempt = verdict.attempt };
}

size_t
datagram_keep(struct datagram_gate *gate, const struct gate_server *server,
	      const struct datagram *datagram, struct buf *answer, unsigned char *keep,
	      bool *ret_alone)
{
	enum kind kind = read_datagram(gate, server, datagram, answer);

	*ret_alone = server->query == QUERY_RAKNET;
	if (kind != KIND_JOINS && kind != KIND_PROVED)
		return 0;
	memcpy(keep, datagram->bytes, datagram->length);
	if (kind == KIND_PROVED)
		return raknet_request_2_uncookie(keep, datagram->length);
	return datagram->length;
}

size_t
datagram_pass(const struct datagram_gate *gate, const struct gate_server *server,
	      const struct datagram *datagram, unsigned char *bytes)
{
	struct raknet_request_2 request;

	if (server->query != QUERY_RAKNET ||
	    !raknet_request_2_parse(bytes, datagram->length, true, &request) ||
	    !cookie_is(gate->key, &datagram->ip, datagram->port, gate->now, request.cookie))
		return datagram->length;
	return raknet_request_2_uncookie(bytes, datagram->length);
}

bool
datagram_is_query(const struct gate_server *server, const unsigned char *bytes, size_t length)
{
	struct a2s_request request;
	struct raknet_ping ping;

	switch (server->query) {
	case QUERY_RAKNET:
		return raknet_ping_parse(bytes, length, &ping);
	case QUERY_A2S:
		return a2s_request_parse(bytes, length, &request);
	case QUERY_NONE:
	case QUERY_PROTOCOL_MAX:
		break;
	}
	return false;
}
