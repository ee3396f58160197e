/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wslay takes frames apart: lengths, unmasking, control frames whole and short. What we
 * must see to besides is here: masks, reserved bits, opcodes, the order of
 * fragments, text, close codes, limits. What makes it hard is that a connection must
 * cost nothing between messages: its reader is the thread's, until something is left
 * unfinished at the end of a call.
 */

#include "wire/websocket/in.h"

#include <string.h>

#include "wire/websocket/partial.h"

#define CONTINUATION 0
#define FRAMES_SIZE  4352 /* about what wslay keeps of its own, its 4 KiB buffer above all */
#define STORED_SHARE 512  /* what DEFLATE may add to incompressible data: less than 1/512 … */
#define STORED_LEAST 64	  /* … and a little */
#define CODE_SIZE    2

struct taking {
	struct websocket_in *in;
	const struct websocket_reader *reader;
	struct websocket_partial *partial;
};

static unsigned
fail(struct taking *t, unsigned code, const char *fault)
{
	t->in->fault = fault;
	t->in->ended = true;
	return code;
}

static unsigned
break_rule(struct taking *t, const char *fault)
{
	return fail(t, WEBSOCKET_PROTOCOL_ERROR, fault);
}

static void
deliver(struct taking *t, const struct websocket_message *message)
{
	if (!t->reader->on_message(t->reader->argument, message))
		t->in->ended = true;
}

/* --- the head of a frame -------------------------------------------------------------------- */

static bool
is_control(const struct wslay_frame_iocb *f)
{
	return wslay_is_ctrl_frame(f->opcode);
}

/* What the payload of the message under way may come to, before it is inflated. */
static uint64_t
payload_limit(const struct taking *t)
{
	uint64_t limit = t->reader->limits.message;

	return t->partial->deflated ? limit + limit / STORED_SHARE + STORED_LEAST : limit;
}

static unsigned
begin_message(struct taking *t, const struct wslay_frame_iocb *f)
{
	struct websocket_partial *p = t->partial;

	if (f->opcode != WEBSOCKET_TEXT && f->opcode != WEBSOCKET_BINARY)
		return break_rule(t, "a frame has an opcode that means nothing");
	if (p->fragments > 0)
		return break_rule(t, "a message began before the one in fragments was over");
	if (f->rsv != 0 && !t->in->deflate)
		return break_rule(t, "a message is compressed, but compression was not agreed on");
	p->opcode = (enum websocket_opcode)f->opcode;
	p->deflated = f->rsv != 0;
	p->text = WEBSOCKET_UTF8_NULL;
	buf_clear(&p->message);
	return 0;
}

static unsigned
begin_data(struct taking *t, const struct wslay_frame_iocb *f)
{
	struct websocket_partial *p = t->partial;
	unsigned code;

	if (f->opcode != CONTINUATION) {
		code = begin_message(t, f);
		if (code != 0)
			return code;
	} else if (p->fragments == 0) {
		return break_rule(t, "a fragment continues no message");
	} else if (f->rsv != 0) {
		return break_rule(t, "a reserved bit is set in the middle of a message");
	}
	if (f->payload_length > t->reader->limits.frame)
		return fail(t, WEBSOCKET_TOO_BIG, "the frame is too big");
	if (f->payload_length > payload_limit(t) - p->message.length)
		return fail(t, WEBSOCKET_TOO_BIG, "the message is too big");
	if (++p->fragments > t->reader->limits.fragments)
		return fail(t, WEBSOCKET_TOO_BIG, "the message has too many fragments");
	return 0;
}

static unsigned
begin_control(struct taking *t, const struct wslay_frame_iocb *f)
{
	if (f->opcode > WEBSOCKET_PONG)
		return break_rule(t, "a frame has an opcode that means nothing");
	if (f->rsv != 0)
		return break_rule(t, "a reserved bit is set in a control frame");
	t->partial->control_length = 0;
	return 0;
}

static unsigned
begin_frame(struct taking *t, const struct wslay_frame_iocb *f)
{
	t->partial->in_frame = true;
	t->partial->at = 0;
	if (f->mask == 0 && !t->in->from_server)
		return break_rule(t, "a frame from a client must be masked");
	if (f->mask != 0 && t->in->from_server)
		return break_rule(t, "a frame from a server must not be masked");
	if ((f->rsv & (WSLAY_RSV2_BIT | WSLAY_RSV3_BIT)) != 0)
		return break_rule(t, "a reserved bit is set");
	return is_control(f) ? begin_control(t, f) : begin_data(t, f);
}

/* --- its payload ---------------------------------------------------------------------------- */

static unsigned
take_payload(struct taking *t, const struct wslay_frame_iocb *f)
{
	struct websocket_partial *p = t->partial;

	p->at += f->data_length;
	if (is_control(f)) {
		ASSERT(f->data_length <= sizeof p->control - p->control_length);
		memcpy(p->control + p->control_length, f->data, f->data_length);
		p->control_length += f->data_length;
		return 0;
	}
	buf_put(&p->message, f->data, f->data_length);
	if (p->opcode == WEBSOCKET_TEXT && !p->deflated &&
	    !websocket_utf8_take(&p->text, f->data, f->data_length))
		return fail(t, WEBSOCKET_INVALID_DATA, "the text is not UTF-8");
	return 0;
}

/* --- its end -------------------------------------------------------------------------------- */

