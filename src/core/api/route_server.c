/* SPDX-License-Identifier: Apache-2.0 */
/* Servers: told, declared, removed, woken, sent to sleep, spoken to. */

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "keeper/history.h"
#include "keeper/session.h"

#define SEEN_LIMIT 100 /* players told with what they played, last seen first */

struct server *
call_server(struct call *call)
{
	struct server *server = plane_server(call->api->plane, call->parameter);

	if (server == NULL) {
		char name[64];

		text_clean(name, sizeof name, call->parameter, strlen(call->parameter));
		call_refuse(call, PROBLEM_NOT_FOUND,
			    "No server is called %s. `roost ls`, or GET /v1/servers, lists those "
			    "there are.",
			    name);
	}
	return server;
}

void
handle_servers(struct call *call)
{
	struct plane *plane = call->api->plane;
	json_t *body = json_object(), *list = json_array();

	for (size_t i = 0; i < plane_server_count(plane); i++)
		ASSERT(json_array_append_new(list, server_json(call->api, plane_server_at(plane, i),
							       &call->caller, false)) == 0);
	ASSERT(json_object_set_new(body, "servers", list) == 0);
	call_answer(call, 200, body);
}

void
handle_server(struct call *call)
{
	const struct server *server = call_server(call);

	if (server != NULL)
		call_answer(call, 200, server_json(call->api, server, &call->caller, true));
}

/* Wishes. */

static void
on_wish_durable(void *argument)
{
	struct call *call = argument;
	const struct server *server = plane_server(call->api->plane, call->parameter);

	if (server != NULL)
		ASSERT(json_object_set_new(call->result, "server",
					   server_json(call->api, server, &call->caller, false)) ==
		       0);
	correlations_settle(call->api->correlations, json_get_text(call->result, "request_id", ""));
	call_answer(call, 202, TAKE(call->result));
}

/* Its progress goes to the connection that asked, if the caller's it is; staff may name anybody's. */
static void
follow(struct call *call, const char *connection, const struct fact *fact)
{
	struct correlation wish = { .role = call->caller.role, .want = fact->as.wish.want };

	if (connection == NULL || !connection_id_is_valid(connection))
		return;
	(void)text_put(wish.request_id, sizeof wish.request_id, fact->as.wish.request_id);
	(void)text_put(wish.server, sizeof wish.server, fact->server);
	(void)text_put(wish.connection, sizeof wish.connection, connection);
	(void)text_put(wish.user, sizeof wish.user, call->caller.user);
	if (call->caller.role < ROLE_STAFF)
		(void)text_put(wish.owner, sizeof wish.owner, call->caller.user);
	correlations_add(call->api->correlations, &wish);
}

static void
wish(struct call *call, enum want want)
{
	struct fact fact = { .kind = FACT_WISH };
	const char *connection = json_get_text(call->fields, "connection_id", NULL);

	if (call_server(call) == NULL)
		return;
	(void)text_put(fact.server, sizeof fact.server, call->parameter);
	fact.as.wish.want = want;
	fact.as.wish.cause = call->cause;
	fact.as.wish.now = json_get_bool(call->fields, "now", false);
	(void)text_put(fact.as.wish.by, sizeof fact.as.wish.by, call->caller.user);
	plane_new_id(call->api->plane, fact.as.wish.request_id);
	call->result = json_object();
	json_set_text(call->result, "request_id", fact.as.wish.request_id);
	if (connection != NULL)
		json_set_text(call->result, "connection_id", connection);
	follow(call, connection, &fact);
	plane_note(call->api->plane, &fact);
	call_after_commit(call, on_wish_durable);
}

void
handle_wake(struct call *call)
{
	wish(call, WANT_UP);
}

void
handle_sleep(struct call *call)
{
	wish(call, WANT_DOWN);
}

/* Console. */

/* Who said what to it, and which way it came; what may have arrived is told too. */
static void
tell_command(struct call *call, bool is_sure)
{
	json_t *data = json_object();

	json_set_text(data, "by", call->caller.user);
	json_set_text(data, "line", call->text);
	json_set_text(data, "via", cause_word(call->cause));
	if (!is_sure)
		json_set_bool(data, "unsure", true);
	plane_tell(call->api->plane, EVENT_COMMAND_SENT, call->parameter, data);
}

