/* SPDX-License-Identifier: Apache-2.0 */
/* A plane with a small, well-behaved world around it: see the header. */

#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static void
answer(struct fixture *f, struct reply reply)
{
	f->facts = mem_resize(f->facts, (f->fact_count + 1) * sizeof *f->facts);
	f->facts[f->fact_count++] = (struct fact){ .kind = FACT_REPLY, .as.reply = reply };
}

void
fixture_reply(struct fixture *f, struct reply reply)
{
	answer(f, reply);
}

static void
refuse(struct fixture *f, struct ticket ticket, const char *reason)
{
	struct reply reply = { .ticket = ticket, .result = REPLY_REFUSED };

	(void)text_put(reply.reason, sizeof reply.reason, reason);
	answer(f, reply);
}

static void
store_put(struct fixture *f, const struct store_document *d)
{
	size_t i;

	for (i = 0; i < f->document_count; i++) {
		if (f->documents[i].kind == d->kind && strcmp(f->documents[i].key, d->key) == 0)
			break;
	}
	if (i == f->document_count) {
		f->documents =
			mem_resize(f->documents, (f->document_count + 1) * sizeof *f->documents);
		f->documents[f->document_count++] =
			(struct store_document){ d->kind, text_copy(d->key), NULL };
	}
	mem_free(f->documents[i].body);
	f->documents[i].body = text_copy(d->body);
}

static void
prune(struct fixture *f, const struct store_prune *p)
{
	for (size_t i = 0; i < f->document_count; i++) {
		struct store_document *d = &f->documents[i];
		unsigned newer = 0;

		for (size_t j = 0; j < f->document_count; j++) {
			const struct store_document *other = &f->documents[j];

			newer += other->body != NULL && other->kind == p->kind &&
				 text_starts_with(other->key, p->prefix) &&
				 strcmp(other->key, d->key) > 0;
		}
		if (d->kind != p->kind || !text_starts_with(d->key, p->prefix) || newer < p->keep)
			continue;
		mem_free(d->body);
		d->body = NULL;
	}
}

static void
commit(struct store_port *port, struct ticket ticket, const struct store_batch *batch)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, store);

	if (f->store_is_full) {
		refuse(f, ticket, "the disk is full");
		return;
	}
	f->commits++;
	for (size_t i = 0; i < batch->document_count; i++)
		store_put(f, &batch->documents[i]);
	for (size_t i = 0; i < batch->prune_count; i++)
		prune(f, &batch->prunes[i]);
	for (size_t i = 0; i < batch->event_count; i++) {
		ASSERT(batch->events[i].offset == f->event_count + 1);
		f->events = mem_resize(f->events, (f->event_count + 1) * sizeof *f->events);
		f->events[f->event_count] = batch->events[i];
		f->events[f->event_count++].data = text_copy(batch->events[i].data);
	}
	if (batch->oldest_kept > f->oldest)
		f->oldest =
			batch->oldest_kept < f->event_count ? batch->oldest_kept : f->event_count;
	answer(f, (struct reply){ .ticket = ticket });
}

static void
read_events(struct fixture *f, const struct store_query *query, struct store_rows *rows)
{
	rows->events = mem_new_array(f->event_count, sizeof *rows->events);
	for (size_t i = 0; i < f->event_count; i++) {
		size_t at = query->newest_first ? f->event_count - 1 - i : i;

		if (f->events[at].offset < f->oldest || !store_query_takes(query, &f->events[at]))
			continue;
		if (rows->event_count == query->limit) {
			rows->more = true;
			return;
		}
		rows->events[rows->event_count] = f->events[at];
		rows->events[rows->event_count++].data = text_copy(f->events[at].data);
	}
}

