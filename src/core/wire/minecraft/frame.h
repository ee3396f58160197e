/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_FRAME_H
#define ROOST_MINECRAFT_FRAME_H

/*
 * Frames of the protocol of 1.7 and later, without compression or encryption
 * (neither begins before the game itself asks for it): a length of at most
 * three VarInt bytes, then that many bytes of VarInt packet id and body.
 */

#include "base/buf.h"
#include "wire/wire.h"

#define FRAME_LENGTH_LIMIT 2097151	/* what three VarInt bytes can say */
#define FRAME_HEAD_LIMIT 3
#define EMPTY_FRAME_SIZE 1		/* the byte 00: a frame of nothing, skipped by 1.7 to 1.21.8 */

struct frame {
	int32_t id;
	const unsigned char *body;	/* behind the id; borrowed from the parsed bytes */
	size_t length;			/* of the body */
	bool is_empty;			/* a frame of length 0 has no id */
};

/*
 * `limit` bounds the whole frame, its length bytes included; a longer one is
 * WIRE_BAD as soon as its length is known.
 */
enum wire_result frame_parse(const unsigned char *bytes, size_t length, size_t limit,
			     struct frame *ret_frame, size_t *ret_used) must_check;

/* The id of the frame that begins here, as soon as it is known: its body may be to come. */
enum wire_result frame_id_parse(const unsigned char *bytes, size_t length, int32_t *ret_id)
	must_check;

/* Append a frame of `id` and `body`. */
void frame_print(struct buf *to, int32_t id, const void *body, size_t length);

/*
 * A frame's body, read piece by piece. Once a piece is missing or wrong,
 * `is_bad` stays set and every later piece is zero: check once, at the end.
 */
struct body_reader {
	const unsigned char *at;
	size_t left;
	bool is_bad;
};

struct body_reader body_reader(const struct frame *frame);
int32_t body_varint(struct body_reader *reader);
unsigned char body_byte(struct body_reader *reader);
bool body_bool(struct body_reader *reader);
uint16_t body_u16(struct body_reader *reader);	/* big-endian, as everything here */
int64_t body_i64(struct body_reader *reader);
/* Borrowed; never NULL. A string is a VarInt byte length, at most `limit`, and UTF-8 (not checked). */
const unsigned char *body_bytes(struct body_reader *reader, size_t length);
const char *body_text(struct body_reader *reader, size_t limit, size_t *ret_length);
/* Was everything read, and right? */
bool body_is_whole(const struct body_reader *reader);

/* The pieces of a body being written. */
void put_varint(struct buf *to, int32_t value);
void put_u16(struct buf *to, uint16_t value);
void put_i32(struct buf *to, int32_t value);
void put_i64(struct buf *to, int64_t value);
void put_text(struct buf *to, const char *text, size_t length);	/* VarInt byte length, then the bytes */

#endif