static unsigned
end_close(struct taking *t)
{
	const struct websocket_partial *p = t->partial;
	struct websocket_message message = { .opcode = WEBSOCKET_CLOSE, .bytes = p->control };
	struct websocket_utf8 text = WEBSOCKET_UTF8_NULL;

	message.code = WEBSOCKET_NO_CODE;
	if (p->control_length == 1)
		return break_rule(t, "half a close code");
	if (p->control_length > 0) {
		message.code = p->control[0] * 256u + p->control[1];
		message.bytes += CODE_SIZE;
		message.length = p->control_length - CODE_SIZE;
		if (!websocket_code_is_valid(message.code))
			return break_rule(t, "a close code that must not be sent");
	}
	if (!websocket_utf8_take(&text, message.bytes, message.length) ||
	    !websocket_utf8_is_whole(&text))
		return fail(t, WEBSOCKET_INVALID_DATA, "the reason of the close is not UTF-8");
	t->in->ended = true;
	deliver(t, &message);
	return 0;
}

static unsigned
end_control(struct taking *t, enum websocket_opcode opcode)
{
	const struct websocket_partial *p = t->partial;

	if (opcode == WEBSOCKET_CLOSE)
		return end_close(t);
	deliver(t, &(struct websocket_message){
			   .opcode = opcode, .bytes = p->control, .length = p->control_length });
	return 0;
}

static unsigned
inflate_message(struct taking *t, struct buf *to)
{
	struct websocket_partial *p = t->partial;

	switch (websocket_inflate(t->reader->scratch, &p->message, t->reader->limits.message, to)) {
	case WEBSOCKET_INFLATED:
		break;
	case WEBSOCKET_INFLATE_TOO_BIG:
		return fail(t, WEBSOCKET_TOO_BIG, "the message is too big, inflated");
	case WEBSOCKET_INFLATE_BAD:
		return fail(t, WEBSOCKET_INVALID_DATA, "the message is not DEFLATE");
	}
	if (p->opcode == WEBSOCKET_TEXT && !websocket_utf8_take(&p->text, to->data, to->length))
		return fail(t, WEBSOCKET_INVALID_DATA, "the text is not UTF-8");
	return 0;
}

static unsigned
end_message(struct taking *t)
{
	CLEANUP(buf_deinit) struct buf inflated = BUF_NULL;
	struct websocket_partial *p = t->partial;
	const struct buf *whole = &p->message;
	unsigned code;

	if (p->deflated) {
		code = inflate_message(t, &inflated);
		if (code != 0)
			return code;
		whole = &inflated;
	}
	if (!websocket_utf8_is_whole(&p->text))
		return fail(t, WEBSOCKET_INVALID_DATA, "the text ends within a character");
	p->fragments = 0;
	deliver(t, &(struct websocket_message){
			   .opcode = p->opcode,
			   .bytes = whole->data != NULL ? whole->data : (const unsigned char *)"",
			   .length = whole->length });
	return 0;
}

/* wslay takes lengths in their shortest form only, so the head's size follows from them. */
static uint64_t
frame_size(const struct wslay_frame_iocb *f)
{
	uint64_t wide = f->payload_length <= WEBSOCKET_CONTROL_LIMIT ? 0
			: f->payload_length <= UINT16_MAX	     ? 2
								     : 8;

	return 2 + wide + (f->mask != 0 ? 4 : 0) + f->payload_length;
}

static unsigned
end_frame(struct taking *t, const struct wslay_frame_iocb *f)
{
	t->partial->in_frame = false;
	t->partial->used += frame_size(f);
	if (is_control(f))
		return end_control(t, (enum websocket_opcode)f->opcode);
	return f->fin ? end_message(t) : 0;
}

/* --- a call --------------------------------------------------------------------------------- */

static unsigned
take_chunk(struct taking *t, const struct wslay_frame_iocb *f)
{
	unsigned code = t->partial->in_frame ? 0 : begin_frame(t, f);

	if (code == 0)
		code = take_payload(t, f);
	if (code == 0 && t->partial->at == f->payload_length)
		code = end_frame(t, f);
	return code;
}

static unsigned
take_all(struct taking *t)
{
	unsigned code = 0;

	while (code == 0 && !t->in->ended) {
		struct wslay_frame_iocb f = { 0 };
		ssize_t result = wslay_frame_recv(t->partial->frames, &f);

		if (result == WSLAY_ERR_WANT_READ)
			break;
		if (result == WSLAY_ERR_PROTO)
			return break_rule(t, "a control frame is in fragments or over 125 bytes, "
					     "or a length is not in its shortest form");
		ASSERT(result >= 0);
		code = take_chunk(t, &f);
	}
	return code;
}

unsigned
websocket_take(struct websocket_in *in, const struct websocket_reader *reader, const void *bytes,
	       size_t length)
{
	struct taking t = { .in = in, .reader = reader };
	unsigned code;

	ASSERT(reader->limits.fragments > 0);
	if (in->ended || length == 0)
		return 0;
	t.partial =
		in->partial != NULL ? TAKE(in->partial) : websocket_partial_borrow(reader->scratch);
	t.partial->bytes = bytes;
	t.partial->left = length;
	code = take_all(&t);
	if (in->ended || websocket_partial_is_idle(t.partial))
		websocket_partial_return(reader->scratch, t.partial);
	else
		in->partial = t.partial;
	return code;
}

size_t
websocket_in_held(const struct websocket_in *in)
{
	if (in->partial == NULL)
		return 0;
	return sizeof *in->partial + FRAMES_SIZE + in->partial->message.capacity;
}

void
websocket_in_deinit(struct websocket_in *in)
{
	websocket_partial_free(in->partial);
	in->partial = NULL;
}
