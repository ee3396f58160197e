/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first turns: read the record, put every server back into its stored
 * state, and re-arm what that state waits for. A flow goes on at its saved
 * step; a server that was up is looked for before it is believed.
 */

#include "keeper/plane_inside.h"

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"

#define PAGE 500

static const enum document_kind kinds[] = { DOCUMENT_META,    DOCUMENT_SERVER,	DOCUMENT_STATUS,
					    DOCUMENT_USER,    DOCUMENT_TOKEN,	DOCUMENT_SESSION,
					    DOCUMENT_KEY,     DOCUMENT_WEBHOOK, DOCUMENT_LANE,
					    DOCUMENT_PUSH,    DOCUMENT_ROSTER,	DOCUMENT_SCHEDULE,
					    DOCUMENT_ONLINE,  DOCUMENT_PLAYER,	DOCUMENT_BACKUP,
					    DOCUMENT_RESTORE, DOCUMENT_PROFILE, DOCUMENT_TEMPLATE };

enum stage {
	STAGE_BOUNDS,
	STAGE_KINDS,					 /* one for each of `kinds` */
	STAGE_RUNS = STAGE_KINDS + (int)ELEMENTS(kinds), /* of servers that are up */
	STAGE_END
};

static bool
is_up(const struct kept *kept)
{
	return kept->draft.state == STATE_READY || kept->draft.state == STATE_LOST;
}

static void
ask(struct plane *plane)
{
	struct loading *l = &plane->loading;
	struct store_query query = { .what = STORE_BOUNDS, .limit = PAGE };

	if (l->stage >= STAGE_KINDS)
		query.what = STORE_DOCUMENTS;
	if (l->stage == STAGE_RUNS) {
		const struct kept *kept = plane->kept[l->at];

		query.kind = DOCUMENT_RUN;
		(void)snprintf(query.prefix, sizeof query.prefix, "%s/%s", kept->server.spec->name,
			       kept->draft.run.id);
	} else if (l->stage >= STAGE_KINDS) {
		query.kind = kinds[l->stage - STAGE_KINDS];
		(void)text_put(query.after_key, sizeof query.after_key, l->after_key);
	}
	l->ticket = plane_ticket(plane);
	l->again_at = instant_add(plane->now, FLOW_ANSWER_WITHIN);
	plane->ports.store->read(plane->ports.store, l->ticket, &query);
}

static void
learn_server(struct plane *plane, const char *key, const json_t *body)
{
	struct spec_error error;
	struct server_spec *spec;

	/* What this version cannot read is left as it is, and not kept. */
	if (spec_parse(body, "/", &error, 1, &spec) != 0)
		return;
	if (plane->kept_count >= SERVERS_LIMIT || plane_find(plane, spec->name) != NULL)
		spec_free(spec);
	else
		(void)plane_add(plane, spec);
}

static void
learn_status(struct plane *plane, const char *key, const json_t *body)
{
	struct kept *kept = plane_find(plane, key);
	struct server_status status;

	if (kept == NULL || !status_parse(body, &status))
		return;
	if (status.flow.direction != FLOW_NONE) {
		const struct recipe *recipe = provider_recipe(status.flow.recipe);

		if (recipe == NULL || status.flow.step >= recipe->count)
			return;
		flow_saved(&status.flow, plane->now);
	}
	kept->draft = status;
	kept->server.status = status;
	run_token(&status.run, kept->run_at_load);
	kept->unfound = is_up(kept) && !MUTANT(NO_COLDPLUG);
}

static void
keep_for_services(struct plane *plane, struct store_document *document)
{
	struct store_document *place =
		array_add(&plane->loaded, &plane->loaded_count, &plane->loaded_room, sizeof *place);

	*place = *document;
	document->key = NULL;
	document->body = NULL;
}

static void
learn_players(struct plane *plane, const struct store_document *document, const json_t *body)
{
	char server[SERVER_NAME_LIMIT + 1];
	struct kept *kept;

	(void)text_put(server, sizeof server, document->key);
	server[strcspn(server, "/")] = '\0';
	kept = plane_find(plane, server);
	if (kept == NULL)
		return;
	if (document->kind == DOCUMENT_ONLINE)
		session_learn_open(plane, kept, body);
	else
		session_learn_player(kept, body);
}

