/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <sys/stat.h>

#include "model/words.h"
#include "store/record.h"
#include "store_fixture.h"

static void
commit_events(struct store_fixture *f, uint64_t first, size_t count)
{
	struct store_batch batch = fixture_batch(first, count);

	assert_true(fixture_commit(f, &batch, NULL));
	batch_deinit(&batch);
}

static void
a_new_record_has_a_name_and_no_events_and_is_ours_alone(void **state)
{
	struct store_fixture *f = *state;
	struct store_query query = { .what = STORE_BOUNDS };
	struct store_rows *rows;
	struct stat s;
	char path[128];

	fixture_open(f);
	rows = fixture_read(f, &query);
	assert_int_equal(strlen(rows->epoch), ID_TEXT_SIZE - 1);
	assert_string_equal(rows->epoch, sqlite_store_epoch(f->store));
	assert_true(rows->first == 0 && rows->last == 0);
	commit_events(f, 1, 1);
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "roost.db", "roost.db-wal", "roost.db-shm",
						     "roost.lock" };

		(void)snprintf(path, sizeof path, "%s/%s", f->directory, names[i]);
		assert_int_equal(stat(path, &s), 0);
		assert_int_equal(s.st_mode & 0777, 0600);
	}
	rows_free(rows);
}

static void
what_was_committed_is_there_after_a_restart_under_the_same_name(void **state)
{
	struct store_fixture *f = *state;
	char epoch[ID_TEXT_SIZE];

	fixture_open(f);
	(void)text_put(epoch, sizeof epoch, sqlite_store_epoch(f->store));
	commit_events(f, 1, 5);
	commit_events(f, 6, 1);
	fixture_close(f);
	fixture_open(f);
	assert_string_equal(sqlite_store_epoch(f->store), epoch);
	assert_true(sqlite_store_last_offset(f->store) == 6);
	assert_true(fixture_check_whole(f) == 6);
	commit_events(f, 7, 3);
	assert_true(fixture_check_whole(f) == 9);
}

static void
a_batch_that_leaves_a_gap_or_repeats_is_refused_whole(void **state)
{
	struct store_fixture *f = *state;
	static const uint64_t wrong[] = { 0, 1, 3, 5, 6, 1000 };
	char reason[REASON_LIMIT + 1];

	fixture_open(f);
	commit_events(f, 1, 3);
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct store_batch batch = fixture_batch(wrong[i], 2);

		assert_false(fixture_commit(f, &batch, reason));
		assert_non_null(strstr(reason, "the next is 4"));
		batch_deinit(&batch);
		assert_true(fixture_check_whole(f) == 3);
	}
	{
		struct store_batch batch = fixture_batch(4, 3);

		batch.events[2].offset = 7; /* a gap inside */
		assert_false(fixture_commit(f, &batch, reason));
		batch_deinit(&batch);
	}
	assert_true(fixture_check_whole(f) == 3);
}

static void
commits_that_wait_together_are_all_answered_in_order_and_a_bad_one_fails_alone(void **state)
{
	struct store_fixture *f = *state;
	struct store_batch batches[200];
	uint64_t next = 1;

	fixture_open(f);
	for (size_t i = 0; i < ELEMENTS(batches); i++) {
		struct store_port *port = sqlite_store_port(f->store);
		bool bad = i % 50 == 49;

		batches[i] = fixture_batch(bad ? 100000 : next, 3);
		next += bad ? 0 : 3;
		port->commit(port, (struct ticket){ i + 1 }, &batches[i]);
	}
	fixture_wait(f, ELEMENTS(batches));
	for (size_t i = 0; i < ELEMENTS(batches); i++) {
		assert_true(f->replies[i].ticket.v == i + 1);
		assert_int_equal(f->replies[i].result, i % 50 == 49 ? REPLY_REFUSED : REPLY_DONE);
		batch_deinit(&batches[i]);
	}
	fixture_forget(f);
	assert_true(fixture_check_whole(f) == next - 1);
}

