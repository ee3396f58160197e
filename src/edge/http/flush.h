/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP_FLUSH_H
#define ROOST_HTTP_FLUSH_H

/*
 * One slice of a broadcast: bytes for many streams, given to the kernel together. With
 * io_uring that is one system call for the slice, else one for each stream; what is sent
 * and what is left pending is the same.
 *
 * The call returns when the kernel is done with the whole slice: nothing is under way
 * between two of them, so that neither the bytes nor the streams need a second owner.
 */

#include "http/server.h"

#define FLUSH_SENDS 128	/* in one call; more would hold up requests meanwhile */

struct flush;

struct http_send {
	struct http_stream *stream;	/* in one slice at most once */
	const void *bytes;
	size_t length;
	bool ret_gone;			/* as http_stream_send() tells: all are gone */
};

/* In the thread that will use it. `io_uring`: try it; where the kernel refuses, do without. */
struct flush *flush_new(bool io_uring) must_check;
void flush_free(struct flush *flush);
bool flush_has_io_uring(const struct flush *flush);

/* At most FLUSH_SENDS. Calls nobody back. */
void flush_send(struct flush *flush, struct http_send *sends, size_t count);

#endif
