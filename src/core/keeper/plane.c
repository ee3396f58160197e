/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plane's outside: servers declared and removed, facts noted, tickets given
 * out. What is changed here goes into the next batch; what follows from it is
 * the turn's to decide.
 */

#include "keeper/plane_inside.h"

#include <stdio.h>
#include <string.h>

#define CLOCK_SLACK_MS 1000 /* further back than this, the clock was set */

void *
array_add(void *array_pointer, size_t *count, size_t *room, size_t size)
{
	char *array;
	void *place;

	memcpy(&array, array_pointer, sizeof array);
	if (*count == *room) {
		*room = *room > 0 ? 2 * *room : 8;
		array = mem_resize(array, *room * size);
		memcpy(array_pointer, &array, sizeof array);
	}
	place = array + *count * size;
	memset(place, 0, size);
	(*count)++;
	return place;
}

static void
settings_deinit(struct plane_settings *settings)
{
	char *host = (char *)(uintptr_t)settings->unknown_host;
	char *version = (char *)(uintptr_t)settings->version;

	mem_free(host);
	mem_free(version);
	mem_free(settings->proxy_from);
}

void
plane_configure(struct plane *plane, const struct plane_settings *settings)
{
	struct plane_settings copy = *settings;

	copy.unknown_host = text_copy(settings->unknown_host);
	copy.version = text_copy(settings->version);
	copy.proxy_from = mem_new_array(settings->proxy_from_count, sizeof *copy.proxy_from);
	if (settings->proxy_from_count > 0)
		memcpy(copy.proxy_from, settings->proxy_from,
		       settings->proxy_from_count * sizeof *copy.proxy_from);
	settings_deinit(&plane->settings);
	plane->settings = copy;
	for (size_t i = 0; i < plane->kept_count; i++)
		kept_learn_favicon(plane, plane->kept[i]);
	plane->show_due = true;
}

struct plane *
plane_new(const struct plane_ports *ports, const struct plane_settings *settings)
{
	struct plane *plane = mem_new(sizeof *plane);

	plane->ports = *ports;
	services_init(plane);
	plane_configure(plane, settings);
	return plane;
}

static void
fact_deinit(struct fact *fact)
{
	if (fact->kind == FACT_REPLY)
		reply_deinit(&fact->as.reply);
	if (fact->kind != FACT_CONSOLE_LINE)
		return;
	mem_free(fact->as.process.line);
	mem_free(fact->as.process.styled);
}

static void
kept_free(struct kept *kept)
{
	spec_free(kept->server.spec);
	mem_free(kept->server.live.status_json);
	mem_free(kept->say);
	mem_free(kept->favicon);
	gate_roster_unref(kept->roster);
	mem_free(kept->doors);
	mem_free(kept->sessions);
	mem_free(kept->known);
	mem_free(kept);
}

void
plane_free(struct plane *plane)
{
	if (plane == NULL)
		return;
	for (size_t i = 0; i < plane->kept_count; i++)
		kept_free(plane->kept[i]);
	for (size_t i = 0; i < plane->inbox_count; i++)
		fact_deinit(&plane->inbox[i]);
	for (size_t i = 0; i < plane->heard_count; i++)
		reply_deinit(&plane->heard[i]);
	for (size_t i = 0; i < plane->loaded_count; i++) {
		mem_free(plane->loaded[i].key);
		mem_free(plane->loaded[i].body);
	}
	if (plane->flight_answered)
		reply_deinit(&plane->flight_reply);
	batch_deinit(&plane->next);
	batch_deinit(&plane->flight);
	settings_deinit(&plane->settings);
	mem_free(plane->kept);
	mem_free(plane->inbox);
	mem_free(plane->heard);
	mem_free(plane->expected);
	mem_free(plane->after);
	mem_free(plane->loaded);
	mem_free(plane);
}

/* Tickets and facts. */

struct ticket
plane_ticket(struct plane *plane)
{
	return (struct ticket){ ++plane->last_ticket };
}

struct ticket
plane_expect(struct plane *plane, plane_heard *heard, void *argument)
{
	struct expected *e = array_add(&plane->expected, &plane->expected_count,
				       &plane->expected_room, sizeof *e);

	*e = (struct expected){ plane_ticket(plane), heard, argument };
	return e->ticket;
}