/* How often one caller may speak to one console, whatever becomes of it. */
static bool
speaks_too_often(struct call *call)
{
	const struct caller *caller = &call->caller;
	char key[THROTTLE_KEY_SIZE];
	struct duration wait;

	if (call->api->settings.console_commands.per_second <= 0)
		return false;
	(void)snprintf(key, sizeof key, "%s %s", call->parameter, caller->user);
	wait = throttle_take(&call->api->console_commands, key, plane_now(call->api->plane));
	if (wait.ms <= 0)
		return false;
	call_refuse_later(call, PROBLEM_TOO_MANY, wait,
			  "That are too many lines at once for one console; the bounds are "
			  "console.commands.per_second and .burst in roost's configuration.");
	return true;
}

static void
on_said(void *argument, const struct reply *reply)
{
	struct call *call = argument;
	json_t *data;

	if (reply->result == REPLY_REFUSED) {
		call_refuse(call, PROBLEM_CONFLICT, "The line was not sent to %s: %s",
			    call->parameter, reply->reason);
		return;
	}
	if (reply->result == REPLY_UNKNOWN) {
		tell_command(call, false);
		call_refuse(call, PROBLEM_BROKEN,
			    "No answer from %s: the line may or may not have arrived. Look at its "
			    "console before sending it again.",
			    call->parameter);
		return;
	}
	tell_command(call, true);
	data = json_object();
	json_set_bool(data, "sent", true);
	call_answer_after_commit(call, 202, data);
}

void
handle_command(struct call *call)
{
	const struct plane_ports *ports = plane_ports(call->api->plane);
	struct server *server = call_server(call);
	char token[RUN_TOKEN_SIZE];

	if (server == NULL)
		return;
	if (server->status.run.id[0] == '\0') {
		call_refuse(call, PROBLEM_CONFLICT,
			    "%s does not run, so nobody would read the line. "
			    "Wake it first.",
			    call->parameter);
		return;
	}
	if (speaks_too_often(call))
		return;
	(void)text_put(call->text, sizeof call->text, json_get_text(call->fields, "line", ""));
	run_token(&server->status.run, token);
	call->ticket = plane_expect(call->api->plane, on_said, call);
	console_say(ports->process, ports->rcon, call->ticket,
		    &(struct console_order){ server->spec, token, call->text });
}

void
handle_console(struct call *call)
{
	int64_t tail = json_get_integer(call->fields, "tail", CONSOLE_TAIL_LINES);
	struct console_question question = {
		.limit = (size_t)json_get_integer(call->fields, "limit", tail),
		.after = json_get_integer(call->fields, "after", 0),
		.search = json_get_text(call->fields, "search", NULL),
		.ansi = json_get_bool(call->fields, "ansi", false),
	};

	if (call_server(call) != NULL)
		call_answer(call, 200,
			    consoles_answer(call->api->consoles, call->parameter, &question));
}

void
handle_players(struct call *call)
{
	const struct server *server = call_server(call);
	json_t *body, *list;

	if (server == NULL)
		return;
	body = json_object();
	list = json_array();
	for (size_t i = 0; i < server->live.player_count; i++) {
		const struct live_player *player = &server->live.players[i];
		json_t *one = json_object();

		json_set_text(one, "name", player->name);
		json_set_instant(one, "since", player->since);
		json_set_bool(one, "through_gate", player->connection != 0);
		ASSERT(json_array_append_new(list, one) == 0);
	}
	json_set_integer(body, "online", server->live.online);
	json_set_integer(body, "max", server->live.max);
	json_set_integer(body, "held", server->live.held);
	json_set_bool(body, "known", server->live.players_known);
	ASSERT(json_object_set_new(body, "players", list) == 0);
	ASSERT(json_object_set_new(body, "seen",
				   session_player_list(call->api->plane, call->parameter, NULL,
						       SEEN_LIMIT)) == 0);
	call_answer(call, 200, body);
}

/* Sessions. */

/* Those that are open come first, on the first page; stored ones that fit, up to the limit. */
static json_t *
sessions_list(struct call *call, const struct session_player *player, const struct store_rows *rows,
	      bool *ret_more)
{
	size_t limit = (size_t)json_get_integer(call->fields, "limit", 50);
	bool is_first_page = json_object_get(call->fields, "before") == NULL;
	json_t *list = is_first_page ? session_open_list(call->api->plane, call->parameter, player)
				     : json_array();
	size_t stored = 0;

	*ret_more = rows->more;
	for (size_t i = 0; i < rows->document_count; i++) {
		CLEANUP(json_freep) json_t *one = json_loads(rows->documents[i].body, 0, NULL);

		if (!json_is_object(one) || (player != NULL && !session_is_of(one, player)))
			continue;
		if (stored == limit) {
			*ret_more = true;
			break;
		}
		ASSERT(json_array_append(list, one) == 0);
		stored++;
	}
	return list;
}

