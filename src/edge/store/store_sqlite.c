/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two threads of the record and the letters they live by. Everything that
 * waits when the writer looks is one transaction; when one of the batches is at
 * the wrong offset each is tried alone, so that it refuses only itself.
 */

#include "store/store_sqlite.h"

#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "store/data_lock.h"
#include "store/record.h"

#define GROUP_LIMIT	64   /* commits in one transaction: bounds what one failure repeats */
#define READS_LIMIT	4096 /* reads that wait: beyond it something is wrong, and they are refused */
#define CHECKPOINT_AT	1000  /* pages in the log (4 MB) before they are moved into the file */
#define CHECKPOINT_MUST 16000 /* pages (64 MB): commits outrun the reader, so they wait for it */

struct commit {
	struct letter letter;
	struct ticket ticket;
	const struct store_batch *batch;
};

struct read {
	struct letter letter;
	struct sqlite_store *store;
	struct ticket ticket; /* of the port; or: */
	struct mailbox *mailbox;
	sqlite_store_rows *on_rows;
	void *argument;
	struct store_query query;
	struct store_rows *rows; /* the answer, on its way back */
	char reason[REASON_LIMIT + 1];
};

struct answer {
	struct letter letter;
	struct sqlite_store *store;
	struct fact fact;
};

struct worker {
	pthread_t thread;
	struct mailbox *mailbox;
	struct record record;
	bool stopping;
};

struct sqlite_store {
	struct store_port port;
	struct sqlite_store_options options;
	char epoch[ID_TEXT_SIZE];
	uint64_t first_at_start, last_at_start;
	int lock;
	struct worker writer, reader;
	struct commit *group[GROUP_LIMIT]; /* the writer's */
	size_t group_count;
	unsigned reads;	    /* waiting; atomic */
	bool checkpointing; /* the reader has been asked; atomic */
};

/* In the control thread. */
static void
on_answer(void *reader, struct letter *letter)
{
	struct answer *answer = CONTAINER_OF(letter, struct answer, letter);
	const struct sqlite_store_options *o = &answer->store->options;

	(void)reader;
	o->deliver(o->argument, &answer->fact);
	mem_free(answer);
}

static void
send_answer(struct sqlite_store *store, const struct reply *reply)
{
	struct answer *answer = mem_new(sizeof *answer);

	answer->store = store;
	answer->fact.kind = FACT_REPLY;
	answer->fact.as.reply = *reply;
	mailbox_post(store->options.control, &answer->letter, on_answer);
}

/* The writer. */

static void
answer_commit(struct sqlite_store *store, struct commit *commit, const char *reason)
{
	struct reply reply = { .ticket = commit->ticket,
			       .result = reason == NULL ? REPLY_DONE : REPLY_REFUSED,
			       .holds = REPLY_NOTHING };

	if (reason != NULL)
		(void)text_put(reply.reason, sizeof reply.reason, reason);
	mem_free(commit);
	send_answer(store, &reply);
}

static void
commit_alone(struct sqlite_store *store, struct commit *commit)
{
	char reason[REASON_LIMIT + 1];
	const struct store_batch *batch = commit->batch;

	if (record_commit(&store->writer.record, &batch, 1, reason) != 0)
		answer_commit(store, commit, reason);
	else
		answer_commit(store, commit, NULL);
}

static void
commit_group(struct sqlite_store *store)
{
	const struct store_batch *batches[GROUP_LIMIT];
	char reason[REASON_LIMIT + 1];
	size_t count = store->group_count;
	int result;

	store->group_count = 0;
	for (size_t i = 0; i < count; i++)
		batches[i] = store->group[i]->batch;
	if (count == 0)
		return;
	result = record_commit(&store->writer.record, batches, count, reason);
	for (size_t i = 0; i < count; i++) {
		if (result == RECORD_GAP && count > 1)
			commit_alone(store, store->group[i]);
		else
			answer_commit(store, store->group[i], result == 0 ? NULL : reason);
	}
}

