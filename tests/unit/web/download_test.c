/* SPDX-License-Identifier: Apache-2.0 */
/* Archives downloaded: whole, slowly, given up, and from stores that fail. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web_fixture.h"

/* ---- a store: "WHOLE-FAILS", bytes in all and from which on it fails ---- */

struct fetching {
	struct object_source source;
	struct letter letter;
	struct object_reader *reader;
	web_fetched *ended;
	void *argument;
	uint64_t at, whole, fails;
	bool failed;
};

static _Atomic uint64_t produced;
static _Atomic unsigned under_way;

static ptrdiff_t
on_read(struct object_source *source, void *bytes, size_t size)
{
	struct fetching *f = CONTAINER_OF(source, struct fetching, source);

	if (f->at >= f->fails) {
		(void)text_put(source->why, sizeof source->why, "the disk is gone");
		return -EIO;
	}
	if (size > f->whole - f->at)
		size = (size_t)(f->whole - f->at);
	for (size_t i = 0; i < size; i++)
		((unsigned char *)bytes)[i] = (unsigned char)((f->at + i) / 251);
	f->at += size;
	atomic_fetch_add(&produced, size);
	return (ptrdiff_t)size;
}

static void
open_ended(void *reader, struct letter *letter)
{
	struct fetching *f = CONTAINER_OF(letter, struct fetching, letter);

	(void)reader;
	f->ended(f->argument, f->failed ? f->reader->why : NULL);
	atomic_fetch_sub(&under_way, 1);
	mem_free(f);
}

static void *
fetching_run(void *argument)
{
	struct fetching *f = argument;

	f->failed = f->reader->take(f->reader, &f->source) < 0;
	mailbox_post(t.mailbox, &f->letter, open_ended);
	return NULL;
}

static bool
fetch(void *argument, const char *store, const char *name, struct object_reader *reader,
      web_fetched *ended, void *ended_argument)
{
	struct fetching *f;
	pthread_t thread;

	(void)argument;
	if (strcmp(store, "attic") != 0)
		return false;
	f = mem_new(sizeof *f);
	f->source.read = on_read;
	f->reader = reader;
	f->ended = ended;
	f->argument = ended_argument;
	ASSERT(sscanf(name, "%lu-%lu", &f->whole, &f->fails) == 2);
	atomic_fetch_add(&under_way, 1);
	ASSERT(pthread_create(&thread, NULL, fetching_run, f) == 0);
	ASSERT(pthread_detach(thread) == 0);
	return true;
}

static int
set_up(void **unused)
{
	struct web_options o = options();

	(void)unused;
	o.fetch = fetch;
	atomic_store(&produced, 0);
	start(&o);
	return 0;
}

static void
wait_for_no_fetching(void)
{
	for (unsigned i = 0; i < 500 && atomic_load(&under_way) > 0; i++)
		usleep(10000);
	assert_int_equal(atomic_load(&under_way), 0);
}

static int
tear_down(void **unused)
{
	(void)unused;
	stop();
	wait_for_no_fetching();
	return 0;
}

/* ---- a client ---- */

static int
begin(const char *what)
{
	CLEANUP(text_freep) char *request = text_format("GET /v1/download?%s" H "\r\n", what);
	int fd = client_connect(t.port);

	client_send(fd, request);
	return fd;
}

/* The head, as text; what is behind it stays. */
static const char *
read_head(int fd)
{
	static char head[4096];
	size_t length = 0;

	while (length < sizeof head - 1 && recv(fd, head + length, 1, 0) == 1) {
		head[++length] = '\0';
		if (text_ends_with(head, "\r\n\r\n"))
			break;
	}
	return head;
}

/* How many bytes came that are right, to the end. */
static uint64_t
read_rest(int fd)
{
	static unsigned char chunk[65536];
	uint64_t at = 0;
	ssize_t got;

	while ((got = recv(fd, chunk, sizeof chunk, 0)) > 0)
		for (ssize_t i = 0; i < got; i++, at++)
			assert_int_equal(chunk[i], (unsigned char)(at / 251));
	(void)close(fd);
	return at;
}

