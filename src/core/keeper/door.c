/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at a server's door, from what the gate tells. A connection is told of
 * as a player only when it has lasted, or the game names it: a client that is
 * turned away by the game itself was never on.
 */

#include "keeper/plane_inside.h"

#include <string.h>

#define JOIN_LASTS DURATION_S(2)
#define LOOK_SOON  DURATION_MS(1000) /* after somebody came or went, ask the game how many are on */

static struct door *
find(struct kept *kept, uint64_t connection)
{
	for (size_t i = 0; i < kept->door_count; i++) {
		if (kept->doors[i].connection == connection)
			return &kept->doors[i];
	}
	return NULL;
}

static void
drop(struct kept *kept, struct door *door)
{
	*door = kept->doors[--kept->door_count];
}

static void
count(struct kept *kept)
{
	struct server_live *live = &kept->server.live;

	live->held = 0;
	live->carried = 0;
	for (size_t i = 0; i < kept->door_count; i++) {
		if (kept->doors[i].is == DOOR_HELD)
			live->held++;
		else
			live->carried++;
	}
}

/* A game that tells no names: who it was is only known by their address. */
static json_t *
player_data(const char *player, const struct ip *ip)
{
	static const struct ip none;
	json_t *data = json_object();
	char address[IP_TEXT_SIZE];

	json_set_text(data, "player", player);
	if (player[0] == '\0' && !ip_equal(ip, &none)) {
		ip_text(ip, address);
		json_set_text(data, "address", address);
	}
	return data;
}

void
live_add(struct server_live *live, const char *name, struct instant since, uint64_t connection)
{
	for (size_t i = 0; i < live->player_count; i++) {
		struct live_player *p = &live->players[i];

		if (name[0] != '\0' && strcmp(p->name, name) == 0) {
			p->connection = connection;
			p->since = since;
			return;
		}
	}
	if (live->player_count < LIVE_PLAYERS_LIMIT) {
		struct live_player *p = &live->players[live->player_count++];

		(void)text_put(p->name, sizeof p->name, name);
		p->since = since;
		p->connection = connection;
	}
}

static void
live_drop(struct server_live *live, size_t i)
{
	live->player_count--;
	memmove(&live->players[i], &live->players[i + 1],
		(live->player_count - i) * sizeof live->players[0]);
}

void
live_drop_name(struct server_live *live, const char *name)
{
	for (size_t i = live->player_count; i-- > 0;) {
		if (strcmp(live->players[i].name, name) == 0)
			live_drop(live, i);
	}
}

/* Does the console tell who comes and goes, so that a connection is nobody? */
static bool
is_told_by_lines(const struct kept *kept)
{
	const struct server_spec *spec = kept->server.spec;

	return spec_is_counted_by_lines(spec) ||
	       (spec->joined_lines != NULL && kept->console_tells);
}

/* A game that tells no names has connections for players: each comes and goes by itself. */
static void
went_in(struct plane *plane, struct kept *kept, struct door *door)
{
	door->is = DOOR_IN;
	if (door->name[0] != '\0') {
		session_gate_in(plane, kept, door);
		return;
	}
	if (is_told_by_lines(kept))
		return;
	door->told = true;
	live_add(&kept->server.live, door->name, door->since, door->connection);
	plane_tell(plane, EVENT_PLAYER_JOINED, kept->server.spec->name,
		   player_data(door->name, &door->ip));
}

static void
ask_soon(struct plane *plane, struct kept *kept)
{
	struct instant soon = instant_add(plane->now, LOOK_SOON);

	if (kept->probe.ticket.v == 0)
		kept->probe.due = instant_earlier(kept->probe.due, soon);
	kept->due = plane->now;
}

static void
on_joined(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	struct door *door = find(kept, fact->as.player.connection);

	if (door == NULL) {
		door = array_add(&kept->doors, &kept->door_count, &kept->door_room, sizeof *door);
		door->connection = fact->as.player.connection;
	}
	if (door->is != DOOR_HELD)
		return;
	door->is = DOOR_NEW;
	door->since = plane->now;
	door->ip = fact->as.player.ip;
	(void)text_put(door->name, sizeof door->name, fact->as.player.player);
	kept->server.live.joined_at = plane->now;
	ask_soon(plane, kept);
}

static void
on_left(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	struct server_live *live = &kept->server.live;
	struct door *door = find(kept, fact->as.player.connection);
	json_t *data;

	if (door == NULL)
		return;
	if (door->is == DOOR_IN && door->name[0] != '\0') {
		session_gate_out(plane, kept, door, fact->as.player.reason);
	} else if (door->told) {
		data = player_data(door->name, &door->ip);
		json_set_integer(data, "after_ms", fact->as.player.after.ms);
		json_set_text(data, "how", fact->as.player.reason);
		plane_tell(plane, EVENT_PLAYER_LEFT, kept->server.spec->name, data);
	}
	for (size_t i = live->player_count; i-- > 0;) {
		if (door->name[0] == '\0' && live->players[i].connection == door->connection)
			live_drop(live, i);
	}
	drop(kept, door);
	ask_soon(plane, kept);
}