void
plane_forget(struct plane *plane, struct ticket ticket)
{
	for (size_t i = 0; i < plane->expected_count; i++) {
		if (plane->expected[i].ticket.v == ticket.v) {
			plane->expected[i] = plane->expected[--plane->expected_count];
			return;
		}
	}
}

static bool
is_expected(const struct plane *plane, struct ticket ticket)
{
	for (size_t i = 0; i < plane->expected_count; i++) {
		if (plane->expected[i].ticket.v == ticket.v)
			return true;
	}
	return false;
}

static void
note_reply(struct plane *plane, const struct reply *reply)
{
	struct reply *place;

	if (plane->flight_ticket.v != 0 && reply->ticket.v == plane->flight_ticket.v) {
		plane->flight_ticket = (struct ticket){ 0 };
		plane->flight_reply = *reply;
		plane->flight_answered = true;
	} else if (is_expected(plane, reply->ticket)) {
		place = array_add(&plane->heard, &plane->heard_count, &plane->heard_room,
				  sizeof *place);
		*place = *reply;
	} else {
		struct fact *fact = array_add(&plane->inbox, &plane->inbox_count,
					      &plane->inbox_room, sizeof *fact);

		fact->kind = FACT_REPLY;
		fact->as.reply = *reply;
	}
}

/*
 * What a game has said while roost was away comes at once, before it is known which servers
 * there are and what their lines say: it waits in the inbox for that.
 */
static void
note_line(struct plane *plane, const struct fact *fact)
{
	struct kept *kept = plane_find(plane, fact->server);
	struct fact told;

	if (fact->as.process.line == NULL)
		return;
	if (plane->console != NULL)
		plane->console(plane->console_argument, fact);
	if (!fact->as.process.past)
		services_line(plane, fact->server, fact->as.process.line);
	if (!plane->loading.done && plane->inbox_count < INBOX_LIMIT) {
		*(struct fact *)array_add(&plane->inbox, &plane->inbox_count, &plane->inbox_room,
					  sizeof *fact) = *fact;
		return;
	}
	if (kept != NULL && session_read_line(kept, fact, &told) &&
	    plane->inbox_count < INBOX_LIMIT)
		*(struct fact *)array_add(&plane->inbox, &plane->inbox_count, &plane->inbox_room,
					  sizeof told) = told;
	mem_free(fact->as.process.line);
	mem_free(fact->as.process.styled);
}

void
plane_note(struct plane *plane, const struct fact *fact)
{
	struct fact *place;

	if (fact->kind == FACT_REPLY) {
		note_reply(plane, &fact->as.reply);
		return;
	}
	if (fact->kind == FACT_CONSOLE_LINE) {
		note_line(plane, fact);
		return;
	}
	if (plane->inbox_count >= INBOX_LIMIT &&
	    (fact->kind == FACT_KNOCKED || fact->kind == FACT_REFUSED))
		return;
	place = array_add(&plane->inbox, &plane->inbox_count, &plane->inbox_room, sizeof *place);
	*place = *fact;
}

/* Servers. */