static void
documents_are_put_replaced_deleted_and_read_in_the_order_of_their_keys(void **state)
{
	struct store_fixture *f = *state;
	struct store_batch batch = { 0 };
	struct store_query query = { .what = STORE_DOCUMENTS,
				     .kind = DOCUMENT_RUN,
				     .prefix = "a/" };
	struct store_rows *rows;

	fixture_open(f);
	batch_put(&batch, DOCUMENT_RUN, "a/2", "{\"two\":2}");
	batch_put(&batch, DOCUMENT_RUN, "a/1", "{}");
	batch_put(&batch, DOCUMENT_RUN, "a/3", "{}");
	batch_put(&batch, DOCUMENT_RUN, "ab", "{}");
	batch_put(&batch, DOCUMENT_RUN, "a", "{}");
	batch_put(&batch, DOCUMENT_USER, "a/9", "{}");
	assert_true(fixture_commit(f, &batch, NULL));
	batch_deinit(&batch);
	batch_put(&batch, DOCUMENT_RUN, "a/1", "{\"new\":true}");
	batch_put(&batch, DOCUMENT_RUN, "a/3", NULL);
	batch_put(&batch, DOCUMENT_RUN, "never was", NULL);
	assert_true(fixture_commit(f, &batch, NULL));
	batch_deinit(&batch);

	rows = fixture_read(f, &query);
	assert_int_equal(rows->document_count, 2);
	assert_string_equal(rows->documents[0].key, "a/1");
	assert_string_equal(rows->documents[0].body, "{\"new\":true}");
	assert_string_equal(rows->documents[1].body, "{\"two\":2}");
	assert_false(rows->more);
	rows_free(rows);

	query.newest_first = true;
	query.limit = 1;
	rows = fixture_read(f, &query);
	assert_string_equal(rows->documents[0].key, "a/2");
	assert_true(rows->more);
	rows_free(rows);
	(void)text_put(query.after_key, sizeof query.after_key, "a/2");
	rows = fixture_read(f, &query);
	assert_int_equal(rows->document_count, 1);
	assert_string_equal(rows->documents[0].key, "a/1");
	rows_free(rows);
}

static void
only_the_last_of_a_prefix_are_left(void **state)
{
	struct store_fixture *f = *state;
	struct store_batch batch = { 0 };
	struct store_query query = { .what = STORE_DOCUMENTS, .kind = DOCUMENT_RUN };
	struct store_rows *rows;

	fixture_open(f);
	batch_put(&batch, DOCUMENT_RUN, "a/1", "{}");
	batch_put(&batch, DOCUMENT_RUN, "a/2", "{}");
	batch_put(&batch, DOCUMENT_RUN, "a/3", "{}");
	batch_put(&batch, DOCUMENT_RUN, "ab/1", "{}");
	batch_prune(&batch, DOCUMENT_RUN, "a/", 2);
	assert_true(fixture_commit(f, &batch, NULL));
	batch_deinit(&batch);
	rows = fixture_read(f, &query);
	assert_int_equal(rows->document_count, 3);
	assert_string_equal(rows->documents[0].key, "a/2");
	rows_free(rows);
	batch_prune(&batch, DOCUMENT_RUN, "a/", 0);
	assert_false(batch_is_empty(&batch));
	assert_true(fixture_commit(f, &batch, NULL));
	batch_deinit(&batch);
	rows = fixture_read(f, &query);
	assert_int_equal(rows->document_count, 1);
	assert_string_equal(rows->documents[0].key, "ab/1");
	rows_free(rows);
}

static bool
fits_choice(const struct store_choice *c, const char *type, const char *subject)
{
	return (c->subject[0] == '\0' || strcmp(c->subject, subject) == 0) &&
	       strncmp(c->type, type, strlen(c->type)) == 0;
}

static bool
should_come(const struct store_query *q, uint64_t offset)
{
	const char *type = offset % 3 == 0 ? "player.left" : "server.ready";
	bool fits = q->choice_count == 0;

	for (size_t i = 0; i < q->choice_count; i++)
		fits = fits || fits_choice(&q->choices[i], type, offset % 2 == 0 ? "even" : "odd");
	if (!fits)
		return false;

	if (offset <= q->after || (q->before > 0 && offset >= q->before))
		return false;
	if ((offset % 5 == 0 ? 2u : 1u) > q->audience)
		return false;
	if (q->subject[0] != '\0' && strcmp(q->subject, offset % 2 == 0 ? "even" : "odd") != 0)
		return false;
	return q->type[0] == '\0' || strncmp(q->type, type, strlen(q->type)) == 0;
}

/* Follow a query page by page and compare with what must come, one event at a time. */
static void
check_walk(struct store_fixture *f, struct store_query q, uint64_t last)
{
	uint64_t expected = q.newest_first ? last : 1;
	struct store_query whole = q;
	bool more;

	do {
		struct store_rows *rows = fixture_read(f, &q);

		assert_true(rows->event_count <= q.limit);
		for (size_t i = 0; i < rows->event_count; i++) {
			while (!should_come(&whole, expected) && expected > 0 && expected <= last)
				expected += q.newest_first ? (uint64_t)-1 : 1;
			assert_true(rows->events[i].offset == expected);
			assert_true(rows->events[i].time.ms == (int64_t)expected * 1000);
			expected += q.newest_first ? (uint64_t)-1 : 1;
			*(q.newest_first ? &q.before : &q.after) = rows->events[i].offset;
		}
		more = rows->more;
		rows_free(rows);
	} while (more);
	for (; expected > 0 && expected <= last; expected += q.newest_first ? (uint64_t)-1 : 1)
		assert_false(should_come(&whole, expected));
}

