/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The game's own files: when they are looked at, and when they are written. They are
 * written only while no game runs that holds them: after its end, and in the step of a
 * start that waits for us. What makes it hard is that the game and people change them as
 * well: what was read is compared again where it is replaced (port/files.h).
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "service/roster_state.h"

#define LOOK_AFTER	DURATION_MS(1500) /* the game has written what it was told by then */
#define LOOK_LATER	DURATION_S(15)
#define TRY_AGAIN	DURATION_S(30) /* what could not be read or written */
#define LOOKS_MOST	3
#define MISSES_MOST	5
#define ACCOUNTS_WITHIN DURATION_S(9) /* a start waits so long for accounts to be looked up */

static const char *const names[ROSTER_FILES] = { "whitelist.json", "ops.json",
						 "banned-players.json", "banned-ips.json",
						 "server.properties" };

/* May its files be read at all? */
static const struct server *
watched(const struct roster *roster)
{
	struct plane *plane = roster->of->plane;
	const struct server *server = plane_server(plane, roster->server);

	if (server == NULL || plane_ports(plane)->files == NULL ||
	    server->spec->game != GAME_MINECRAFT_JAVA || server->spec->provider != PROVIDER_LOCAL)
		return NULL;
	return server;
}

bool
roster_files_are_watched(const struct roster *roster)
{
	return watched(roster) != NULL;
}

/* Nothing runs that would write them, and nothing starts before we say so. */
static bool
is_down(const struct roster *roster, const struct server *server)
{
	char token[RUN_TOKEN_SIZE];

	if (server->status.state == STATE_ASLEEP || server->status.state == STATE_FAILED)
		return true;
	run_token(&server->status.run, token);
	return server->status.state == STATE_WAKING && roster->preparing[0] != '\0' &&
	       strcmp(roster->preparing, token) == 0 && strcmp(roster->prepared, token) != 0;
}

static bool
is_closed(const struct server *server)
{
	return server->spec->policy.roster != ROSTER_OPEN;
}

static void
drop_found(struct roster *roster)
{
	files_answer_free(TAKE(roster->found));
	for (size_t i = 0; i < GAME_LIST_MAX; i++)
		mem_free(TAKE(roster->texts[i]));
}

void
roster_files_free(struct roster *roster)
{
	drop_found(roster);
}

static struct roster_player *
player_at(struct roster *roster, size_t index)
{
	return roster->players.items[index];
}

/* Ends. */

static void
tell_trouble(struct roster *roster)
{
	json_t *data;

	if (strcmp(roster->trouble, roster->told_trouble) == 0)
		return;
	(void)text_put(roster->told_trouble, sizeof roster->told_trouble, roster->trouble);
	if (roster->trouble[0] == '\0')
		return;
	data = json_object();
	json_set_text(data, "reason", roster->trouble);
	plane_tell(roster->of->plane, EVENT_ROSTER_FAILED, roster->server, data);
}

/* What was to be written is, or is not. */
static void
settle_written(struct roster *roster, bool written)
{
	for (size_t i = 0; i < roster->players.count; i++) {
		struct roster_player *player = player_at(roster, i);

		if (player->writing == 0)
			continue;
		if (written)
			player->settling &= ~player->writing;
		else
			player->unsure |= player->writing;
		player->writing = 0;
		roster_save(roster, player);
	}
	if (written && roster->is_restored) {
		roster->is_restored = false;
		roster_save_own(roster);
	}
}

static bool
is_settling(struct roster *roster)
{
	for (size_t i = 0; i < roster->players.count; i++)
		if (player_at(roster, i)->settling != 0)
			return true;
	return false;
}

static void
finish(struct roster *roster, bool good)
{
	roster->files_are = FILES_IDLE;
	roster->cannot = !good;
	roster->misses = 0;
	if (roster->was_down) {
		settle_written(roster, good);
		if (good && roster->asked_for[0] != '\0')
			(void)text_put(roster->prepared, sizeof roster->prepared,
				       roster->asked_for);
		roster->waits = true;
	} else if (good && !roster->is_due && is_settling(roster) && ++roster->looks < LOOKS_MOST) {
		roster->is_due = true;
		roster->look_at = instant_add(plane_now(roster->of->plane), LOOK_LATER);
	}
	if (!good && !roster->is_due) {
		roster->is_due = true;
		roster->look_at = instant_add(plane_now(roster->of->plane), TRY_AGAIN);
	}
	if (good)
		roster->trouble[0] = '\0';
	tell_trouble(roster);
	drop_found(roster);
}

static void
fail(struct roster *roster, const char *why)
{
	(void)text_put(roster->trouble, sizeof roster->trouble, why);
	finish(roster, false);
}