static void
an_archive_is_downloaded_whole(void **unused)
{
	static const uint64_t sizes[] = { 1, DOWNLOAD_CHUNK, DOWNLOAD_CHUNK + 1, 9000000 };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(sizes); i++) {
		CLEANUP(text_freep)
		char *what = text_format("%lu-%lu", sizes[i], UINT64_MAX);
		CLEANUP(text_freep) char *length = text_format("Content-Length: %lu\r\n", sizes[i]);
		int fd = begin(what);
		const char *head = read_head(fd);

		assert_true(text_starts_with(head, "HTTP/1.1 200 "));
		assert_non_null(strstr(head, length));
		assert_non_null(strstr(head, "attachment; filename=\"world.tar.zst\""));
		assert_int_equal(read_rest(fd), sizes[i]);
	}
}

static void
a_slow_client_makes_the_store_wait(void **unused)
{
	int fd = begin("100000000-100000001"), small = 65536;
	uint64_t before = 1, after = 0;

	(void)unused;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (unsigned i = 0; i < 100 && (before != after || after == 0); i++) {
		before = after;
		usleep(100000);
		after = atomic_load(&produced);
	}
	assert_true(after < 20000000); /* what the kernel holds for the two of them, and ours */
	(void)read_head(fd);
	assert_int_equal(read_rest(fd), 100000000);
}

static void
a_client_that_goes_away_ends_it(void **unused)
{
	int fd = begin("100000000000-100000000001");

	(void)unused;
	(void)read_head(fd);
	(void)close(fd);
	wait_for_no_fetching();
	assert_true(atomic_load(&produced) < 100000000000);
}

static void
a_store_that_fails_is_told_or_cuts_it_short(void **unused)
{
	int fd;

	(void)unused;
	assert_non_null(strstr(ask("GET /v1/download?1000-0" H "\r\n"), "the disk is gone"));
	fd = begin("3000000-1000000");
	(void)read_head(fd);
	assert_true(read_rest(fd) < 3000000);
	wait_for_no_fetching();
}

static void
a_store_that_is_not_there_is_told(void **unused)
{
	const char *answer = ask("GET /v1/download/elsewhere?1000-1001" H "\r\n");

	(void)unused;
	assert_true(text_starts_with(answer, "HTTP/1.1 502 "));
	assert_non_null(strstr(answer, "not in the configuration any more"));
}

static void
no_more_than_a_few_are_brought_at_once(void **unused)
{
	int fds[DOWNLOADS_LIMIT];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(fds); i++) {
		fds[i] = begin("100000000-100000001");
		(void)read_head(fds[i]);
	}
	assert_non_null(strstr(ask("GET /v1/download?1-2" H "\r\n"), "503 "));
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		(void)close(fds[i]);
	wait_for_no_fetching();
	assert_non_null(strstr(ask("GET /v1/download?1-2" H "\r\n"), "200 OK"));
}

static void
the_head_alone_brings_nothing(void **unused)
{
	(void)unused;
	assert_non_null(strstr(ask("HEAD /v1/download?1000-1001" H "\r\n"), "200 OK"));
	assert_int_equal(atomic_load(&produced), 0);
}

static void
stopping_ends_what_is_under_way(void **unused)
{
	int fd = begin("100000000000-100000000001");

	(void)unused;
	(void)read_head(fd);
	stop();
	wait_for_no_fetching();
	(void)close(fd);
	(void)set_up(unused);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_archive_is_downloaded_whole),
		TEST(a_slow_client_makes_the_store_wait),
		TEST(a_client_that_goes_away_ends_it),
		TEST(a_store_that_fails_is_told_or_cuts_it_short),
		TEST(a_store_that_is_not_there_is_told),
		TEST(no_more_than_a_few_are_brought_at_once),
		TEST(the_head_alone_brings_nothing),
		TEST(stopping_ends_what_is_under_way),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	ASSERT(pthread_mutex_init(&t.lock, NULL) == 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