static void
learn(struct plane *plane, struct store_document *document)
{
	CLEANUP(json_freep) json_t *body = NULL;

	if (document->body == NULL)
		return;
	switch (document->kind) {
	case DOCUMENT_SERVER:
	case DOCUMENT_STATUS:
	case DOCUMENT_RUN:
	case DOCUMENT_ONLINE:
	case DOCUMENT_PLAYER:
		body = json_loads(document->body, 0, NULL);
		break;
	case DOCUMENT_META:
	case DOCUMENT_USER:
	case DOCUMENT_TOKEN:
	case DOCUMENT_SESSION:
	case DOCUMENT_KEY:
	case DOCUMENT_WEBHOOK:
	case DOCUMENT_LANE:
	case DOCUMENT_DEAD:
	case DOCUMENT_PUSH:
	case DOCUMENT_ROSTER:
	case DOCUMENT_PROFILE:
	case DOCUMENT_SCHEDULE:
	case DOCUMENT_PLAYED:
	case DOCUMENT_BACKUP:
	case DOCUMENT_RESTORE:
	case DOCUMENT_TEMPLATE:
	case DOCUMENT_MAX:
		keep_for_services(plane, document);
		return;
	}
	if (body == NULL)
		return;
	if (document->kind == DOCUMENT_SERVER)
		learn_server(plane, document->key, body);
	else if (document->kind == DOCUMENT_STATUS)
		learn_status(plane, document->key, body);
	else if (document->kind == DOCUMENT_RUN)
		history_resume(plane->kept[plane->loading.at], body);
	else
		learn_players(plane, document, body);
}

/* To the next server that is up, or past the end. */
static void
seek_run(struct plane *plane, size_t from)
{
	struct loading *l = &plane->loading;

	for (l->at = from; l->at < plane->kept_count && !is_up(plane->kept[l->at]);)
		l->at++;
	if (l->at == plane->kept_count)
		l->stage = STAGE_END;
}

static void
advance(struct plane *plane, bool more)
{
	struct loading *l = &plane->loading;

	if (l->stage == STAGE_RUNS) {
		seek_run(plane, l->at + 1);
		return;
	}
	if (more)
		return;
	l->after_key[0] = '\0';
	if (++l->stage == STAGE_RUNS)
		seek_run(plane, 0);
}

static void
take_rows(struct plane *plane, struct store_rows *rows)
{
	struct loading *l = &plane->loading;

	if (l->stage == STAGE_BOUNDS) {
		plane->last_offset = rows->last;
		(void)text_put(plane->epoch, sizeof plane->epoch, rows->epoch);
	}
	if (rows->document_count > 0)
		(void)text_put(l->after_key, sizeof l->after_key,
			       rows->documents[rows->document_count - 1].key);
	for (size_t i = 0; i < rows->document_count; i++)
		learn(plane, &rows->documents[i]);
	advance(plane, rows->more && rows->document_count > 0);
}

static void
finish(struct plane *plane)
{
	json_t *data = json_object();
	size_t resumed = 0;

	for (size_t i = 0; i < plane->kept_count; i++) {
		struct kept *kept = plane->kept[i];

		resumed += kept->draft.state != STATE_ASLEEP && kept->draft.state != STATE_FAILED;
		kept->due = plane->now;
		kept->look.due = plane->now;
	}
	plane->loading.done = true;
	disk_learn(plane);
	plane->trouble[0] = '\0';
	plane->reaper.list.due = plane->now;
	plane->show_due = true;
	json_set_text(data, "version", plane->settings.version);
	json_set_integer(data, "resumed", (int64_t)resumed);
	plane_tell(plane, EVENT_ROOST_STARTED, "", data);
}

static void
try_later(struct plane *plane, const char *reason)
{
	struct loading *l = &plane->loading;
	int64_t delay = l->tries < 5 ? 250 << l->tries : 10000;

	l->tries++;
	l->again_at = instant_add(plane->now, DURATION_MS(delay));
	(void)snprintf(plane->trouble, sizeof plane->trouble, "The record cannot be read: %s",
		       reason);
}

/* The answer among what was noted; everything else stays noted. */
static bool
find_reply(struct plane *plane, struct reply *ret_reply)
{
	for (size_t i = 0; i < plane->inbox_count; i++) {
		struct fact *fact = &plane->inbox[i];

		if (fact->kind != FACT_REPLY || fact->as.reply.ticket.v != plane->loading.ticket.v)
			continue;
		*ret_reply = fact->as.reply;
		memmove(fact, fact + 1, (plane->inbox_count - i - 1) * sizeof *fact);
		plane->inbox_count--;
		return true;
	}
	return false;
}

bool
load_turn(struct plane *plane)
{
	struct loading *l = &plane->loading;
	struct reply reply;

	if (l->ticket.v == 0) {
		if (l->again_at.ms == 0 || instant_reached(plane->now, l->again_at))
			ask(plane);
		return false;
	}
	if (!find_reply(plane, &reply)) {
		if (instant_reached(plane->now, l->again_at)) {
			l->ticket = (struct ticket){ 0 };
			try_later(plane, "no answer");
		}
		return false;
	}
	l->ticket = (struct ticket){ 0 };
	l->again_at = NEVER;
	if (reply.result == REPLY_DONE && reply.holds == REPLY_ROWS)
		take_rows(plane, reply.as.rows);
	else
		try_later(plane, reply.reason);
	reply_deinit(&reply);
	if (l->stage == STAGE_END) {
		finish(plane);
		return true;
	}
	if (l->again_at.ms == 0)
		ask(plane);
	return false;
}

struct instant
load_due(const struct plane *plane)
{
	return plane->loading.again_at;
}
