/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared working memory of a thread. zlib's streams are made at first use and
 * reset for every message: that is what "no context takeover" buys us, and it makes
 * one deflated form right for every reader of a broadcast.
 */

#include "wire/websocket/scratch.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "wire/websocket/partial.h"

#define WINDOW_BITS	   15	 /* of both; without a zlib header when negative */
#define WINDOW_SIZE	   32768 /* 1 << WINDOW_BITS */
#define MEMORY_LEVEL	   8	 /* zlib's default: 128 KiB for hashes and pending output */
#define FLUSH_SIZE	   16	 /* what a sync flush may add to deflateBound() */
#define INFLATE_STEP	   16384 /* room made at a time */
#define FINAL_BLOCKS_LIMIT 16	 /* of a message; a compressor ends once, and each costs a window */
#define KEPT_MESSAGE_SIZE  65536 /* a buffer larger than this is not kept for the next message */

/* A sync flush ends in these; on the wire they are left out (RFC 7692 §7.2.1). */
static const unsigned char flush_tail[4] = { 0x00, 0x00, 0xff, 0xff };

struct websocket_scratch {
	z_stream deflater, inflater;
	bool has_deflater, has_inflater;
	struct websocket_partial *idle; /* NULL: lent, or never needed */
};

struct websocket_scratch *
websocket_scratch_new(void)
{
	return mem_new(sizeof(struct websocket_scratch));
}

void
websocket_scratch_free(struct websocket_scratch *s)
{
	if (s == NULL)
		return;
	if (s->has_deflater)
		(void)deflateEnd(&s->deflater);
	if (s->has_inflater)
		(void)inflateEnd(&s->inflater);
	websocket_partial_free(s->idle);
	mem_free(s);
}

/* --- what is lent --------------------------------------------------------------------------- */

static ssize_t
on_fetch(uint8_t *to, size_t room, int flags, void *argument)
{
	struct websocket_partial *p = argument;
	size_t n = p->left < room ? p->left : room;

	if (n == 0)
		return -1; /* wslay: nothing more for now */
	memcpy(to, p->bytes, n);
	p->bytes += n;
	p->left -= n;
	p->fetched += n;
	return (ssize_t)n;
}

static struct websocket_partial *
partial_new(void)
{
	static const struct wslay_frame_callbacks callbacks = { .recv_callback = on_fetch };
	struct websocket_partial *p = mem_new(sizeof *p);
	int result = wslay_frame_context_init(&p->frames, &callbacks, p);

	ASSERT(result == 0); /* it fails for want of memory only */
	return p;
}

void
websocket_partial_free(struct websocket_partial *p)
{
	if (p == NULL)
		return;
	wslay_frame_context_free(p->frames);
	buf_deinit(&p->message);
	mem_free(p);
}

bool
websocket_partial_is_idle(const struct websocket_partial *p)
{
	return p->fetched == p->used && p->fragments == 0;
}

struct websocket_partial *
websocket_partial_borrow(struct websocket_scratch *s)
{
	return s->idle != NULL ? TAKE(s->idle) : partial_new();
}

void
websocket_partial_return(struct websocket_scratch *s, struct websocket_partial *p)
{
	if (s->idle != NULL || !websocket_partial_is_idle(p)) {
		websocket_partial_free(p);
		return;
	}
	if (p->message.capacity > KEPT_MESSAGE_SIZE)
		buf_deinit(&p->message);
	p->bytes = NULL;
	p->left = 0;
	s->idle = p;
}

/* --- deflate -------------------------------------------------------------------------------- */

