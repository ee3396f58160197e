/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to a supervisor: see the header. It outlives its owner until libuv has let go. */

#include "process/wire.h"

#define READ_AT_ONCE 16384

struct wire {
	uv_pipe_t pipe;
	struct wire_hears hears;
	bool is_over; /* freed or lost: nobody listens */
	struct buf in;
};

struct sending {
	uv_write_t write;
	struct buf bytes;
};

static void
on_closed(uv_handle_t *handle)
{
	struct wire *wire = CONTAINER_OF((uv_pipe_t *)handle, struct wire, pipe);

	buf_deinit(&wire->in);
	mem_free(wire);
}

void
wire_free(struct wire *wire)
{
	if (wire == NULL)
		return;
	wire->is_over = true;
	uv_close((uv_handle_t *)&wire->pipe, on_closed);
}

static void
on_written(uv_write_t *write, int status)
{
	struct sending *sending = CONTAINER_OF(write, struct sending, write);

	(void)status; /* a broken connection is seen by reading */
	buf_deinit(&sending->bytes);
	mem_free(sending);
}

void
wire_send(struct wire *wire, const struct message *message)
{
	struct sending *sending = mem_new(sizeof *sending);
	uv_buf_t part;

	message_put(message, &sending->bytes);
	part = uv_buf_init((char *)sending->bytes.data, (unsigned)sending->bytes.length);
	if (uv_write(&sending->write, (uv_stream_t *)&wire->pipe, &part, 1, on_written) < 0)
		on_written(&sending->write, 0);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	struct wire *wire = CONTAINER_OF((uv_pipe_t *)handle, struct wire, pipe);

	(void)suggested;
	buf_reserve(&wire->in, READ_AT_ONCE);
	*ret_buffer = uv_buf_init((char *)wire->in.data + wire->in.length, READ_AT_ONCE);
}

/* Hand out the messages that came whole; false when what came is none. */
static bool
hear_messages(struct wire *wire)
{
	enum message_found found = MESSAGE_FOUND;
	size_t at = 0, used;

	while (!wire->is_over && at < wire->in.length) {
		CLEANUP(message_deinit) struct message message = { 0 };

		found = message_take(wire->in.data + at, wire->in.length - at, &message, &used);
		if (found != MESSAGE_FOUND)
			break;
		at += used;
		wire->hears.message(wire->hears.argument, &message);
	}
	buf_drop(&wire->in, at);
	return found != MESSAGE_WRONG;
}

static void
on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct wire *wire = CONTAINER_OF((uv_pipe_t *)stream, struct wire, pipe);

	(void)buffer;
	if (wire->is_over)
		return;
	if (got > 0)
		wire->in.length += (size_t)got;
	if (!hear_messages(wire) || got < 0) {
		(void)uv_read_stop(stream);
		if (!wire->is_over) {
			wire->is_over = true;
			wire->hears.lost(wire->hears.argument);
		}
	}
}

struct wire *
wire_new(uv_loop_t *loop, int fd, const struct wire_hears *hears)
{
	struct wire *wire = mem_new(sizeof *wire);

	wire->hears = *hears;
	ASSERT(uv_pipe_init(loop, &wire->pipe, 0) == 0);
	ASSERT(uv_pipe_open(&wire->pipe, fd) == 0);
	ASSERT(uv_read_start((uv_stream_t *)&wire->pipe, on_alloc, on_read) == 0);
	return wire;
}
