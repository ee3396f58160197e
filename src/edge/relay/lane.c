/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The copy engine. What is hard: with edge-triggered events every way out of the
 * loop must leave either an event to come (the source said "no more", the
 * destination said "full") or the caller told to come back; else a connection
 * sleeps for ever. A read shorter than asked for has emptied the source, unless
 * its end is already known to be behind it.
 */

#include "relay/lane.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#define TURN_SHARE    16	/* reads before others have their turn: 1 MiB copied */
#define LARGE_READ    32768	/* this much in one read ... */
#define LARGE_READS   4		/* ... so often in a row is bulk */
#define SMALL_RUN     16384	/* less than this until the source was empty ... */
#define SMALL_RUNS    4		/* ... so often in a row is not bulk any more */
#define SPLICE_LENGTH (1 << 20) /* the pipe's own size is the true bound */

void
lane_tools_init(struct lane_tools *tools)
{
	*tools = (struct lane_tools){ .buffer = mem_new(RELAY_BUFFER_SIZE) };
	slab_init(&tools->rests, sizeof(struct rest), RELAY_RESTS_LIMIT);
}

void
lane_tools_deinit(struct lane_tools *tools)
{
	mem_free(tools->buffer);
	slab_deinit(&tools->rests);
	pipes_deinit(&tools->pipes);
}

void
lane_drop(struct lane *lane, struct lane_tools *tools)
{
	if (lane->rest != NULL)
		slab_give_cold(&tools->rests, lane->rest);
	if (lane->pipe != NULL)
		pipes_give(&tools->pipes, lane->pipe);
	lane->rest = NULL;
	lane->pipe = NULL;
}

/* The destination is gone; nothing is left to do. */
static void
finish(struct lane *lane, struct lane_tools *tools)
{
	lane_drop(lane, tools);
	lane->is_finished = true;
}

static bool
is_for_later(int error)
{
	return error == EAGAIN || error == EINTR;
}

