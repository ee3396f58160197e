/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_STATUS_H
#define ROOST_MINECRAFT_STATUS_H

/*
 * The status exchange of 1.7 and later, both sides: request (0x00) and its JSON,
 * ping (0x01) and its echo. Some tools ping without a request, some never ping.
 */

#include "base/buf.h"
#include "wire/wire.h"

#define STATUS_PACKET_LIMIT 16	/* the larger is 10 bytes; over-long lengths allowed for */
#define PONG_SIZE 10

struct status_packet {
	enum { STATUS_REQUEST, STATUS_PING } is;
	int64_t payload;	/* of a ping; to be sent back */
};

/* What a client sends behind a handshake of INTENT_STATUS. */
enum wire_result status_packet_parse(const unsigned char *bytes, size_t length,
				     struct status_packet *ret_packet, size_t *ret_used) must_check;

/* The answer: a frame with `json`, which is at most STATUS_TEXT_LIMIT characters. */
void status_response_print(struct buf *to, const char *json, size_t length);
void pong_print(unsigned char to[static PONG_SIZE], int64_t payload);

/* The asking side: handshake and request in one, and the reading of the answer. */
void status_request_print(struct buf *to, int32_t protocol, const char *host, uint16_t port);
void ping_print(unsigned char to[static PONG_SIZE], int64_t payload);

/* `*ret_json` is borrowed, not terminated and not checked. At most PROBE_REPLY_LIMIT bytes. */
enum wire_result status_response_parse(const unsigned char *bytes, size_t length,
				       const char **ret_json, size_t *ret_length,
				       size_t *ret_used) must_check;

#endif