static void
on_commit(void *reader, struct letter *letter)
{
	struct sqlite_store *store = reader;

	if (store->group_count == GROUP_LIMIT)
		commit_group(store);
	store->group[store->group_count++] = CONTAINER_OF(letter, struct commit, letter);
}

/* The reader. */

static void
on_rows_letter(void *reader, struct letter *letter)
{
	struct read *read = CONTAINER_OF(letter, struct read, letter);

	(void)reader;
	read->on_rows(read->argument, TAKE(read->rows), read->reason);
	mem_free(read);
}

static void
answer_read(struct read *read)
{
	struct reply reply = { .ticket = read->ticket,
			       .result = read->rows != NULL ? REPLY_DONE : REPLY_REFUSED,
			       .holds = read->rows != NULL ? REPLY_ROWS : REPLY_NOTHING };

	if (read->on_rows != NULL) {
		mailbox_post(read->mailbox, &read->letter, on_rows_letter);
		return;
	}
	reply.as.rows = read->rows;
	if (read->rows == NULL)
		(void)text_put(reply.reason, sizeof reply.reason, read->reason);
	send_answer(read->store, &reply);
	mem_free(read);
}

static void
on_read(void *reader, struct letter *letter)
{
	struct sqlite_store *store = reader;
	struct read *read = CONTAINER_OF(letter, struct read, letter);

	read->rows = record_read(&store->reader.record, &read->query, read->reason);
	(void)__atomic_sub_fetch(&store->reads, 1, __ATOMIC_RELAXED);
	answer_read(read);
}

/* Both. */

static void
wait_for_letters(const struct worker *worker)
{
	struct pollfd p = { .fd = mailbox_fd(worker->mailbox), .events = POLLIN };
	int result = poll(&p, 1, -1);

	ASSERT(result >= 0 || errno == EINTR);
}

/*
 * The log is moved into the file by the reader's thread: it takes several fsyncs,
 * and SQLite lets commits go on beside it.
 */
static void
on_checkpoint(void *reader, struct letter *letter)
{
	struct sqlite_store *store = reader;

	mem_free(letter);
	record_checkpoint(&store->reader.record);
	__atomic_store_n(&store->checkpointing, false, __ATOMIC_RELEASE);
}

static void
checkpoint_if_due(struct sqlite_store *store)
{
	struct letter *letter;

	if (store->writer.record.wal_pages >= CHECKPOINT_MUST)
		record_checkpoint(&store->writer.record);
	if (store->writer.record.wal_pages < CHECKPOINT_AT ||
	    __atomic_exchange_n(&store->checkpointing, true, __ATOMIC_ACQ_REL))
		return;
	letter = mem_new(sizeof *letter);
	mailbox_post(store->reader.mailbox, letter, on_checkpoint);
}

static void *
run_writer(void *argument)
{
	struct sqlite_store *store = argument;
	struct worker *me = &store->writer;

	(void)pthread_setname_np(pthread_self(), "store-write");
	while (!me->stopping) {
		if (mailbox_open_all(me->mailbox, store) == 0) {
			wait_for_letters(me);
			continue;
		}
		commit_group(store);
		checkpoint_if_due(store);
	}
	return NULL;
}

static void *
run_reader(void *argument)
{
	struct sqlite_store *store = argument;
	struct worker *me = &store->reader;

	(void)pthread_setname_np(pthread_self(), "store-read");
	while (!me->stopping) {
		if (mailbox_open_all(me->mailbox, store) == 0)
			wait_for_letters(me);
	}
	return NULL;
}

/* The port, and reads from anywhere. */

static void
port_commit(struct store_port *port, struct ticket ticket, const struct store_batch *batch)
{
	struct sqlite_store *store = CONTAINER_OF(port, struct sqlite_store, port);
	struct commit *commit = mem_new(sizeof *commit);

	commit->ticket = ticket;
	commit->batch = batch;
	mailbox_post(store->writer.mailbox, &commit->letter, on_commit);
}