/* Write what the lane holds. False: the destination is full or gone. */
static bool
flush(struct lane *lane, int to, struct lane_tools *tools, uint64_t *carried)
{
	struct rest *rest = lane->rest;
	struct pipe_pair *pipe = lane->pipe;

	while (rest != NULL && rest->from < rest->to) {
		ssize_t n = send(to, rest->bytes + rest->from, rest->to - rest->from, MSG_NOSIGNAL);

		if (n < 0) {
			if (!is_for_later(errno))
				finish(lane, tools);
			return false;
		}
		rest->from += (uint32_t)n;
		*carried += (uint64_t)n;
	}
	while (pipe != NULL && pipe->bytes > 0) {
		ssize_t n = splice(pipe->out, NULL, to, NULL, pipe->bytes,
				   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (n <= 0) {
			if (n == 0 || !is_for_later(errno))
				finish(lane, tools);
			return false;
		}
		pipe->bytes -= (size_t)n;
		*carried += (uint64_t)n;
	}
	lane_drop(lane, tools);
	return true;
}

/* What a failed or empty read means. */
static void
note_no_bytes(struct lane *lane, ssize_t n)
{
	if (n < 0 && errno == EINTR)
		return;
	lane->is_readable = false;
	if (n < 0 && errno == EAGAIN)
		return;
	lane->has_ended = true;
	lane->is_reset = n < 0;
}

static void
keep_rest(struct lane *lane, struct lane_tools *tools, const unsigned char *bytes, size_t length)
{
	struct rest *rest = slab_take(&tools->rests);

	ASSERT(rest != NULL && length <= sizeof rest->bytes);
	rest->from = 0;
	rest->to = (uint32_t)length;
	memcpy(rest->bytes, bytes, length);
	lane->rest = rest;
}

/* One read and one write through the thread's buffer. */
static void
copy_once(struct lane *lane, int from, int to, struct lane_tools *tools, uint64_t *carried)
{
	ssize_t n = recv(from, tools->buffer, RELAY_BUFFER_SIZE, 0), sent;

	if (n <= 0) {
		note_no_bytes(lane, n);
		return;
	}
	if (n < RELAY_BUFFER_SIZE && !lane->is_hung_up)
		lane->is_readable = false;
	lane->large_reads = n >= LARGE_READ ? (uint8_t)(lane->large_reads + 1) : 0;
	if (lane->large_reads >= LARGE_READS) {
		lane->is_bulk = true;
		lane->large_reads = 0;
		lane->small_runs = 0;
	}
	sent = send(to, tools->buffer, (size_t)n, MSG_NOSIGNAL);
	if (sent < 0) {
		if (!is_for_later(errno)) {
			finish(lane, tools);
			return;
		}
		sent = 0;
	}
	*carried += (uint64_t)sent;
	if (sent < n)
		keep_rest(lane, tools, tools->buffer + sent, (size_t)(n - sent));
}

/* One pipe-full. What does not go out at once stays in the pipe. */
static size_t
splice_once(struct lane *lane, int from, struct lane_tools *tools)
{
	struct pipe_pair *pipe = pipes_take(&tools->pipes);
	ssize_t n;

	if (pipe == NULL) {
		lane->is_bulk = false;
		return 0;
	}
	n = splice(from, NULL, pipe->in, NULL, SPLICE_LENGTH, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n <= 0) {
		pipes_give(&tools->pipes, pipe);
		if (n < 0 && errno == EINVAL)
			lane->is_bulk = false;
		else
			note_no_bytes(lane, n);
		return 0;
	}
	pipe->bytes = (size_t)n;
	lane->pipe = pipe;
	return (size_t)n;
}

static void
note_run(struct lane *lane, size_t moved)
{
	if (!lane->is_bulk || lane->is_readable)
		return;
	lane->small_runs = moved < SMALL_RUN ? (uint8_t)(lane->small_runs + 1) : 0;
	if (lane->small_runs >= SMALL_RUNS)
		lane->is_bulk = false;
}

enum lane_now
lane_run(struct lane *lane, int from, int to, struct lane_tools *tools, uint64_t *carried)
{
	size_t moved = 0;

	for (unsigned share = TURN_SHARE; !lane->is_finished; share--) {
		if (lane_is_blocked(lane) && !flush(lane, to, tools, carried))
			break;
		if (lane->has_ended) {
			(void)shutdown(to, SHUT_WR); /* fails only when it is gone */
			finish(lane, tools);
			break;
		}
		if (!lane->is_readable)
			break;
		if (share == 0)
			return LANE_IS_HUNGRY;
		if (lane->is_bulk) {
			moved += splice_once(lane, from, tools);
			continue;
		}
		if (slab_is_exhausted(&tools->rests))
			return LANE_IS_STARVED;
		copy_once(lane, from, to, tools, carried);
	}
	note_run(lane, moved);
	return lane->is_finished ? LANE_IS_FINISHED : LANE_WAITS;
}

bool
lane_say(struct lane *lane, int to, struct lane_tools *tools, const void *bytes, size_t length)
{
	ssize_t sent = 0;

	ASSERT(lane->pipe == NULL);
	if (lane->rest != NULL) {
		struct rest *rest = lane->rest;

		if (length > sizeof rest->bytes - rest->to)
			return false;
		memcpy(rest->bytes + rest->to, bytes, length);
		rest->to += (uint32_t)length;
		return true;
	}
	sent = send(to, bytes, length, MSG_NOSIGNAL);
	if (sent < 0 && !is_for_later(errno))
		return false;
	if (sent < 0)
		sent = 0;
	if ((size_t)sent < length) {
		if (length - (size_t)sent > RELAY_BUFFER_SIZE || slab_is_exhausted(&tools->rests))
			return false;
		keep_rest(lane, tools, (const unsigned char *)bytes + sent, length - (size_t)sent);
	}
	return true;
}
