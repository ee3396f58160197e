/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes io_uring simple here is that nothing is left to it: sends do not wait for
 * room (MSG_DONTWAIT), so all of a slice are done when they have been submitted, and what
 * a socket did not take goes the way that http_stream_send() has for it.
 */

#include "http/flush.h"

#include <errno.h>
#include <liburing.h>
#include <sys/socket.h>

#include "http/connection.h"

#define WORTH_IT 4 /* fewer are sent one by one: a ring costs more than it saves */

struct flush {
	struct io_uring ring;
	bool has_ring;
};

static bool
ring_open(struct io_uring *ring)
{
#if defined(IORING_SETUP_SINGLE_ISSUER) && defined(IORING_SETUP_DEFER_TASKRUN)
	/* Linux 6.1: ours is the only thread, and asks for what is done by itself. */
	if (io_uring_queue_init(FLUSH_SENDS, ring,
				IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) == 0)
		return true;
#endif
	return io_uring_queue_init(FLUSH_SENDS, ring, 0) == 0;
}

struct flush *
flush_new(bool io_uring)
{
	struct flush *flush = mem_new(sizeof *flush);

	flush->has_ring = io_uring && ring_open(&flush->ring);
	return flush;
}

void
flush_free(struct flush *flush)
{
	if (flush == NULL)
		return;
	if (flush->has_ring)
		io_uring_queue_exit(&flush->ring);
	mem_free(flush);
}

bool
flush_has_io_uring(const struct flush *flush)
{
	return flush->has_ring;
}

static struct connection *
connection_of(const struct http_send *send)
{
	return CONTAINER_OF(send->stream, struct connection, stream);
}

/* To the ring; false: it is to go the ordinary way. */
static bool
queue(struct flush *flush, struct http_send *send)
{
	struct connection *c = connection_of(send);
	struct io_uring_sqe *entry;
	uv_os_fd_t fd;

	if (c->state != CONNECTION_STREAMING || c->tls != NULL || output_is_pending(c) ||
	    uv_fileno(&c->io.handle, &fd) != 0)
		return false;
	entry = io_uring_get_sqe(&flush->ring);
	ASSERT(entry != NULL);
	io_uring_prep_send(entry, fd, send->bytes, send->length, MSG_DONTWAIT | MSG_NOSIGNAL);
	io_uring_sqe_set_data(entry, send);
	return true;
}

/* The kernel took `sent` bytes, or refused with -errno, which the rest meets again. */
static void
settle(struct http_send *send, int sent)
{
	struct connection *c = connection_of(send);
	size_t gone = sent > 0 ? (size_t)sent : 0;

	ASSERT(gone <= send->length);
	c->server->counters.bytes_sent += gone;
	send->ret_gone = gone == send->length;
	if (!send->ret_gone)
		send->ret_gone =
			output_put_rest(c, (const char *)send->bytes + gone, send->length - gone);
}

static size_t
take_done(struct flush *flush)
{
	struct io_uring_cqe *done;
	size_t count = 0;

	while (io_uring_peek_cqe(&flush->ring, &done) == 0) {
		settle(io_uring_cqe_get_data(done), done->res);
		io_uring_cqe_seen(&flush->ring, done);
		count++;
	}
	return count;
}

/*
 * The ring does not work any more, and what it has sent is not known. Streams that may
 * have been sent half a thing are ended; their readers come back and resume.
 */
static void
give_up(struct flush *flush, struct http_send *sends, size_t count, const bool *queued)
{
	io_uring_queue_exit(&flush->ring);
	flush->has_ring = false;
	for (size_t i = 0; i < count; i++)
		if (queued[i])
			connection_close(connection_of(&sends[i]));
}

static void
send_by_ring(struct flush *flush, struct http_send *sends, size_t count)
{
	bool queued[FLUSH_SENDS] = { false };
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		sends[i].ret_gone = false;
		queued[i] = queue(flush, &sends[i]);
		left += queued[i];
	}
	while (left > 0) {
		int error = io_uring_submit_and_wait(&flush->ring, 1);

		if (error < 0 && error != -EINTR && error != -EAGAIN && error != -EBUSY) {
			give_up(flush, sends, count, queued);
			break;
		}
		left -= take_done(flush);
	}
	for (size_t i = 0; i < count; i++)
		if (!queued[i])
			sends[i].ret_gone =
				http_stream_send(sends[i].stream, sends[i].bytes, sends[i].length);
}

void
flush_send(struct flush *flush, struct http_send *sends, size_t count)
{
	ASSERT(count <= FLUSH_SENDS);
	if (flush->has_ring && count >= WORTH_IT) {
		send_by_ring(flush, sends, count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		sends[i].ret_gone =
			http_stream_send(sends[i].stream, sends[i].bytes, sends[i].length);
}
