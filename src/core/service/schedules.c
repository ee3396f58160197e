/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules as a service of the plane. What makes it hard is that clocks are not to be trusted:
 * a machine sleeps, or its time is set. So due times are looked at twice a minute whatever is
 * due next, what is late is told from what was missed, and marks (timetable.h) say what was
 * seen to.
 */

#include "service/schedules.h"

#include <string.h>

#include "base/mutant.h"
#include "service/keyed.h"
#include "service/schedule_time.h"
#include "service/timetable.h"

#define LOOK_EVERY DURATION_S(30) /* timers do not see the clock jump */
#define LEAP_LEAST DURATION_S(90) /* between two looks there is less, unless it leapt */
#define FIRE_LIMIT 200		  /* in one turn; a commit's events are bounded */
/* 2020-01-01: a clock that shows less was never set, as of a machine without a battery. */
#define CLOCK_EARLIEST ((struct instant){ INT64_C(1577836800000) })

/* A line for a console, from its mark until it was answered. */
struct command {
	struct command *next;
	struct schedules *of;
	char server[SERVER_NAME_LIMIT + 1];
	char *line;
	struct instant due;
	bool asked;
};

struct schedules {
	struct plane *plane;
	struct plane_service service;
	struct keyed tables;
	struct command *commands;
	schedules_backup *make_backup; /* or NULL */
	void *backup_argument;
	struct instant looked; /* what the clock showed at the last look; NEVER: it was none */
	bool stale;	       /* declarations have changed */
	unsigned fired;	       /* in this turn */
};

static const struct zone *
zone_of(const struct schedules *s, const struct schedule *schedule)
{
	struct zones_port *zones = plane_ports(s->plane)->zones;

	return zones != NULL ? zones->find(zones, schedule->zone) : NULL;
}

size_t
schedules_unknown_zone(const struct server_spec *spec, struct zones_port *zones)
{
	size_t i = 0;

	while (i < spec->schedule_count && zones != NULL &&
	       zones->find(zones, spec->schedules[i].zone) != NULL)
		i++;
	return i;
}

/* What the machine's clock shows: schedules go by it, also where the plane's runs otherwise. */
static struct instant
clock_shows(const struct schedules *s)
{
	struct zones_port *zones = plane_ports(s->plane)->zones;
	struct instant now = plane_now(s->plane);

	return zones != NULL && zones->clock != NULL ? zones->clock(zones, now) : now;
}

/* The record */

static void
table_put(const struct schedules *s, const struct timetable *table)
{
	CLEANUP(json_freep) json_t *body = timetable_json(table);

	if (!MUTANT(MARK_IN_MEMORY))
		plane_put(s->plane, DOCUMENT_SCHEDULE, table->server, body);
}

static void
table_loaded(void *argument, const char *key, const json_t *body)
{
	struct schedules *s = argument;
	struct timetable *table;

	if (!server_name_is_valid(key) || keyed_find(&s->tables, key) != NULL)
		return;
	table = timetable_read(key, body);
	for (size_t i = 0; i < table->count && MUTANT(MISSED_IS_FORGOTTEN); i++)
		table->items[i].until = clock_shows(s);
	keyed_add(&s->tables, table);
}

/* Declarations */

static void
sync_server(struct schedules *s, const struct server_spec *spec, struct instant now)
{
	struct timetable *table = keyed_find(&s->tables, spec->name);
	bool changed;

	if (table == NULL && spec->schedule_count == 0)
		return;
	if (table == NULL) {
		table = timetable_new(spec->name);
		keyed_add(&s->tables, table);
	}
	changed = timetable_sync(table, spec, now);
	for (size_t i = 0; i < table->count; i++)
		item_find_next(&table->items[i], zone_of(s, &table->items[i].is));
	if (changed && table->count > 0)
		table_put(s, table);
}

static void
forget_empty(struct schedules *s)
{
	for (size_t i = s->tables.count; i > 0; i--) {
		struct timetable *table = s->tables.items[i - 1];
		bool gone = plane_server(s->plane, table->server) == NULL;

		if (!gone && table->count > 0)
			continue;
		plane_delete(s->plane, DOCUMENT_SCHEDULE, table->server);
		timetable_free(keyed_remove(&s->tables, table->server));
	}
}

static void
sync_all(struct schedules *s, struct instant now)
{
	size_t count = plane_server_count(s->plane);

	s->stale = false;
	for (size_t i = 0; i < count; i++)
		sync_server(s, plane_server_at(s->plane, i)->spec, now);
	forget_empty(s);
}

/* Due times */

static void
tell_skipped(const struct schedules *s, const char *server, enum schedule_verb verb,
	     struct instant due, const char *reason)
{
	json_t *data = json_object();

	json_set_text(data, "do", schedule_verb_word(verb));
	json_set_instant(data, "due", due);
	json_set_text(data, "reason", reason);
	plane_tell(s->plane, EVENT_SCHEDULE_SKIPPED, server, data);
}