static void
on_held(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	struct door *door;

	if (find(kept, fact->as.player.connection) != NULL)
		return;
	door = array_add(&kept->doors, &kept->door_count, &kept->door_room, sizeof *door);
	*door = (struct door){ .connection = fact->as.player.connection,
			       .is = DOOR_HELD,
			       .since = plane->now,
			       .ip = fact->as.player.ip };
	(void)text_put(door->name, sizeof door->name, fact->as.player.player);
}

/* Held from the first moment, told only when its client proved to wait: a scanner is no news. */
static void
on_knocked(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	const struct door *door = find(kept, fact->as.player.connection);
	json_t *data = player_data(fact->as.player.player, &fact->as.player.ip);

	json_set_text(data, "host", fact->as.player.host);
	json_set_integer(data, "protocol", fact->as.player.protocol);
	plane_tell(plane, EVENT_PLAYER_KNOCKED, kept->server.spec->name, data);
	if (door != NULL && door->is == DOOR_HELD)
		plane_tell(plane, EVENT_PLAYER_HELD, kept->server.spec->name,
			   player_data(door->name, &door->ip));
}

void
door_note(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	const char *name = kept->server.spec->name;
	struct door *door = find(kept, fact->as.player.connection);
	json_t *data;

	switch (fact->kind) {
	case FACT_KNOCKED:
		on_knocked(plane, kept, fact);
		break;
	case FACT_HELD:
		on_held(plane, kept, fact);
		break;
	case FACT_RELEASED:
		if (door != NULL && door->is == DOOR_HELD)
			drop(kept, door);
		break;
	case FACT_JOINED:
		on_joined(plane, kept, fact);
		break;
	case FACT_LEFT:
		on_left(plane, kept, fact);
		break;
	case FACT_REFUSED:
		data = player_data(fact->as.player.player, &fact->as.player.ip);
		json_set_text(data, "reason", fact->as.player.reason);
		plane_tell(plane, EVENT_PLAYER_REFUSED, name, data);
		break;
	case FACT_WISH:
	case FACT_REPLY:
	case FACT_PROCESS_ENDED:
	case FACT_READY_LINE:
	case FACT_CONSOLE_LINE:
	case FACT_PLAYER_LINE:
	case FACT_DISK:
	case FACT_MAX:
		ASSERT(false);
	}
	count(kept);
	kept->due = plane->now;
}

void
door_tick(struct plane *plane, struct kept *kept)
{
	for (size_t i = 0; i < kept->door_count; i++) {
		struct door *door = &kept->doors[i];

		if (door->is == DOOR_NEW &&
		    instant_reached(plane->now, instant_add(door->since, JOIN_LASTS)))
			went_in(plane, kept, door);
	}
}

struct instant
door_due(const struct kept *kept)
{
	struct instant due = NEVER;

	for (size_t i = 0; i < kept->door_count; i++) {
		if (kept->doors[i].is == DOOR_NEW)
			due = instant_earlier(due, instant_add(kept->doors[i].since, JOIN_LASTS));
	}
	return due;
}

static bool
is_named(const struct probe_answer *probe, const char *name)
{
	for (size_t i = 0; i < probe->name_count; i++) {
		if (strcmp(probe->names[i], name) == 0)
			return true;
	}
	return false;
}

static bool
is_listed(const struct server_live *live, const char *name)
{
	for (size_t i = 0; i < live->player_count; i++) {
		if (strcmp(live->players[i].name, name) == 0)
			return true;
	}
	return false;
}

void
door_seen(struct plane *plane, struct kept *kept, const struct probe_answer *probe)
{
	struct server_live *live = &kept->server.live;
	bool complete = probe->name_count == probe->online, shown;

	for (size_t i = 0; i < kept->door_count; i++) {
		struct door *door = &kept->doors[i];

		if (door->is == DOOR_NEW && is_named(probe, door->name))
			went_in(plane, kept, door);
	}
	shown = session_listed(plane, kept, probe);
	for (size_t i = live->player_count; complete && i-- > 0;) {
		if (live->players[i].connection == 0 &&
		    !session_is_on(kept, live->players[i].name) &&
		    !is_named(probe, live->players[i].name))
			live_drop(live, i);
	}
	for (size_t i = 0; shown && i < probe->name_count; i++) {
		if (!is_listed(live, probe->names[i]))
			live_add(live, probe->names[i], plane->now, 0);
	}
}