static z_stream *
deflater(struct websocket_scratch *s)
{
	int result;

	if (s->has_deflater)
		result = deflateReset(&s->deflater);
	else
		result = deflateInit2(&s->deflater, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -WINDOW_BITS,
				      MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
	ASSERT(result == Z_OK);
	s->has_deflater = true;
	return &s->deflater;
}

bool
websocket_deflate(struct websocket_scratch *s, const void *bytes, size_t length, struct buf *to)
{
	z_stream *z = deflater(s);
	size_t room = deflateBound(z, length) + FLUSH_SIZE, made;
	int result;

	ASSERT(length <= UINT32_MAX / 2);
	buf_reserve(to, room);
	z->next_in = (unsigned char *)(uintptr_t)bytes;
	z->avail_in = (uInt)length;
	z->next_out = to->data + to->length;
	z->avail_out = (uInt)room;
	result = deflate(z, Z_SYNC_FLUSH);
	ASSERT(result == Z_OK && z->avail_in == 0 && z->avail_out > 0);
	made = room - z->avail_out;
	ASSERT(made > sizeof flush_tail);
	made -= sizeof flush_tail;
	ASSERT(memcmp(to->data + to->length + made, flush_tail, sizeof flush_tail) == 0);
	if (made >= length)
		return false;
	to->length += made;
	return true;
}

/* --- inflate -------------------------------------------------------------------------------- */

struct inflation {
	z_stream *z;
	struct buf *to;
	size_t from, limit; /* the message starts there in `to`, and may be so long */
	unsigned ends;	    /* final blocks seen */
	bool ended;	    /* the last thing seen was the end of a final block */
};

static z_stream *
inflater(struct websocket_scratch *s)
{
	int result;

	if (s->has_inflater)
		result = inflateReset(&s->inflater);
	else
		result = inflateInit2(&s->inflater, -WINDOW_BITS);
	ASSERT(result == Z_OK);
	s->has_inflater = true;
	return &s->inflater;
}

/* A final block ends a stream of zlib's, but not our message, nor its window (RFC 7692 §7.2.1). */
static bool
go_on_behind_end(struct inflation *f)
{
	size_t made = f->to->length - f->from;
	size_t window = made < WINDOW_SIZE ? made : WINDOW_SIZE;
	int result = inflateReset(f->z);

	ASSERT(result == Z_OK);
	if (window > 0) {
		result = inflateSetDictionary(f->z, f->to->data + f->to->length - window,
					      (uInt)window);
		ASSERT(result == Z_OK);
	}
	return ++f->ends <= FINAL_BLOCKS_LIMIT;
}

static enum websocket_inflate_result
inflate_piece(struct inflation *f, const unsigned char *bytes, size_t length)
{
	int result = Z_OK;

	f->z->next_in = (unsigned char *)(uintptr_t)bytes;
	f->z->avail_in = (uInt)length;
	do {
		size_t left = f->limit + 1 - (f->to->length - f->from);
		size_t room = left < INFLATE_STEP ? left : INFLATE_STEP;

		buf_reserve(f->to, room);
		f->z->next_out = f->to->data + f->to->length;
		f->z->avail_out = (uInt)room;
		result = inflate(f->z, Z_SYNC_FLUSH);
		ASSERT(result != Z_MEM_ERROR && result != Z_STREAM_ERROR);
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return WEBSOCKET_INFLATE_BAD;
		f->to->length += room - f->z->avail_out;
		if (f->to->length - f->from > f->limit)
			return WEBSOCKET_INFLATE_TOO_BIG;
		f->ended = result == Z_STREAM_END;
		if (f->ended && !go_on_behind_end(f))
			return WEBSOCKET_INFLATE_BAD;
	} while (f->z->avail_in > 0 || (f->z->avail_out == 0 && !f->ended));
	return WEBSOCKET_INFLATED;
}

/* Behind the end of a block, and not within the next (zlib.h on data_type). */
static bool
is_between_blocks(const z_stream *z)
{
	return (z->data_type & 128) != 0;
}

static enum websocket_inflate_result
inflate_message(struct inflation *f, const struct buf *payload)
{
	enum websocket_inflate_result result = inflate_piece(f, payload->data, payload->length);

	/* Behind a final block without the byte that §7.2.3.4 wants there is no flush to end. */
	if (result != WEBSOCKET_INFLATED || f->ended)
		return result;
	result = inflate_piece(f, flush_tail, sizeof flush_tail);
	if (result != WEBSOCKET_INFLATED)
		return result;
	return f->ended || is_between_blocks(f->z) ? WEBSOCKET_INFLATED : WEBSOCKET_INFLATE_BAD;
}

enum websocket_inflate_result
websocket_inflate(struct websocket_scratch *s, const struct buf *payload, size_t limit,
		  struct buf *to)
{
	struct inflation f = { .z = inflater(s), .to = to, .from = to->length, .limit = limit };
	enum websocket_inflate_result result;

	ASSERT(payload->length <= UINT32_MAX / 2 && limit <= UINT32_MAX / 2);
	if (payload->length == 0) /* should be one zero byte, but means nothing else */
		return WEBSOCKET_INFLATED;
	result = inflate_message(&f, payload);
	if (result != WEBSOCKET_INFLATED)
		to->length = f.from;
	return result;
}
