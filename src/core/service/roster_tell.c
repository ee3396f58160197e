/* SPDX-License-Identifier: Apache-2.0 */
/* What the game has to know of its roster, as lines of its console: one at a time. */

#include <stdio.h>
#include <string.h>

#include "service/roster_state.h"

#define AGAIN_AFTER DURATION_S(10)
#define LOOK_AFTER  DURATION_S(2) /* the game's files show by then what it was told */

static const unsigned flags[] = { ROSTER_BANNED, ROSTER_MAY_PLAY, ROSTER_OP };

/* Of networks, games know single addresses only. */
static unsigned
waiting(const struct roster_player *player)
{
	if (player->is_network && player->network.bits < 128)
		return 0;
	return (roster_player_flags(player) ^ player->told) | player->unsure;
}

bool
roster_player_is_waiting(const struct roster_player *player)
{
	return waiting(player) != 0;
}

static void
put_line(const struct roster_player *player, unsigned flag, bool set, char line[static 256])
{
	const char *verb = flag == ROSTER_MAY_PLAY ? set ? "whitelist add" : "whitelist remove"
			   : flag == ROSTER_OP	   ? set ? "op" : "deop"
			   : player->is_network	   ? set ? "ban-ip" : "pardon-ip"
			   : set		   ? "ban"
						   : "pardon";
	bool has_reason = flag == ROSTER_BANNED && set && player->reason[0] != '\0';

	(void)snprintf(line, 256, "%s %s%s%s", verb, player->name, has_reason ? " " : "",
		       has_reason ? player->reason : "");
}

/* `whitelist on` or `off`. */
static void
on_list_said(struct roster *roster)
{
	const struct server *server = plane_server(roster->of->plane, roster->server);

	if (roster->was_set && server != NULL)
		run_token(&server->status.run, roster->list_run);
	else
		roster->list_is_on = false;
	roster_save_own(roster);
}

static void
on_said(void *argument, const struct reply *reply)
{
	struct roster *roster = argument;
	struct roster_player *player = keyed_find(&roster->players, roster->about);
	struct plane *plane = roster->of->plane;

	roster->said = (struct ticket){ 0 };
	plane_wake_service(plane, &roster->of->service);
	if (reply->result != REPLY_DONE) {
		roster->again_at = instant_add(plane_now(plane), AGAIN_AFTER);
		return;
	}
	roster->said_at = plane_now(plane);
	roster->look_at = instant_add(roster->said_at, LOOK_AFTER);
	roster->is_due = true;
	roster->looks = 0;
	if (roster->about[0] == '\0')
		on_list_said(roster);
	if (player == NULL)
		return;
	player->told = (player->told & ~roster->flag) | (roster->was_set ? roster->flag : 0);
	if (!roster->is_overtaken)
		player->unsure &= ~roster->flag;
	roster_save(roster, player);
}

/* Commands to a game that runs: nobody else would hear them. */
static bool
can_hear(const struct server *server)
{
	return server != NULL && server->spec->game == GAME_MINECRAFT_JAVA &&
	       server->status.state == STATE_READY && server->status.run.id[0] != '\0';
}

static struct roster_player *
next_about(const struct roster *roster, unsigned *ret_flag)
{
	for (size_t f = 0; f < ELEMENTS(flags); f++) {
		for (size_t i = 0; i < roster->players.count; i++) {
			struct roster_player *player = roster->players.items[i];

			if ((waiting(player) & flags[f]) == 0)
				continue;
			*ret_flag = flags[f];
			return player;
		}
	}
	return NULL;
}

/*
 * Where only those on the list may play, the game's own list is switched on, once a run; it
 * is switched off again where we did that and everybody may play now.
 */
static bool
choose_list(struct roster *roster, const struct server *server)
{
	bool closed = server->spec->policy.roster != ROSTER_OPEN;
	char token[RUN_TOKEN_SIZE];

	run_token(&server->status.run, token);
	if (closed ? strcmp(roster->list_run, token) == 0 : !roster->list_is_on)
		return false;
	roster->chosen = true;
	roster->was_set = closed;
	roster->about[0] = '\0';
	(void)text_put(roster->line, sizeof roster->line,
		       closed ? "whitelist on" : "whitelist off");
	if (closed && !roster->list_is_on) {
		roster->list_is_on = true;
		roster_save_own(roster);
	}
	if (!closed)
		roster->list_run[0] = '\0';
	return true;
}

void
roster_choose(struct roster *roster, struct instant now)
{
	const struct server *server = plane_server(roster->of->plane, roster->server);
	struct roster_player *player;

	if (instant_is_set(roster->again_at) && !instant_reached(now, roster->again_at))
		return;
	roster->again_at = NEVER;
	if (roster->chosen || roster->said.v != 0 || !can_hear(server))
		return;
	player = next_about(roster, &roster->flag);
	if (player == NULL) {
		roster->waits = choose_list(roster, server);
		return;
	}
	roster->waits = roster->chosen = true;
	roster->is_overtaken = false;
	roster->was_set = (roster_player_flags(player) & roster->flag) != 0;
	/* From now on the game's files prove nothing, whatever becomes of us and the line. */
	if ((player->settling & roster->flag) == 0 && roster_files_are_watched(roster)) {
		player->settling |= roster->flag;
		roster_save(roster, player);
	}
	(void)text_put(roster->about, sizeof roster->about, player->key);
	put_line(player, roster->flag, roster->was_set, roster->line);
}

void
roster_say(struct roster *roster)
{
	struct plane *plane = roster->of->plane;
	const struct plane_ports *ports = plane_ports(plane);
	const struct server *server = plane_server(plane, roster->server);
	char token[RUN_TOKEN_SIZE];

	if (!roster->chosen || !can_hear(server))
		return;
	roster->chosen = false;
	run_token(&server->status.run, token);
	roster->said = plane_expect(plane, on_said, roster);
	console_say(ports->process, ports->rcon, roster->said,
		    &(struct console_order){ server->spec, token, roster->line });
}