/* In the order of their keys. */
static void
read_documents(struct fixture *f, const struct store_query *query, struct store_rows *rows)
{
	const char *after = query->after_key;

	for (;;) {
		const struct store_document *least = NULL;

		for (size_t i = 0; i < f->document_count; i++) {
			const struct store_document *d = &f->documents[i];

			if (d->kind == query->kind && d->body != NULL &&
			    text_starts_with(d->key, query->prefix) && strcmp(d->key, after) > 0 &&
			    (least == NULL || strcmp(d->key, least->key) < 0))
				least = d;
		}
		if (least == NULL)
			return;
		if (query->limit > 0 && rows->document_count == query->limit) {
			rows->more = true;
			return;
		}
		rows->documents[rows->document_count++] =
			(struct store_document){ least->kind, text_copy(least->key),
						 text_copy(least->body) };
		after = least->key;
	}
}

static void
read_rows(struct store_port *port, struct ticket ticket, const struct store_query *query)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, store);
	struct store_rows *rows = mem_new(sizeof *rows);

	rows->first = f->oldest > 0 ? f->oldest : f->event_count > 0;
	rows->last = f->event_count;
	(void)text_put(rows->epoch, sizeof rows->epoch, "01TEST");
	rows->documents = mem_new_array(f->document_count, sizeof *rows->documents);
	if (query->what == STORE_EVENTS)
		read_events(f, query, rows);
	if (query->what == STORE_DOCUMENTS)
		read_documents(f, query, rows);
	answer(f, (struct reply){ .ticket = ticket, .holds = REPLY_ROWS, .as.rows = rows });
}

static struct fixture_process *
find_process(struct fixture *f, const char *token)
{
	for (size_t i = 0; i < f->process_count; i++) {
		if (strcmp(f->processes[i].token, token) == 0)
			return &f->processes[i];
	}
	return NULL;
}

static void
answer_process(struct fixture *f, struct ticket ticket, const struct fixture_process *p)
{
	struct process_answer *a = mem_new(sizeof *a);

	a->is = p == NULL ? PROCESS_NONE : p->running ? PROCESS_RUNNING : PROCESS_GONE;
	if (p != NULL) {
		a->exit_status = p->exit_status;
		a->ready_line_seen = p->ready_line;
		(void)text_put(a->tail, sizeof a->tail, p->running ? "" : "last words");
	}
	answer(f, (struct reply){ .ticket = ticket, .holds = REPLY_PROCESS, .as.process = a });
}

static void
ensure(struct process_port *port, struct ticket ticket, const struct process_order *order)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, process);
	struct fixture_process *p = find_process(f, order->token);

	if (p == NULL) {
		ASSERT(f->process_count < FIXTURE_PROCESSES);
		p = &f->processes[f->process_count++];
		*p = (struct fixture_process){ .running = true, .started_at = f->now };
		(void)text_put(p->token, sizeof p->token, order->token);
	}
	answer_process(f, ticket, p);
}

static void
find(struct process_port *port, struct ticket ticket, const char *token)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, process);

	answer_process(f, ticket, find_process(f, token));
}

static void
say(struct process_port *port, struct ticket ticket, const char *token, const char *line)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, process);
	struct fixture_process *p = find_process(f, token);

	if (p == NULL || !p->running || f->no_console) {
		refuse(f, ticket, p != NULL && p->running ? "no console" : "no such process");
		return;
	}
	if (strlen(f->said) + strlen(line) + 2 < sizeof f->said) {
		strcat(f->said, line);
		strcat(f->said, "\n");
	}
	if (strcmp(line, "stop") == 0 && !f->stubborn)
		p->running = false;
	answer(f, (struct reply){ .ticket = ticket });
}

static void
send_signal(struct process_port *port, struct ticket ticket, const char *token, int number)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, process);
	struct fixture_process *p = find_process(f, token);

	if (p == NULL || !p->running) {
		refuse(f, ticket, "no such process");
		return;
	}
	if (number == SIGKILL || !f->stubborn)
		p->running = false;
	answer(f, (struct reply){ .ticket = ticket });
}

static void
forget(struct process_port *port, struct ticket ticket, const char *token)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, process);
	struct fixture_process *p = find_process(f, token);

	if (p != NULL && p->running) {
		refuse(f, ticket, "it runs");
		return;
	}
	if (p != NULL)
		*p = f->processes[--f->process_count];
	answer(f, (struct reply){ .ticket = ticket });
}