static void
on_sessions(void *argument, const struct reply *reply)
{
	struct call *call = argument;
	const char *asked = json_get_text(call->fields, "player", NULL);
	struct session_player player;
	json_t *body;
	bool more;

	if (reply->result != REPLY_DONE || reply->holds != REPLY_ROWS) {
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(2), reply->reason);
		return;
	}
	if (asked != NULL)
		session_player_find(call->api->plane, call->parameter, asked, &player);
	body = json_object();
	ASSERT(json_object_set_new(body, "sessions",
				   sessions_list(call, asked != NULL ? &player : NULL,
						 reply->as.rows, &more)) == 0);
	json_set_bool(body, "more", more);
	if (asked != NULL)
		ASSERT(json_object_set_new(body, "players",
					   session_player_list(call->api->plane, call->parameter,
							       &player, SEEN_LIMIT)) == 0);
	call_answer(call, 200, body);
}

void
handle_sessions(struct call *call)
{
	struct store_port *store = plane_ports(call->api->plane)->store;
	struct store_query query = { .what = STORE_DOCUMENTS,
				     .kind = DOCUMENT_PLAYED,
				     .newest_first = true };
	const char *before = json_get_text(call->fields, "before", NULL);

	if (call_server(call) == NULL)
		return;
	(void)snprintf(query.prefix, sizeof query.prefix, "%s/", call->parameter);
	if (before != NULL)
		(void)snprintf(query.after_key, sizeof query.after_key, "%s/%s", call->parameter,
			       before);
	query.limit = (unsigned)json_get_integer(call->fields, "limit", 50);
	if (json_object_get(call->fields, "player") != NULL)
		query.limit = PLAYED_KEPT_LIMIT;
	call->ticket = plane_expect(call->api->plane, on_sessions, call);
	store->read(store, call->ticket, &query);
}

/* Runs. */

/* The run under way is told as it is now, not as it was last stored. */
static json_t *
runs_list(struct call *call, const struct store_rows *rows)
{
	const struct server *server = plane_server(call->api->plane, call->parameter);
	const struct run *now = server != NULL ? &server->status.run : NULL;
	bool is_first_page = json_object_get(call->fields, "before") == NULL;
	json_t *list = json_array();

	if (is_first_page && now != NULL && now->id[0] != '\0')
		ASSERT(json_array_append_new(list, history_json(call->parameter, now, &server->live,
								NEVER)) == 0);
	for (size_t i = 0; i < rows->document_count; i++) {
		json_t *run = json_loads(rows->documents[i].body, 0, NULL);

		if (!json_is_object(run) ||
		    (now != NULL && text_equal(json_get_text(run, "id", ""), now->id)))
			json_decref(run);
		else
			ASSERT(json_array_append_new(list, run) == 0);
	}
	return list;
}

static void
on_runs(void *argument, const struct reply *reply)
{
	struct call *call = argument;
	json_t *body;

	if (reply->result != REPLY_DONE || reply->holds != REPLY_ROWS) {
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(2), reply->reason);
		return;
	}
	body = json_object();
	ASSERT(json_object_set_new(body, "runs", runs_list(call, reply->as.rows)) == 0);
	json_set_bool(body, "more", reply->as.rows->more);
	call_answer(call, 200, body);
}

void
handle_runs(struct call *call)
{
	struct store_port *store = plane_ports(call->api->plane)->store;
	struct store_query query = { .what = STORE_DOCUMENTS,
				     .kind = DOCUMENT_RUN,
				     .newest_first = true };
	const char *before = json_get_text(call->fields, "before", NULL);

	if (call_server(call) == NULL)
		return;
	(void)snprintf(query.prefix, sizeof query.prefix, "%s/", call->parameter);
	if (before != NULL)
		(void)snprintf(query.after_key, sizeof query.after_key, "%s/%s", call->parameter,
			       before);
	query.limit = (unsigned)json_get_integer(call->fields, "limit", 50);
	call->ticket = plane_expect(call->api->plane, on_runs, call);
	store->read(store, call->ticket, &query);
}
