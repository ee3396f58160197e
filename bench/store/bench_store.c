/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the record costs: a commit with its fsync (median and p99), a page of
 * events from a record of 1,000,000, by subject and by type. Prints one line a
 * figure. usage: bench-store DIRECTORY [EVENTS]
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/store_sqlite.h"

#define COMMITS 1000
#define PAGES	200

struct bench {
	struct sqlite_store *store;
	struct mailbox *control;
	unsigned replies;
	bool failed;
	uint64_t last;
};

static double samples[COMMITS];

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
deliver(void *argument, const struct fact *fact)
{
	struct bench *b = argument;
	struct reply reply = fact->as.reply;

	b->failed = b->failed || reply.result != REPLY_DONE;
	if (reply.result != REPLY_DONE)
		fprintf(stderr, "bench-store: %s\n", reply.reason);
	reply_deinit(&reply);
	b->replies++;
}

static void
wait_reply(struct bench *b)
{
	unsigned before = b->replies;

	while (b->replies == before) {
		struct pollfd p = { .fd = mailbox_fd(b->control), .events = POLLIN };

		(void)poll(&p, 1, 10000);
		(void)mailbox_open_all(b->control, b);
	}
}

static void
commit(struct bench *b, unsigned events)
{
	struct store_port *port = sqlite_store_port(b->store);
	struct store_batch batch = { 0 };
	char subject[32];

	for (unsigned i = 0; i < events; i++) {
		uint64_t offset = ++b->last;

		(void)snprintf(subject, sizeof subject, "server%u", (unsigned)(offset % 100));
		batch_add_event(&batch, offset, (struct instant){ (int64_t)offset },
				offset % 10 == 0 ? "server.ready" : "server.phase_changed", subject,
				1,
				text_copy("{\"state\":\"waking\",\"phase\":\"starting\","
					  "\"run\":\"01M7XRNVXQES1959BR90HE8NK2\"}"));
	}
	batch_put(&batch, DOCUMENT_STATUS, subject, "{\"up\":true,\"state\":\"waking\"}");
	port->commit(port, (struct ticket){ 1 }, &batch);
	wait_reply(b);
	batch_deinit(&batch);
}

static void
read_page(struct bench *b, const struct store_query *query)
{
	struct store_port *port = sqlite_store_port(b->store);

	port->read(port, (struct ticket){ 1 }, query);
	wait_reply(b);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
print(const char *what, size_t count)
{
	qsort(samples, count, sizeof samples[0], compare);
	printf("%-44s median %8.3f ms   p99 %8.3f ms\n", what, samples[count / 2],
	       samples[count * 99 / 100]);
}

static void
bench_commits(struct bench *b)
{
	for (size_t i = 0; i < COMMITS; i++) {
		double start = now_ms();

		commit(b, 3);
		samples[i] = now_ms() - start;
	}
	print("commit, 3 events and a document, durable", COMMITS);
}

static void
bench_pages(struct bench *b, const char *what, struct store_query query)
{
	query.what = STORE_EVENTS;
	query.audience = 3;
	query.limit = 100;
	for (size_t i = 0; i < PAGES; i++) {
		double start;

		query.after = (uint64_t)i * (b->last / PAGES);
		start = now_ms();
		read_page(b, &query);
		samples[i] = now_ms() - start;
	}
	print(what, PAGES);
}

int
main(int argc, char **argv)
{
	struct bench b = { .control = mailbox_new() };
	uint64_t events = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
	CLEANUP(text_freep) char *path = text_format("%s/roost.db", argc > 1 ? argv[1] : ".");
	CLEANUP(text_freep) char *problem = NULL;
	struct sqlite_store_options options = {
		.path = path, .control = b.control, .deliver = deliver, .argument = &b
	};
	struct store_query many = { .choice_count = 0 };
	double start;

	b.store = sqlite_store_new(&options, &problem);
	if (b.store == NULL) {
		fprintf(stderr, "bench-store: %s\n", problem);
		return 1;
	}
	b.last = sqlite_store_last_offset(b.store);
	start = now_ms();
	while (b.last < events)
		commit(&b, 4000);
	printf("%-44s %.1f s\n", "filling the record", (now_ms() - start) / 1e3);
	bench_commits(&b);
	bench_pages(&b, "100 events from any offset", (struct store_query){ .limit = 0 });
	bench_pages(&b, "100 events of one server", (struct store_query){ .subject = "server7" });
	bench_pages(&b, "100 events of one type", (struct store_query){ .type = "server.ready" });
	bench_pages(&b, "100 events of a type that never was",
		    (struct store_query){ .type = "no.such" });
	bench_pages(&b, "100 events of one server and type",
		    (struct store_query){ .subject = "server0", .type = "server.ready" });
	bench_pages(
		&b, "100 events of three channels",
		(struct store_query){
			.choices = { { "server7", "" }, { "user7", "" }, { "", "server.failed" } },
			.choice_count = 3 });
	many.choice_count = 64;
	for (unsigned i = 0; i < 64; i++)
		(void)snprintf(many.choices[i].subject, 65, "server%u", i);
	bench_pages(&b, "100 events of 64 servers", many);
	sqlite_store_free(b.store);
	return b.failed;
}