static void
list(struct process_port *port, struct ticket ticket)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, process);
	char *text = mem_new(FIXTURE_PROCESSES * (RUN_TOKEN_SIZE + 1));

	for (size_t i = 0; i < f->process_count; i++) {
		strcat(text, f->processes[i].token);
		strcat(text, "\n");
	}
	answer(f, (struct reply){ .ticket = ticket, .holds = REPLY_TEXT, .as.text = text });
}

static void
ask(struct probe_port *port, struct ticket ticket, const struct probe_question *question)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, probe);
	struct fixture_process *p = fixture_running(f);
	struct probe_answer *a;

	f->asked_port = question->address->port;
	if (p == NULL || f->mute || f->now.ms < p->started_at.ms + f->boot.ms) {
		refuse(f, ticket, "connection refused");
		return;
	}
	a = mem_new(sizeof *a);
	a->online = f->online;
	for (const char *at = f->names; *at != '\0'; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		(void)text_put(a->names[a->name_count++], length + 1, at);
		at += length;
	}
	a->max = 20;
	a->protocol = 765;
	answer(f, (struct reply){ .ticket = ticket, .holds = REPLY_PROBE, .as.probe = a });
}

static void
show(struct gate_port *port, struct gate_table *table)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, gate);

	gate_table_unref(f->table);
	f->table = table;
}

static void
publish(struct publish_port *port, const struct store_event *events, size_t count)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, publish);

	ASSERT(events[count - 1].offset <= f->event_count);
	f->told += count;
}

static void
fill(struct chance_port *port, void *bytes, size_t length)
{
	struct fixture *f = CONTAINER_OF(port, struct fixture, chance);

	for (size_t i = 0; i < length; i++) {
		f->dice = f->dice * 6364136223846793005u + 1442695040888963407u;
		((unsigned char *)bytes)[i] = (unsigned char)(f->dice >> 56);
	}
}

static void
make_plane(struct fixture *f)
{
	struct plane_ports ports = { .store = &f->store,
				     .process = &f->process,
				     .probe = &f->probe,
				     .gate = &f->gate,
				     .publish = &f->publish,
				     .chance = &f->chance,
				     .secrets = f->secrets,
				     .http = f->http,
				     .seal = f->seal,
				     .archive = f->archive,
				     .attended_later = f->archive != NULL,
				     .files = f->files,
				     .workshop = f->workshop };
	struct plane_settings settings = { 0 };

	f->plane = plane_new(&ports, &settings);
	if (f->early.kind == FACT_CONSOLE_LINE)
		plane_note(f->plane, &f->early);
	f->early = (struct fact){ 0 };
	fixture_run(f, DURATION_MS(0));
	ASSERT(plane_is_loaded(f->plane));
}

void
fixture_start(struct fixture *f)
{
	f->now.ms = 1700000000000;
	f->store = (struct store_port){ commit, read_rows };
	f->process = (struct process_port){ ensure, find, say, send_signal, forget, list };
	f->probe.ask = ask;
	f->gate.show = show;
	f->publish.events = publish;
	f->chance.fill = fill;
	make_plane(f);
}

static void
forget_plane(struct fixture *f)
{
	plane_free(f->plane);
	for (size_t i = 0; i < f->fact_count; i++)
		reply_deinit(&f->facts[i].as.reply);
	f->fact_count = 0;
}

void
fixture_restart(struct fixture *f)
{
	forget_plane(f);
	make_plane(f);
}

void
fixture_restart_machine(struct fixture *f)
{
	for (size_t i = 0; i < f->process_count; i++) {
		f->processes[i].running = false;
		f->processes[i].exit_status = -1;
	}
	fixture_restart(f);
}

void
fixture_stop(struct fixture *f)
{
	forget_plane(f);
	for (size_t i = 0; i < f->document_count; i++) {
		mem_free(f->documents[i].key);
		mem_free(f->documents[i].body);
	}
	for (size_t i = 0; i < f->event_count; i++)
		mem_free(f->events[i].data);
	mem_free(f->documents);
	mem_free(f->events);
	mem_free(f->facts);
	gate_table_unref(f->table);
}