static void
every_filter_and_direction_gives_exactly_what_it_names(void **state)
{
	struct store_fixture *f = *state;
	static const char *const subjects[] = { "", "even", "odd", "nobody" };
	static const char *const types[] = { "", "server.", "server.ready", "player.left",
					     "no.ne" };

	fixture_open(f);
	commit_events(f, 1, 60);
	for (size_t s = 0; s < ELEMENTS(subjects); s++) {
		for (size_t t = 0; t < ELEMENTS(types); t++) {
			for (unsigned bits = 0; bits < 16; bits++) {
				struct store_query q = {
					.what = STORE_EVENTS,
					.newest_first = (bits & 1) != 0,
					.audience = (bits & 2) != 0 ? 2 : 1,
					.after = (bits & 4) != 0 ? 17 : 0,
					.before = (bits & 8) != 0 ? 50 : 0,
					.limit = 7,
				};

				(void)text_put(q.subject, sizeof q.subject, subjects[s]);
				(void)text_put(q.type, sizeof q.type, types[t]);
				check_walk(f, q, 60);
			}
		}
	}
}

/* Every pair of choices, beside every filter: each is a walk of its own, and they become one. */
static void
any_of_several_choices_come_in_order_and_once(void **state)
{
	static const struct store_choice choices[] = {
		{ "even", "" },
		{ "odd", "" },
		{ "nobody", "" },
		{ "", "server." },
		{ "even", "server.ready" },
		{ "", "player.left" },
		{ "", "no.ne" },
	};
	static const char *const types[] = { "", "server.", "server.ready", "player.left" };
	struct store_fixture *f = *state;

	fixture_open(f);
	commit_events(f, 1, 60);
	for (size_t i = 0; i < ELEMENTS(choices) * ELEMENTS(choices); i++) {
		for (unsigned bits = 0; bits < 64; bits++) {
			struct store_query q = {
				.what = STORE_EVENTS,
				.newest_first = (bits & 1) != 0,
				.audience = (bits & 2) != 0 ? 2 : 1,
				.after = (bits & 4) != 0 ? 17 : 0,
				.before = (bits & 4) != 0 ? 50 : 0,
				.limit = 4,
				.choices = { choices[i % ELEMENTS(choices)],
					     choices[i / ELEMENTS(choices)] },
				.choice_count = 2,
			};

			(void)text_put(q.subject, sizeof q.subject, (bits & 8) != 0 ? "even" : "");
			(void)text_put(q.type, sizeof q.type, types[bits >> 4]);
			check_walk(f, q, 60);
		}
	}
}

static void
what_is_about_a_user_is_read_by_that_user_whatever_role_it_asks_for(void **state)
{
	static const char *const types[] = { "user.messaged", "token.created", "server.ready" };
	struct store_fixture *f = *state;
	struct store_batch batch = { 0 };
	struct store_query q = { .what = STORE_EVENTS, .audience = 1, .user = "anna", .limit = 99 };
	struct store_rows *rows;

	fixture_open(f);
	for (uint64_t i = 0; i < 6; i++)
		batch_add_event(&batch, i + 1, (struct instant){ 1 }, types[i % 3],
				i < 3 ? "anna" : "ben", 3, text_copy("{}"));
	assert_true(fixture_commit(f, &batch, NULL));
	rows = fixture_read(f, &q);
	assert_int_equal(rows->event_count, 2);
	assert_string_equal(rows->events[0].type, "user.messaged");
	assert_string_equal(rows->events[1].type, "token.created");
	for (size_t i = 0; i < batch.event_count; i++)
		assert_int_equal(store_query_takes(&q, &batch.events[i]), i < 2);
	rows_free(rows);
	q.user[0] = '\0';
	rows = fixture_read(f, &q);
	assert_int_equal(rows->event_count, 0);
	rows_free(rows);
	batch_deinit(&batch);
}