/* Begins again at once: what was found is old. */
static void
look_again(struct roster *roster, struct duration wait)
{
	roster->files_are = FILES_IDLE;
	roster->is_due = true;
	roster->look_at = instant_add(plane_now(roster->of->plane), wait);
	drop_found(roster);
}

/* Accounts. */

enum profile_is
rosters_uuid(struct rosters *rosters, const char *server, const struct roster_player *player,
	     char ret_uuid[static PLAYER_UUID_SIZE])
{
	const struct server *is = plane_server(rosters->plane, server);
	const struct roster *roster = keyed_find(&rosters->rosters, server);
	enum roster_uuids uuids = is != NULL ? is->spec->roster.uuids : UUIDS_AUTO;
	struct profile profile;
	enum profile_is found = PROFILE_CANNOT;

	if (uuids == UUIDS_AUTO && roster != NULL && roster->properties.is_known)
		uuids = roster->properties.online_mode ? UUIDS_ONLINE : UUIDS_OFFLINE;
	if (player->is_network)
		return PROFILE_NONE;
	if (uuids == UUIDS_OFFLINE) {
		player_uuid_offline(player->name, ret_uuid);
		return PROFILE_KNOWN;
	}
	if (uuids == UUIDS_ONLINE)
		found = profiles_find(rosters->profiles, player->name, &profile);
	if (found == PROFILE_KNOWN)
		(void)text_put(ret_uuid, PLAYER_UUID_SIZE, profile.uuid);
	if (found == PROFILE_KNOWN || player->uuid[0] == '\0')
		return found;
	(void)text_put(ret_uuid, PLAYER_UUID_SIZE, player->uuid);
	return PROFILE_KNOWN;
}

/* Is an answer on its way that this start should have? */
static bool
waits_for_accounts(struct roster *roster, struct instant now)
{
	char uuid[PLAYER_UUID_SIZE];

	if (instant_reached(now, instant_add(roster->preparing_since, ACCOUNTS_WITHIN)))
		return false;
	for (size_t i = 0; i < roster->players.count; i++) {
		const struct roster_player *player = player_at(roster, i);

		if (!player->is_network && roster_player_flags(player) != 0 &&
		    rosters_uuid(roster->of, roster->server, player, uuid) == PROFILE_ASKED)
			return true;
	}
	return false;
}

/* The turn. */

static void
take_properties(struct roster *roster)
{
	const struct file_text *text = &roster->found->files[ROSTER_PROPERTIES];

	roster->properties = (struct game_properties){ .op_level = 4 };
	if (text->is_there)
		game_properties_parse(text->text, text->length, &roster->properties);
}

/* They were read: take what was changed in the game, and find what they are to say. */
static void
take_found(struct roster *roster, const struct server *server, struct instant now)
{
	bool writes = false;

	roster->was_down = roster->was_down && is_down(roster, server);
	take_properties(roster);
	if (!roster->found->is_there) {
		finish(roster, true);
		return;
	}
	if (roster->was_down && roster->asked_for[0] != '\0' && waits_for_accounts(roster, now)) {
		look_again(roster, DURATION_MS(500));
		return;
	}
	if (!roster_merge(roster, roster->found)) {
		finish(roster, false);
		return;
	}
	for (size_t i = 0; i < GAME_LIST_MAX; i++)
		writes = writes || roster->texts[i] != NULL;
	if (!writes) {
		finish(roster, true);
		return;
	}
	roster->files_are = FILES_TO_WRITE;
}

static void
begin(struct roster *roster, const struct server *server, struct instant now)
{
	roster->is_due = false;
	roster->look_at = NEVER;
	roster->asked_at = now;
	roster->was_down = is_down(roster, server);
	(void)text_put(roster->asked_for, sizeof roster->asked_for,
		       roster->was_down && server->status.state == STATE_WAKING ? roster->preparing
										: "");
	roster->files_are = FILES_TO_READ;
}

void
roster_files_decide(struct roster *roster, struct instant now)
{
	const struct server *server = watched(roster);

	if (server == NULL) {
		roster->is_due = false;
		return;
	}
	if (roster->files_are == FILES_READ && roster->asked.v == 0)
		take_found(roster, server, now);
	if (roster->files_are != FILES_IDLE || !roster->is_due)
		return;
	if (instant_is_set(roster->look_at) && !instant_reached(now, roster->look_at))
		return;
	if (!is_down(roster, server) &&
	    !instant_reached(now, instant_add(roster->asked_at, LOOK_AFTER)))
		roster->look_at = instant_add(roster->asked_at, LOOK_AFTER);
	else
		begin(roster, server, now);
}

struct instant
roster_files_due(const struct roster *roster)
{
	return roster->is_due && roster->files_are == FILES_IDLE ? roster->look_at : NEVER;
}