void
fixture_declare(struct fixture *f, const char *json)
{
	CLEANUP(json_freep) json_t *document = json_loads(json, 0, NULL);
	struct spec_error error;
	struct server_spec *spec;
	size_t errors = spec_parse(document, "/srv", &error, 1, &spec);

	if (errors > 0)
		fprintf(stderr, "%s: %s\n", error.pointer, error.detail);
	ASSERT(errors == 0);
	ASSERT(plane_declare(f->plane, spec, "test"));
	fixture_run(f, DURATION_MS(0));
}

void
fixture_note(struct fixture *f, const struct fact *fact)
{
	plane_note(f->plane, fact);
	f->due = f->now;
}

void
fixture_wish(struct fixture *f, const char *server, enum want want)
{
	struct fact fact = { .kind = FACT_WISH };

	(void)text_put(fact.server, sizeof fact.server, server);
	fact.as.wish.want = want;
	fact.as.wish.cause = CAUSE_API;
	(void)text_put(fact.as.wish.by, sizeof fact.as.wish.by, "ada");
	fixture_note(f, &fact);
}

void
fixture_knock(struct fixture *f, const char *server, uint64_t connection)
{
	struct fact fact = { .kind = FACT_KNOCKED };

	(void)text_put(fact.server, sizeof fact.server, server);
	fact.as.player.connection = connection;
	(void)text_put(fact.as.player.player, sizeof fact.as.player.player, "Steve");
	fixture_note(f, &fact);
}

static void
deliver(struct fixture *f)
{
	size_t count = f->fact_count;
	struct fact *facts = f->facts;

	f->facts = NULL;
	f->fact_count = 0;
	for (size_t i = 0; i < count; i++)
		plane_note(f->plane, &facts[i]);
	mem_free(facts);
}

void
fixture_run(struct fixture *f, struct duration time)
{
	struct instant end = instant_add(f->now, time);

	for (;;) {
		do {
			deliver(f);
			f->due = plane_turn(f->plane, f->now);
		} while (f->fact_count > 0);
		if (!instant_is_set(f->due) || f->due.ms > end.ms)
			break;
		if (f->due.ms > f->now.ms)
			f->now = f->due;
		else if (f->now.ms < end.ms)
			f->now.ms++;
		else
			break;
	}
	f->now = end;
}

void
fixture_turn_until_started(struct fixture *f)
{
	while (f->process_count == 0) {
		deliver(f);
		f->due = plane_turn(f->plane, f->now);
	}
}

void
fixture_end(struct fixture *f)
{
	struct fact fact = { .kind = FACT_PROCESS_ENDED, .server = "survival" };
	struct fixture_process *p = fixture_running(f);

	ASSERT(p != NULL);
	p->running = false;
	(void)text_put(fact.as.process.token, sizeof fact.as.process.token, p->token);
	fixture_note(f, &fact);
}

struct fixture_process *
fixture_running(struct fixture *f)
{
	struct fixture_process *running = NULL;

	for (size_t i = 0; i < f->process_count; i++) {
		if (f->processes[i].running) {
			ASSERT(running == NULL);
			running = &f->processes[i];
		}
	}
	return running;
}

size_t
fixture_count(const struct fixture *f, const char *type)
{
	size_t count = 0;

	for (size_t i = 0; i < f->event_count; i++)
		count += strcmp(f->events[i].type, type) == 0;
	return count;
}

const char *
fixture_last(const struct fixture *f, const char *type)
{
	for (size_t i = f->event_count; i-- > 0;) {
		if (strcmp(f->events[i].type, type) == 0)
			return f->events[i].data;
	}
	return NULL;
}

struct server *
fixture_server(struct fixture *f, const char *name)
{
	struct server *server = plane_server(f->plane, name);

	ASSERT(server != NULL);
	return server;
}