static void
wish(const struct schedules *s, const char *server, enum want want)
{
	struct fact fact = { .kind = FACT_WISH };

	(void)text_put(fact.server, sizeof fact.server, server);
	(void)text_put(fact.as.wish.by, sizeof fact.as.wish.by, "schedule");
	fact.as.wish.want = want;
	fact.as.wish.cause = CAUSE_SCHEDULE;
	plane_new_id(s->plane, fact.as.wish.request_id);
	if (!MUTANT(WISH_BEHIND_MARK))
		plane_wish(s->plane, &fact);
}

static bool
order_command(struct schedules *s, const struct server *server, const struct timetable_item *item)
{
	struct command *command;

	if (server->status.run.id[0] == '\0') {
		tell_skipped(s, server->spec->name, item->is.verb, item->due,
			     "It does not run, so nobody would read the line.");
		return false;
	}
	command = mem_new(sizeof *command);
	command->of = s;
	command->line = text_copy(item->is.line);
	command->due = item->due;
	(void)text_put(command->server, sizeof command->server, server->spec->name);
	command->next = s->commands;
	s->commands = command;
	return true;
}

static bool
order_backup(struct schedules *s, const struct server *server, const struct timetable_item *item)
{
	const char *why = s->make_backup != NULL
				  ? s->make_backup(s->backup_argument, server->spec->name)
				  : "Backups are not available: this roost has no stores.";

	if (why != NULL)
		tell_skipped(s, server->spec->name, item->is.verb, item->due, why);
	return why == NULL;
}

static bool
fire(struct schedules *s, const struct server *server, const struct timetable_item *item)
{
	s->fired++;
	switch (item->is.verb) {
	case SCHEDULE_WAKE:
		wish(s, server->spec->name, WANT_UP);
		return true;
	case SCHEDULE_SLEEP:
		wish(s, server->spec->name, WANT_DOWN);
		return true;
	case SCHEDULE_COMMAND:
		return order_command(s, server, item);
	case SCHEDULE_BACKUP:
		return order_backup(s, server, item);
	case SCHEDULE_VERB_MAX:
		break;
	}
	ASSERT(!"a verb");
}

/* Something has come since the mark: do it, or tell that it was missed. */
static void
come(struct schedules *s, const struct server *server, struct timetable_item *item,
     struct instant due)
{
	struct instant now = s->looked;
	bool kept = instant_since(now, due).ms <= KEPT_WITHIN.ms;

	item->due = due;
	item->until = now;
	item->done = false;
	if (kept || item->is.missed == MISSED_ONCE || MUTANT(MISSED_IS_KEPT))
		item->done = fire(s, server, item);
	else
		tell_skipped(s, server->spec->name, item->is.verb, due,
			     "Its time was missed: roost did not run then, or the clock was set.");
	item_find_next(item, zone_of(s, &item->is));
}

static bool
is_declared(const struct server *server, const struct timetable_item *item)
{
	const struct server_spec *spec = server->spec;

	for (size_t i = 0; i < spec->schedule_count; i++)
		if (schedule_is_same(&spec->schedules[i], &item->is))
			return true;
	return false;
}

/* Of those that have come, the one that was due first; NULL: none. */
static struct timetable_item *
find_come(const struct schedules *s, const struct timetable *table, const struct server *server,
	  struct instant *ret_due)
{
	struct timetable_item *first = NULL;

	for (size_t i = 0; i < table->count; i++) {
		struct timetable_item *item = &table->items[i];
		struct instant due = item_due(item, zone_of(s, &item->is), s->looked);

		if (!instant_is_set(due) || (first != NULL && due.ms >= ret_due->ms) ||
		    !is_declared(server, item))
			continue;
		first = item;
		*ret_due = due;
	}
	return first;
}

/* Returns whether the table's marks have moved. */
static bool
look_at(struct schedules *s, struct timetable *table, bool leapt)
{
	const struct server *server = plane_server(s->plane, table->server);
	struct timetable_item *item;
	struct instant due;
	bool moved = false;

	if (server == NULL)
		return false;
	for (size_t i = 0; i < table->count; i++) {
		const struct zone *zone = zone_of(s, &table->items[i].is);

		moved = item_heed_clock(&table->items[i], zone, s->looked, leapt) || moved;
		if (!instant_is_set(table->items[i].next))
			item_find_next(&table->items[i], zone);
	}
	while (s->fired < FIRE_LIMIT && (item = find_come(s, table, server, &due)) != NULL) {
		come(s, server, item, due);
		moved = true;
	}
	return moved;
}

/* By the machine's clock: when something comes. */
static struct instant
look_at_all(struct schedules *s, struct instant now)
{
	bool leapt = !instant_is_set(s->looked) || instant_since(now, s->looked).ms > LEAP_LEAST.ms;
	struct instant due = NEVER;

	s->looked = now;
	s->fired = 0;
	if (s->stale)
		sync_all(s, now);
	for (size_t i = 0; i < s->tables.count; i++) {
		struct timetable *table = s->tables.items[i];

		if (look_at(s, table, leapt))
			table_put(s, table);
		for (size_t j = 0; j < table->count; j++)
			due = instant_earlier(due, table->items[j].next);
	}
	return due;
}