static void
old_events_go_and_the_newest_stays_so_that_the_numbers_go_on(void **state)
{
	struct store_query bounds = { .what = STORE_BOUNDS };
	struct store_query all = { .what = STORE_EVENTS, .audience = ROLE_ADMIN, .limit = 100 };
	struct store_batch batch = { .oldest_kept = 4 };
	struct store_fixture *f = *state;
	struct store_rows *rows;

	fixture_open(f);
	commit_events(f, 1, 6);
	assert_true(fixture_commit(f, &batch, NULL));
	rows = fixture_read(f, &all);
	assert_true(rows->first == 4 && rows->last == 6);
	assert_int_equal(rows->event_count, 3);
	assert_int_equal(rows->events[0].offset, 4);
	rows_free(rows);
	batch.oldest_kept = 1000;
	assert_true(fixture_commit(f, &batch, NULL));
	rows = fixture_read(f, &bounds);
	assert_true(rows->first == 6 && rows->last == 6);
	rows_free(rows);
	fixture_close(f);
	fixture_open(f);
	assert_true(sqlite_store_last_offset(f->store) == 6);
	commit_events(f, 7, 2);
	rows = fixture_read(f, &bounds);
	assert_true(rows->first == 6 && rows->last == 8);
	rows_free(rows);
}

/* A plan that scans or sorts would be slow on a long record; the plans are read, not timed. */
static void
every_events_query_walks_one_index(void **state)
{
	struct store_fixture *f = *state;
	sqlite3 *db;

	fixture_open(f);
	assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	for (int query = QUERY_EVENTS; query < QUERY_MAX; query++) {
		CLEANUP(text_freep)
		char *sql = text_format("EXPLAIN QUERY PLAN %s", query_text((enum query)query));
		sqlite3_stmt *statement;

		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
		while (sqlite3_step(statement) == SQLITE_ROW) {
			const char *plan = (const char *)sqlite3_column_text(statement, 3);

			if (strstr(plan, "SEARCH events USING") == NULL ||
			    strstr(plan, "TEMP") != NULL)
				fail_msg("%s: %s", sql, plan);
			if (strstr(sql, "type =") != NULL || strstr(sql, "subject =") != NULL)
				assert_non_null(strstr(plan, "USING INDEX events_by_"));
		}
		(void)sqlite3_finalize(statement);
	}
	(void)sqlite3_close(db);
}

struct heard {
	struct store_rows *rows;
	int count;
};

static void
on_rows(void *argument, struct store_rows *rows, const char *reason)
{
	struct heard *heard = argument;

	(void)reason;
	heard->rows = rows;
	heard->count++;
}

static void
another_thread_reads_through_its_own_mailbox(void **state)
{
	struct store_fixture *f = *state;
	struct mailbox *mine = mailbox_new();
	struct store_query query = { .what = STORE_EVENTS, .audience = 3, .limit = 2 };
	struct pollfd p = { .fd = mailbox_fd(mine), .events = POLLIN };
	struct heard heard = { 0 };

	fixture_open(f);
	commit_events(f, 1, 3);
	sqlite_store_read(f->store, &query, mine, on_rows, &heard);
	assert_int_equal(heard.count, 0);
	assert_int_equal(poll(&p, 1, 30000), 1);
	(void)mailbox_open_all(mine, NULL);
	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.rows->event_count, 2);
	assert_true(heard.rows->more);
	assert_true(heard.rows->last == 3);
	assert_int_equal(f->reply_count, 0);
	rows_free(heard.rows);
	fixture_close(f);
	mailbox_free(mine);
}

int
main(void)
{
#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)
	const struct CMUnitTest tests[] = {
		IN_A_DIRECTORY(a_new_record_has_a_name_and_no_events_and_is_ours_alone),
		IN_A_DIRECTORY(what_was_committed_is_there_after_a_restart_under_the_same_name),
		IN_A_DIRECTORY(a_batch_that_leaves_a_gap_or_repeats_is_refused_whole),
		IN_A_DIRECTORY(
			commits_that_wait_together_are_all_answered_in_order_and_a_bad_one_fails_alone),
		IN_A_DIRECTORY(
			documents_are_put_replaced_deleted_and_read_in_the_order_of_their_keys),
		IN_A_DIRECTORY(only_the_last_of_a_prefix_are_left),
		IN_A_DIRECTORY(every_filter_and_direction_gives_exactly_what_it_names),
		IN_A_DIRECTORY(any_of_several_choices_come_in_order_and_once),
		IN_A_DIRECTORY(what_is_about_a_user_is_read_by_that_user_whatever_role_it_asks_for),
		IN_A_DIRECTORY(old_events_go_and_the_newest_stays_so_that_the_numbers_go_on),
		IN_A_DIRECTORY(every_events_query_walks_one_index),
		IN_A_DIRECTORY(another_thread_reads_through_its_own_mailbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