static void
on_read(void *argument, const struct reply *reply)
{
	struct roster *roster = argument;

	roster->asked = (struct ticket){ 0 };
	plane_wake_service(roster->of->plane, &roster->of->service);
	if (reply->holds != REPLY_FILES) {
		fail(roster,
		     reply->reason[0] != '\0' ? reply->reason : "the game's files cannot be read");
		return;
	}
	/* The reply is only lent, and what it holds is wanted in the turn. */
	roster->found = mem_new(sizeof *roster->found);
	*roster->found = *reply->as.files;
	for (size_t i = 0; i < roster->found->count; i++) {
		struct file_text *text = &roster->found->files[i];

		if (text->text != NULL)
			text->text = text_copy_n(text->text, text->length);
	}
}

static void
on_written(void *argument, const struct reply *reply)
{
	struct roster *roster = argument;

	roster->asked = (struct ticket){ 0 };
	plane_wake_service(roster->of->plane, &roster->of->service);
	if (reply->holds == REPLY_YES_OR_NO && reply->as.yes) {
		finish(roster, true);
	} else if (reply->holds == REPLY_YES_OR_NO && ++roster->misses < MISSES_MOST) {
		settle_written(roster, false);
		look_again(roster, DURATION_MS(100));
	} else {
		fail(roster, reply->reason[0] != '\0' ? reply->reason
						      : "the game's files change again and again");
	}
}

static void
write_files(struct roster *roster, struct files_port *port, const char *directory)
{
	struct files_order order = { .directory = directory, .count = GAME_LIST_MAX };

	for (size_t i = 0; i < GAME_LIST_MAX; i++)
		order.files[i] = (struct file_change){
			.name = names[i],
			.text = roster->texts[i],
			.length = roster->texts[i] != NULL ? strlen(roster->texts[i]) : 0,
			.was = &roster->found->files[i],
		};
	roster->files_are = FILES_WRITTEN;
	roster->asked = plane_expect(roster->of->plane, on_written, roster);
	port->write(port, roster->asked, &order);
}

void
roster_files_act(struct roster *roster, struct instant now)
{
	const struct server *server = watched(roster);
	struct files_port *port = plane_ports(roster->of->plane)->files;

	(void)now;
	if (server == NULL || roster->asked.v != 0)
		return;
	if (roster->files_are == FILES_TO_READ) {
		roster->files_are = FILES_READ;
		roster->asked = plane_expect(roster->of->plane, on_read, roster);
		port->read(port, roster->asked, server->spec->local.directory, names, ROSTER_FILES);
	} else if (roster->files_are == FILES_TO_WRITE) {
		write_files(roster, port, server->spec->local.directory);
	}
}

/* A start waits for us. */

static enum consent
consent_begins(struct roster *roster, const char *token)
{
	(void)text_put(roster->preparing, sizeof roster->preparing, token);
	roster->preparing_since = plane_now(roster->of->plane);
	roster->prepared[0] = '\0';
	roster->is_due = true;
	roster->look_at = NEVER;
	roster->cannot = false;
	plane_wake_service(roster->of->plane, &roster->of->service);
	return CONSENT_WAITS;
}

/* Or only later, because it has failed? */
static bool
looks_soon(const struct roster *roster)
{
	return roster->is_due && (!instant_is_set(roster->look_at) || !roster->cannot);
}

enum consent
roster_files_consent(struct roster *roster, const struct server *server,
		     char ret_reason[static REASON_LIMIT + 1])
{
	char token[RUN_TOKEN_SIZE];

	run_token(&server->status.run, token);
	if (watched(roster) == NULL || MUTANT(ROSTER_START_UNPREPARED))
		return CONSENT_GIVEN;
	/* Asked before the run that is to start is durable: this would be about another. */
	if (token[0] == '\0' || server->status.state != STATE_WAKING)
		return CONSENT_WAITS;
	if (strcmp(roster->preparing, token) != 0)
		return consent_begins(roster, token);
	if (roster->files_are != FILES_IDLE || looks_soon(roster)) {
		plane_wake_service(roster->of->plane, &roster->of->service);
		return CONSENT_WAITS;
	}
	if (strcmp(roster->prepared, token) == 0)
		return CONSENT_GIVEN;
	if (!roster->cannot)
		return consent_begins(roster, token);
	if (is_closed(server)) {
		(void)snprintf(ret_reason, REASON_LIMIT + 1,
			       "Who may play cannot be given to the game, and not everybody may: "
			       "%.170s",
			       roster->trouble);
		return CONSENT_REFUSED;
	}
	(void)text_put(roster->prepared, sizeof roster->prepared, token);
	return CONSENT_GIVEN;
}