static struct instant
decide(struct plane_service *service, struct instant now)
{
	struct schedules *s = CONTAINER_OF(service, struct schedules, service);
	struct instant shown = clock_shows(s), look = instant_add(now, LOOK_EVERY), due;

	if (shown.ms < CLOCK_EARLIEST.ms)
		return look;
	due = look_at_all(s, shown);
	if (s->tables.count == 0)
		return NEVER;
	if (!instant_is_set(due))
		return look;
	return instant_earlier(look, instant_add(now, instant_since(due, shown)));
}

/* Commands */

static void
command_free(struct command *command)
{
	struct command **at = &command->of->commands;

	while (*at != command)
		at = &(*at)->next;
	*at = command->next;
	mem_free(command->line);
	mem_free(command);
}

static void
on_said(void *argument, const struct reply *reply)
{
	struct command *command = argument;
	struct schedules *s = command->of;
	json_t *data;

	if (reply->result == REPLY_DONE) {
		data = json_object();
		json_set_text(data, "by", "schedule");
		json_set_text(data, "line", command->line);
		plane_tell(s->plane, EVENT_COMMAND_SENT, command->server, data);
	} else {
		tell_skipped(s, command->server, SCHEDULE_COMMAND, command->due,
			     reply->result == REPLY_REFUSED
				     ? reply->reason
				     : "No answer: the line may or may not have arrived.");
	}
	command_free(command);
}

static void
act(struct plane_service *service, struct instant now)
{
	struct schedules *s = CONTAINER_OF(service, struct schedules, service);
	struct process_port *process = plane_ports(s->plane)->process;

	(void)now;
	for (struct command *command = s->commands, *next; command != NULL; command = next) {
		const struct server *server = plane_server(s->plane, command->server);
		char token[RUN_TOKEN_SIZE];

		next = command->next;
		if (command->asked)
			continue;
		command->asked = true;
		if (server == NULL || server->status.run.id[0] == '\0') {
			command_free(command);
			continue;
		}
		run_token(&server->status.run, token);
		process->say(process, plane_expect(s->plane, on_said, command), token,
			     command->line);
	}
}

static void
told(struct plane_service *service, const struct store_event *events, size_t count)
{
	struct schedules *s = CONTAINER_OF(service, struct schedules, service);

	for (size_t i = 0; i < count; i++)
		if (strcmp(events[i].type, event_word(EVENT_SERVER_DECLARED)) == 0 ||
		    strcmp(events[i].type, event_word(EVENT_SERVER_REMOVED)) == 0)
			s->stale = true;
}

/* Outside */

struct schedules *
schedules_new(struct plane *plane)
{
	struct schedules *s = mem_new(sizeof *s);

	s->plane = plane;
	s->stale = true;
	s->service = (struct plane_service){ .decide = decide, .act = act, .told = told };
	return s;
}

void
schedules_on_backup(struct schedules *s, schedules_backup *make, void *argument)
{
	s->make_backup = make;
	s->backup_argument = argument;
}

void
schedules_unload(struct schedules *s)
{
	if (s == NULL)
		return;
	while (s->commands != NULL)
		command_free(s->commands);
	for (size_t i = 0; i < s->tables.count; i++)
		timetable_free(s->tables.items[i]);
	keyed_deinit(&s->tables);
	mem_free(s);
}

void
schedules_load(struct schedules *s)
{
	plane_each_loaded(s->plane, DOCUMENT_SCHEDULE, table_loaded, s);
	plane_add_service(s->plane, &s->service);
}

bool
schedules_next(const struct schedules *s, const char *server, struct instant *ret_at,
	       enum schedule_verb *ret_verb)
{
	const struct timetable *table = keyed_find(&s->tables, server);

	*ret_at = NEVER;
	for (size_t i = 0; table != NULL && i < table->count; i++) {
		const struct timetable_item *item = &table->items[i];

		if (!instant_is_set(item->next) ||
		    (instant_is_set(*ret_at) && item->next.ms >= ret_at->ms))
			continue;
		*ret_at = item->next;
		*ret_verb = item->is.verb;
	}
	return instant_is_set(*ret_at);
}

void
schedules_view(const struct schedules *s, const char *server, const struct schedule *schedule,
	       struct schedule_view *ret_view)
{
	const struct zone *zone = zone_of(s, schedule);
	const struct timetable_item *item =
		timetable_find(keyed_find(&s->tables, server), schedule);

	*ret_view = (struct schedule_view){ .is_zone_known = zone != NULL };
	if (item != NULL) {
		ret_view->next = item->next;
		ret_view->last = item->due;
		ret_view->done = item->done;
	} else if (zone != NULL) {
		ret_view->next = cron_next(&schedule->when, zone, clock_shows(s));
	}
}