static void
post_read(struct sqlite_store *store, struct read *read)
{
	read->store = store;
	if (__atomic_add_fetch(&store->reads, 1, __ATOMIC_RELAXED) > READS_LIMIT) {
		(void)__atomic_sub_fetch(&store->reads, 1, __ATOMIC_RELAXED);
		(void)text_put(read->reason, sizeof read->reason,
			       "too many readers ask for history at once; try again soon");
		answer_read(read);
		return;
	}
	mailbox_post(store->reader.mailbox, &read->letter, on_read);
}

static void
port_read(struct store_port *port, struct ticket ticket, const struct store_query *query)
{
	struct read *read = mem_new(sizeof *read);

	read->ticket = ticket;
	read->query = *query;
	post_read(CONTAINER_OF(port, struct sqlite_store, port), read);
}

void
sqlite_store_read(struct sqlite_store *store, const struct store_query *query,
		  struct mailbox *mailbox, sqlite_store_rows *on_rows, void *argument)
{
	struct read *read = mem_new(sizeof *read);

	ASSERT(mailbox != NULL && on_rows != NULL);
	read->query = *query;
	read->mailbox = mailbox;
	read->on_rows = on_rows;
	read->argument = argument;
	post_read(store, read);
}

/* Life. */

static int
lock_directory(const char *path, char **ret_problem)
{
	CLEANUP(text_freep) char *copy = text_copy(path);

	return data_lock_take(dirname(copy), ret_problem);
}

static void
start(struct worker *worker, void *(*run)(void *), struct sqlite_store *store)
{
	worker->mailbox = mailbox_new();
	ASSERT(pthread_create(&worker->thread, NULL, run, store) == 0);
}

static void
close_store(struct sqlite_store *store)
{
	record_close(&store->reader.record);
	record_close(&store->writer.record);
	if (store->lock >= 0)
		(void)close(store->lock);
	mem_free(store);
}

struct sqlite_store *
sqlite_store_new(const struct sqlite_store_options *options, char **ret_problem)
{
	struct sqlite_store *store = mem_new(sizeof *store);
	struct record_options record = { .path = options->path,
					 .busy_ms = options->busy_ms,
					 .page_limit = options->page_limit };

	store->options = *options;
	store->options.path = NULL; /* lent for the call only */
	store->port = (struct store_port){ .commit = port_commit, .read = port_read };
	store->lock = lock_directory(options->path, ret_problem);
	if (store->lock < 0 ||
	    record_open_writer(&store->writer.record, &record, ret_problem) != 0 ||
	    record_open_reader(&store->reader.record, &record, ret_problem) != 0) {
		close_store(store);
		return NULL;
	}
	(void)text_put(store->epoch, sizeof store->epoch, store->writer.record.epoch);
	store->first_at_start = store->writer.record.first;
	store->last_at_start = store->writer.record.last;
	start(&store->reader, run_reader, store);
	start(&store->writer, run_writer, store);
	return store;
}

static void
on_stop_writer(void *reader, struct letter *letter)
{
	struct sqlite_store *store = reader;

	mem_free(letter);
	store->writer.stopping = true;
}

static void
on_stop_reader(void *reader, struct letter *letter)
{
	struct sqlite_store *store = reader;

	mem_free(letter);
	store->reader.stopping = true;
}

static void
stop(struct worker *worker, void (*on_stop)(void *reader, struct letter *letter))
{
	struct letter *letter = mem_new(sizeof *letter);

	mailbox_post(worker->mailbox, letter, on_stop);
	ASSERT(pthread_join(worker->thread, NULL) == 0);
	mailbox_free(worker->mailbox);
}

void
sqlite_store_free(struct sqlite_store *store)
{
	if (store == NULL)
		return;
	stop(&store->writer, on_stop_writer);
	stop(&store->reader, on_stop_reader);
	close_store(store);
}

struct store_port *
sqlite_store_port(struct sqlite_store *store)
{
	return &store->port;
}

const char *
sqlite_store_epoch(const struct sqlite_store *store)
{
	return store->epoch;
}

uint64_t
sqlite_store_first_offset(const struct sqlite_store *store)
{
	return store->first_at_start;
}

uint64_t
sqlite_store_last_offset(const struct sqlite_store *store)
{
	return store->last_at_start;
}