static size_t
place_of(const struct plane *plane, const char *name, bool *ret_there)
{
	size_t low = 0, high = plane->kept_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(plane->kept[middle]->server.spec->name, name);

		if (order == 0) {
			*ret_there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_there = false;
	return low;
}

struct kept *
plane_find(struct plane *plane, const char *name)
{
	bool there;
	size_t at = place_of(plane, name, &there);

	return there && !plane->kept[at]->removed ? plane->kept[at] : NULL;
}

void
kept_learn_favicon(struct plane *plane, struct kept *kept)
{
	mem_free(kept->favicon);
	kept->favicon = NULL;
	if (plane->settings.favicon != NULL)
		kept->favicon = plane->settings.favicon(plane->settings.favicon_argument,
							kept->server.spec);
}

void
plane_show_roster(struct plane *plane, const char *server, struct gate_roster *roster)
{
	struct kept *kept = plane_find(plane, server);

	if (kept == NULL) {
		gate_roster_unref(roster);
		return;
	}
	gate_roster_unref(kept->roster);
	kept->roster = roster;
	plane->show_due = true;
}

struct kept *
plane_add(struct plane *plane, struct server_spec *spec)
{
	struct kept *kept = mem_new(sizeof *kept), **place;
	bool there;
	size_t at = place_of(plane, spec->name, &there);

	ASSERT(!there);
	place = array_add(&plane->kept, &plane->kept_count, &plane->kept_room, sizeof *place);
	memmove(&plane->kept[at + 1], &plane->kept[at],
		(size_t)((char *)place - (char *)&plane->kept[at]));
	plane->kept[at] = kept;
	kept->server.spec = spec;
	kept->draft.state = STATE_ASLEEP;
	kept->draft.since = plane->now;
	kept->server.status = kept->draft;
	plane_new_id(plane, kept->fresh_id);
	kept_learn_favicon(plane, kept);
	return kept;
}

void
plane_drop_removed(struct plane *plane)
{
	size_t left = 0;

	for (size_t i = 0; i < plane->kept_count; i++) {
		if (plane->kept[i]->removed)
			kept_free(plane->kept[i]);
		else
			plane->kept[left++] = plane->kept[i];
	}
	plane->kept_count = left;
}

static void
put_spec(struct plane *plane, const struct server_spec *spec, const char *by)
{
	CLEANUP(json_freep) json_t *body = spec_json(spec);
	json_t *data = json_object();

	plane_put(plane, DOCUMENT_SERVER, spec->name, body);
	json_set_text(data, "by", by);
	plane_tell(plane, EVENT_SERVER_DECLARED, spec->name, data);
	plane->show_due = true;
}

static bool
is_same(const struct server_spec *a, const struct server_spec *b)
{
	CLEANUP(json_freep) json_t *one = spec_json(a);
	CLEANUP(json_freep) json_t *other = spec_json(b);

	return json_equal(one, other) != 0;
}

bool
plane_declare(struct plane *plane, struct server_spec *spec, const char *by)
{
	bool there;
	size_t at = place_of(plane, spec->name, &there);
	struct kept *kept = there ? plane->kept[at] : NULL;

	if ((kept != NULL && !kept->removed && is_same(kept->server.spec, spec)) ||
	    (kept == NULL && plane->kept_count >= SERVERS_LIMIT)) {
		spec_free(spec);
		return false;
	}
	if (kept == NULL) {
		kept = plane_add(plane, spec);
	} else {
		if (kept->removed) {
			kept->draft = (struct server_status){ .since = plane->now };
			kept->changed = true;
		}
		kept->removed = false;
		spec_free(kept->server.spec);
		kept->server.spec = spec;
		kept_learn_favicon(plane, kept);
	}
	kept->due = plane->now;
	put_spec(plane, spec, by);
	return true;
}

static bool
is_at_rest(const struct server_status *status)
{
	return (status->state == STATE_ASLEEP || status->state == STATE_FAILED) &&
	       status->flow.direction == FLOW_NONE && status->want == WANT_DOWN;
}

bool
plane_remove(struct plane *plane, const char *name, const char *by)
{
	struct kept *kept = plane_find(plane, name);
	char runs[SERVER_NAME_LIMIT + 2];
	json_t *data;

	if (kept == NULL || !is_at_rest(&kept->draft) || !is_at_rest(&kept->server.status))
		return false;
	kept->removed = true;
	data = json_object();
	json_set_text(data, "by", by);
	plane_delete(plane, DOCUMENT_SERVER, name);
	plane_delete(plane, DOCUMENT_STATUS, name);
	(void)snprintf(runs, sizeof runs, "%s/", name);
	batch_prune(&plane->next, DOCUMENT_RUN, runs, 0);
	session_forget(plane, kept);
	plane_tell(plane, EVENT_SERVER_REMOVED, name, data);
	plane->show_due = true;
	return true;
}

size_t
plane_server_count(const struct plane *plane)
{
	size_t count = 0;

	for (size_t i = 0; i < plane->kept_count; i++)
		count += !plane->kept[i]->removed;
	return count;
}

struct server *
plane_server_at(struct plane *plane, size_t index)
{
	for (size_t i = 0; i < plane->kept_count; i++) {
		if (!plane->kept[i]->removed && index-- == 0)
			return &plane->kept[i]->server;
	}
	return NULL;
}

struct server *
plane_server(struct plane *plane, const char *name)
{
	struct kept *kept = plane_find(plane, name);

	return kept != NULL ? &kept->server : NULL;
}

/* What goes into the next commit. */

void
plane_put(struct plane *plane, enum document_kind kind, const char *key, const json_t *body)
{
	CLEANUP(text_freep) char *text = json_text(body);

	batch_put(&plane->next, kind, key, text);
}

void
plane_delete(struct plane *plane, enum document_kind kind, const char *key)
{
	batch_put(&plane->next, kind, key, NULL);
}

void
plane_prune(struct plane *plane, enum document_kind kind, const char *prefix, unsigned keep)
{
	batch_prune(&plane->next, kind, prefix, keep);
}

uint64_t
plane_tell_to(struct plane *plane, enum event_type type, const char *subject, enum role audience,
	      json_t *data)
{
	json_t *said = data != NULL ? data : json_object();
	uint64_t offset = plane_next_offset(plane);

	/* The offset is given when the batch is closed (commit.c): behind the one in flight, in this order. */
	batch_add_event(&plane->next, 0, plane->now, event_word(type), subject, audience,
			json_text(said));
	json_decref(said);
	return offset;
}

void
plane_tell(struct plane *plane, enum event_type type, const char *subject, json_t *data)
{
	(void)plane_tell_to(plane, type, subject, event_audience(type), data);
}

void
plane_after_commit(struct plane *plane, plane_done *done, void *argument)
{
	struct after *after =
		array_add(&plane->after, &plane->after_count, &plane->after_room, sizeof *after);

	*after = (struct after){ .done = done, .argument = argument };
}

void
plane_after_commit_or(struct plane *plane, plane_done *done, plane_done *stuck, void *argument)
{
	plane_after_commit(plane, done, argument);
	plane->after[plane->after_count - 1].stuck = stuck;
}

/* Questions about it. */

bool
plane_is_loaded(const struct plane *plane)
{
	return plane->loading.done;
}

bool
plane_is_durable(const struct plane *plane, const char **ret_reason)
{
	*ret_reason = plane->trouble;
	return plane->trouble[0] == '\0';
}

struct instant
plane_now(const struct plane *plane)
{
	return plane->now;
}

/* What is due is due by the clock as it was: once that is set back, everything is looked at. */
static void
look_at_everything(struct plane *plane)
{
	for (size_t i = 0; i < plane->kept_count; i++)
		plane->kept[i]->due = plane->now;
	for (struct plane_service *s = plane->services; s != NULL; s = s->next)
		s->due = plane->now;
}

void
plane_clock(struct plane *plane, struct instant now)
{
	bool set_back = now.ms < plane->now.ms - CLOCK_SLACK_MS;

	plane->now = now;
	if (set_back)
		look_at_everything(plane);
}

const struct plane_ports *
plane_ports(const struct plane *plane)
{
	return &plane->ports;
}

void
plane_new_id(struct plane *plane, char ret_id[static ID_TEXT_SIZE])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t time = (uint64_t)plane->now.ms;
	unsigned char random[ID_TEXT_SIZE - 1 - 10];

	plane->ports.chance->fill(plane->ports.chance, random, sizeof random);
	for (size_t i = 0; i < 10; i++)
		ret_id[i] = digits[time >> (5 * (9 - i)) & 31];
	for (size_t i = 0; i < sizeof random; i++)
		ret_id[10 + i] = digits[random[i] & 31];
	ret_id[ID_TEXT_SIZE - 1] = '\0';
}

void
plane_each_loaded(struct plane *plane, enum document_kind kind, plane_document *each,
		  void *argument)
{
	for (size_t i = 0; i < plane->loaded_count; i++) {
		json_t *body;

		if (plane->loaded[i].kind != kind)
			continue;
		body = json_loads(plane->loaded[i].body, JSON_DECODE_ANY, NULL);
		if (body != NULL)
			each(argument, plane->loaded[i].key, body);
		json_decref(body);
	}
}

const char *
plane_epoch(const struct plane *plane)
{
	return plane->epoch;
}

uint64_t
plane_last_offset(const struct plane *plane)
{
	return plane->last_offset;
}

uint64_t
plane_next_offset(const struct plane *plane)
{
	return plane->last_offset + plane->flight.event_count + plane->next.event_count + 1;
}

void
plane_on_console(struct plane *plane, plane_console *heard, void *argument)
{
	plane->console = heard;
	plane->console_argument = argument;
}
