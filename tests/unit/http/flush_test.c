/* SPDX-License-Identifier: Apache-2.0 */
/* A slice of a broadcast: everybody gets all of it, once and in order, by every way there is to send. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* the four above first: cmocka.h needs them */
#include <cmocka.h>

#include "http/flush.h"
#include "server_fixture.h"

#define STREAMS 40
#define PIECES	60
#define PIECE	16384 /* all of them: more than a stream's buffers take */

/* Broadcasts PIECES to all of STREAMS, each piece to those that have taken the one before. */
struct crowd {
	struct server_fixture f; /* the handler is given it */
	struct flush *flush;
	uv_idle_t slicer;
	bool io_uring, has_io_uring;
	struct member {
		struct crowd *crowd;
		struct http_stream *stream; /* NULL: gone */
		unsigned told;
		bool waits;
	} members[STREAMS];
	unsigned count;
	_Atomic unsigned gone;
	unsigned waits;
};

static char pieces[PIECES][PIECE];

static void
on_drained(void *argument)
{
	struct member *m = argument;

	m->waits = false;
}

static void
on_closed(void *argument)
{
	struct member *m = argument;

	m->stream = NULL;
	m->crowd->gone++;
}

static const struct http_stream_events events = { .on_drained = on_drained,
						  .on_closed = on_closed };

/* Those that are to be told something now; false: nobody is, any more. */
static bool
gather(struct crowd *crowd, struct http_send *sends, struct member **of, size_t *ret_count)
{
	bool unfinished = false;

	*ret_count = 0;
	for (unsigned i = 0; i < STREAMS; i++) {
		struct member *m = &crowd->members[i];

		if (m->stream == NULL)
			continue;
		unfinished = unfinished || m->waits || m->told < PIECES;
		if (m->waits || m->told == PIECES)
			continue;
		of[*ret_count] = m;
		sends[(*ret_count)++] = (struct http_send){ .stream = m->stream,
							    .bytes = pieces[m->told++],
							    .length = PIECE };
	}
	return unfinished;
}

static void
on_slice(uv_idle_t *slicer)
{
	struct crowd *crowd = slicer->data;
	struct http_send sends[STREAMS];
	struct member *of[STREAMS];
	size_t count;

	if (!gather(crowd, sends, of, &count)) {
		flush_free(crowd->flush);
		uv_close((uv_handle_t *)slicer, NULL);
		return;
	}
	flush_send(crowd->flush, sends, count);
	for (size_t i = 0; i < count; i++) {
		of[i]->waits = !sends[i].ret_gone;
		crowd->waits += of[i]->waits;
	}
}

/* The broadcast begins when all are there. */
static void
on_request(void *argument, struct http_exchange *exchange, const struct http_request *request)
{
	struct server_fixture *f = argument;
	struct crowd *crowd = CONTAINER_OF(f, struct crowd, f);
	struct member *m = &crowd->members[crowd->count++];
	struct http_response head = { .status = 200 };

	(void)request;
	m->crowd = crowd;
	m->stream = http_answer_stream(exchange, &head, &events, m);
	ASSERT(m->stream != NULL);
	if (crowd->count < STREAMS)
		return;
	crowd->flush = flush_new(crowd->io_uring);
	crowd->has_io_uring = flush_has_io_uring(crowd->flush);
	ASSERT(uv_idle_init(&f->loop, &crowd->slicer) == 0);
	crowd->slicer.data = crowd;
	ASSERT(uv_idle_start(&crowd->slicer, on_slice) == 0);
}

static void
make_pieces(void)
{
	for (unsigned i = 0; i < PIECES; i++) {
		memset(pieces[i], 'a' + (int)(i % 26), PIECE);
		pieces[i][PIECE - 1] = '\n';
	}
}

/* Past the head, all the pieces in order; -1 from `fd` before that is a failure. */
static void
expect_all(int fd)
{
	static char got[PIECES * PIECE];
	size_t length = 0;
	char head[4] = "";

	while (memcmp(head, "\r\n\r\n", 4) != 0) {
		memmove(head, head + 1, 3);
		assert_int_equal(recv(fd, head + 3, 1, 0), 1);
	}
	while (length < sizeof got) {
		ssize_t n = recv(fd, got + length, sizeof got - length, 0);

		assert_true(n > 0);
		length += (size_t)n;
	}
	assert_memory_equal(got, pieces, sizeof got);
}

static void
broadcast(bool io_uring)
{
	static struct crowd crowd;
	struct server_fixture *f = &crowd.f;
	struct timeval patience = { .tv_sec = 20 };
	int fd[STREAMS];

	crowd = (struct crowd){ .io_uring = io_uring };
	f->settings = HTTP_SETTINGS_DEFAULT;
	f->settings.stream_buffer = 8192;
	f->handle = on_request;
	make_pieces();
	fixture_start(f, NULL, NULL);
	for (unsigned i = 0; i < STREAMS; i++) {
		fd[i] = client_connect(f->port);
		(void)setsockopt(fd[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		client_send(fd[i], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	}
	/* Every fifth leaves in the middle of it. The others take it one after the other. */
	for (unsigned i = 4; i < STREAMS; i += 5) {
		assert_int_equal(recv(fd[i], (char[4096]){ 0 }, 4096, 0) > 0, 1);
		(void)close(fd[i]);
	}
	for (unsigned i = 0; i < STREAMS; i++) {
		if (i % 5 == 4)
			continue;
		expect_all(fd[i]);
		(void)close(fd[i]);
	}
	for (unsigned i = 0; i < 2000 && crowd.gone < STREAMS; i++)
		usleep(10000);
	fixture_stop(f);
	assert_int_equal(crowd.gone, STREAMS);
	assert_true(crowd.waits > 0);
	assert_true(io_uring || !crowd.has_io_uring);
	if (io_uring && !crowd.has_io_uring)
		print_message("[  NOTE    ] the kernel refuses io_uring: not tried\n");
}

static void
a_slice_reaches_everybody_whole_by_single_sends(void **unused)
{
	(void)unused;
	broadcast(false);
}

static void
a_slice_reaches_everybody_whole_by_io_uring(void **unused)
{
	(void)unused;
	broadcast(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slice_reaches_everybody_whole_by_single_sends),
		cmocka_unit_test(a_slice_reaches_everybody_whole_by_io_uring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
