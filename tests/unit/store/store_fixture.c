/* SPDX-License-Identifier: Apache-2.0 */
/* A store for tests: see the header. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <poll.h>
#include <unistd.h>

#include "store_fixture.h"

int
fixture_new(void **state)
{
	struct store_fixture *f = mem_new(sizeof *f);

	(void)snprintf(f->directory, sizeof f->directory, "/tmp/roost-store-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	(void)snprintf(f->path, sizeof f->path, "%s/roost.db", f->directory);
	f->options.path = f->path;
	f->options.busy_ms = 50;
	*state = f;
	return 0;
}

static int
remove_one(const char *path, const struct stat *s, int kind, struct FTW *where)
{
	(void)s;
	(void)kind;
	(void)where;
	return remove(path);
}

int
fixture_free(void **state)
{
	struct store_fixture *f = *state;

	fixture_close(f);
	(void)nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(f);
	return 0;
}

static void
deliver(void *argument, const struct fact *fact)
{
	struct store_fixture *f = argument;

	assert_int_equal(fact->kind, FACT_REPLY);
	f->replies = mem_resize(f->replies, (f->reply_count + 1) * sizeof *f->replies);
	f->replies[f->reply_count++] = fact->as.reply;
}

void
fixture_open(struct store_fixture *f)
{
	char *problem = NULL;

	f->options.control = mailbox_new();
	f->options.deliver = deliver;
	f->options.argument = f;
	f->store = sqlite_store_new(&f->options, &problem);
	if (f->store == NULL)
		fail_msg("%s", problem);
}

void
fixture_close(struct store_fixture *f)
{
	fixture_forget(f);
	if (f->store == NULL)
		return;
	sqlite_store_free(TAKE(f->store));
	(void)mailbox_open_all(f->options.control, f);
	fixture_forget(f);
	mailbox_free(TAKE(f->options.control));
}

char *
fixture_problem(struct store_fixture *f)
{
	char *problem = NULL;

	assert_null(sqlite_store_new(&f->options, &problem));
	assert_non_null(problem);
	return problem;
}

void
fixture_wait(struct store_fixture *f, size_t count)
{
	while (f->reply_count < count) {
		struct pollfd p = { .fd = mailbox_fd(f->options.control), .events = POLLIN };

		assert_int_equal(poll(&p, 1, 30000), 1);
		(void)mailbox_open_all(f->options.control, f);
	}
}

void
fixture_forget(struct store_fixture *f)
{
	for (size_t i = 0; i < f->reply_count; i++)
		reply_deinit(&f->replies[i]);
	mem_free(TAKE(f->replies));
	f->reply_count = 0;
}

bool
fixture_commit(struct store_fixture *f, const struct store_batch *batch,
	       char reason[REASON_LIMIT + 1])
{
	struct store_port *port = sqlite_store_port(f->store);
	struct ticket ticket = { ++f->tickets };
	bool done;

	port->commit(port, ticket, batch);
	fixture_wait(f, 1);
	assert_true(f->replies[0].ticket.v == ticket.v);
	done = f->replies[0].result == REPLY_DONE;
	if (reason != NULL)
		(void)text_put(reason, REASON_LIMIT + 1, f->replies[0].reason);
	fixture_forget(f);
	return done;
}

struct store_rows *
fixture_read(struct store_fixture *f, const struct store_query *query)
{
	struct store_port *port = sqlite_store_port(f->store);
	struct store_rows *rows;

	port->read(port, (struct ticket){ ++f->tickets }, query);
	fixture_wait(f, 1);
	assert_int_equal(f->replies[0].result, REPLY_DONE);
	rows = TAKE(f->replies[0].as.rows);
	f->replies[0].holds = REPLY_NOTHING;
	fixture_forget(f);
	return rows;
}

uint64_t
fixture_last(struct store_fixture *f)
{
	struct store_query query = { .what = STORE_BOUNDS };
	struct store_rows *rows = fixture_read(f, &query);
	uint64_t last = rows->last;

	rows_free(rows);
	return last;
}

struct store_batch
fixture_batch(uint64_t first, size_t count)
{
	struct store_batch batch = { 0 };
	char body[32];

	for (uint64_t offset = first; offset < first + count; offset++)
		batch_add_event(&batch, offset, (struct instant){ (int64_t)offset * 1000 },
				offset % 3 == 0 ? "player.left" : "server.ready",
				offset % 2 == 0 ? "even" : "odd", offset % 5 == 0 ? 2 : 1,
				text_format("{\"n\":%llu}", (unsigned long long)offset));
	(void)snprintf(body, sizeof body, "%llu", (unsigned long long)(first + count - 1));
	batch_put(&batch, DOCUMENT_META, "last", body);
	return batch;
}

uint64_t
fixture_check_whole(struct store_fixture *f)
{
	struct store_query query = { .what = STORE_EVENTS, .audience = 3, .limit = 777 };
	struct store_query documents = { .what = STORE_DOCUMENTS, .kind = DOCUMENT_META };
	struct store_rows *rows;
	uint64_t last = 0;
	bool more;

	do {
		query.after = last;
		rows = fixture_read(f, &query);
		for (size_t i = 0; i < rows->event_count; i++)
			assert_true(rows->events[i].offset == ++last);
		assert_true(rows->first == (rows->last > 0 ? 1 : 0));
		more = rows->more;
		if (!more)
			assert_true(rows->last == last);
		rows_free(rows);
	} while (more);
	rows = fixture_read(f, &documents);
	assert_int_equal(rows->document_count, last > 0 ? 1 : 0);
	if (last > 0)
		assert_true(strtoull(rows->documents[0].body, NULL, 10) == last);
	rows_free(rows);
	return last;
}
