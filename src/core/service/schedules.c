/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules as a service of the plane. What makes it hard is that clocks are not to be trusted:
 * a machine sleeps, or its time is set. So due times are looked at twice a minute whatever is
 * due next, what is late is told from what was missed, and a mark says what was seen to.
 */

#include "service/schedules.h"

#include <string.h>

#include "base/mutant.h"
#include "service/keyed.h"
#include "service/schedule_time.h"

#define KEPT_WITHIN   DURATION_S(60)	   /* later than this, a time was missed */
#define LOOK_EVERY    DURATION_S(30)	   /* timers do not see the clock jump */
#define SET_BACK_MOST DURATION_S(3 * 3600) /* as cron has it: more is a new time */
#define FIRE_LIMIT    200		   /* in one turn; a commit's events are bounded */

struct item {
	struct schedule is;   /* a copy: the declaration may change meanwhile */
	struct instant until; /* everything up to here is seen to */
	struct instant due;   /* the last time that came; NEVER = none yet */
	bool done;	      /* what it says was done then */
	struct instant next;  /* after `until` */
};

struct timetable {
	char server[SERVER_NAME_LIMIT + 1];
	struct item *items;
	size_t count;
};

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
	bool stale;	/* declarations have changed */
	unsigned fired; /* in this turn */
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

/* Items */

static void
item_copy(struct item *item, const struct schedule *schedule)
{
	item->is = *schedule;
	item->is.cron = text_copy(schedule->cron);
	item->is.zone = text_copy(schedule->zone);
	item->is.line = text_copy(schedule->line);
}

static void
items_free(struct item *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mem_free(items[i].is.cron);
		mem_free(items[i].is.zone);
		mem_free(items[i].is.line);
	}
	mem_free(items);
}

static void
table_free(struct timetable *table)
{
	if (table == NULL)
		return;
	items_free(table->items, table->count);
	mem_free(table);
}

static struct item *
item_like(const struct item *items, size_t count, const struct schedule *schedule)
{
	for (size_t i = 0; i < count; i++)
		if (schedule_is_same(&items[i].is, schedule))
			return (struct item *)&items[i];
	return NULL;
}

static void
find_next(const struct schedules *s, struct item *item)
{
	const struct zone *zone = zone_of(s, &item->is);

	item->next = zone != NULL ? cron_next(&item->is.when, zone, item->until) : NEVER;
}

/* The record */

static json_t *
item_json(const struct item *item)
{
	json_t *to = json_object();

	json_set_text(to, "cron", item->is.cron);
	json_set_text(to, "zone", item->is.zone);
	json_set_text(to, "do", schedule_verb_word(item->is.verb));
	if (item->is.line != NULL)
		json_set_text(to, "line", item->is.line);
	json_set_instant(to, "until", item->until);
	if (instant_is_set(item->due)) {
		json_set_instant(to, "due", item->due);
		json_set_bool(to, "done", item->done);
	}
	return to;
}

static void
table_put(const struct schedules *s, const struct timetable *table)
{
	CLEANUP(json_freep) json_t *body = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < table->count; i++)
		ASSERT(json_array_append_new(list, item_json(&table->items[i])) == 0);
	ASSERT(json_object_set_new(body, "schedules", list) == 0);
	plane_put(s->plane, DOCUMENT_SCHEDULE, table->server, body);
}

/* What it does is filled in from the declaration; until then it is only known again. */
static bool
item_read(const json_t *from, struct instant now, struct item *item)
{
	const char *due = json_get_text(from, "due", NULL);
	struct schedule is = { .cron = NULL };

	is.cron = (char *)json_get_text(from, "cron", NULL);
	is.zone = (char *)json_get_text(from, "zone", NULL);
	is.line = (char *)json_get_text(from, "line", NULL);
	if (!schedule_verb_parse(json_get_text(from, "do", ""), &is.verb) || is.cron == NULL ||
	    is.zone == NULL || !instant_parse(json_get_text(from, "until", ""), &item->until) ||
	    (due != NULL && !instant_parse(due, &item->due)))
		return false;
	item->done = json_get_bool(from, "done", false);
	if (MUTANT(MISSED_IS_FORGOTTEN))
		item->until = now;
	item_copy(item, &is);
	return true;
}

static void
table_loaded(void *argument, const char *key, const json_t *body)
{
	struct schedules *s = argument;
	const json_t *list = json_object_get(body, "schedules");
	struct timetable *table;

	if (!server_name_is_valid(key) || keyed_find(&s->tables, key) != NULL)
		return;
	table = mem_new(sizeof *table);
	(void)text_put(table->server, sizeof table->server, key);
	table->items = mem_new_array(json_array_size(list) + 1, sizeof *table->items);
	for (size_t i = 0; i < json_array_size(list); i++)
		table->count += item_read(json_array_get(list, i), plane_now(s->plane),
					  &table->items[table->count])
					? 1
					: 0;
	keyed_add(&s->tables, table);
}

/* Declarations */

/* Schedules that were there keep their marks; new ones begin now. Returns whether any is not as it was. */
static bool
table_sync(const struct schedules *s, struct timetable *table, const struct server_spec *spec)
{
	struct item *items = mem_new_array(spec->schedule_count + 1, sizeof *items);
	bool changed = spec->schedule_count != table->count;

	for (size_t i = 0; i < spec->schedule_count; i++) {
		const struct item *known =
			item_like(table->items, table->count, &spec->schedules[i]);

		if (known != NULL)
			items[i] = *known;
		else
			items[i].until = plane_now(s->plane);
		changed = changed || known != &table->items[i];
		item_copy(&items[i], &spec->schedules[i]);
		find_next(s, &items[i]);
	}
	items_free(table->items, table->count);
	table->items = items;
	table->count = spec->schedule_count;
	return changed;
}

static void
sync_server(struct schedules *s, const struct server_spec *spec)
{
	struct timetable *table = keyed_find(&s->tables, spec->name);

	if (table == NULL && spec->schedule_count == 0)
		return;
	if (table == NULL) {
		table = mem_new(sizeof *table);
		(void)text_put(table->server, sizeof table->server, spec->name);
		keyed_add(&s->tables, table);
	}
	if (table_sync(s, table, spec) && table->count > 0)
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
		table_free(keyed_remove(&s->tables, table->server));
	}
}

static void
sync_all(struct schedules *s)
{
	size_t count = plane_server_count(s->plane);

	s->stale = false;
	for (size_t i = 0; i < count; i++)
		sync_server(s, plane_server_at(s->plane, i)->spec);
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
order_command(struct schedules *s, const struct server *server, const struct item *item)
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
order_backup(struct schedules *s, const struct server *server, const struct item *item)
{
	const char *why = s->make_backup != NULL
				  ? s->make_backup(s->backup_argument, server->spec->name)
				  : "Backups are not available: this roost has no stores.";

	if (why != NULL)
		tell_skipped(s, server->spec->name, item->is.verb, item->due, why);
	return why == NULL;
}

static bool
fire(struct schedules *s, const struct server *server, const struct item *item)
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

/* The last time that is due and not yet missed; NEVER: none. */
static struct instant
find_kept(const struct schedules *s, const struct item *item, struct instant now)
{
	const struct zone *zone = zone_of(s, &item->is);
	struct instant from = { now.ms - KEPT_WITHIN.ms }, last = NEVER;

	if (item->until.ms > from.ms)
		from = item->until;
	while (zone != NULL) {
		struct instant next = cron_next(&item->is.when, zone, from);

		if (!instant_reached(now, next))
			break;
		last = from = next;
	}
	return last;
}

/* Something has come since the mark: do it, or tell that it was missed. */
static void
come(struct schedules *s, const struct server *server, struct item *item, struct instant now)
{
	struct instant kept = find_kept(s, item, now);

	item->due = instant_is_set(kept) ? kept : item->next;
	item->until = now;
	if (instant_is_set(kept) || item->is.missed == MISSED_ONCE || MUTANT(MISSED_IS_KEPT)) {
		item->done = fire(s, server, item);
	} else {
		item->done = false;
		tell_skipped(s, server->spec->name, item->is.verb, item->due,
			     "Its time was missed: roost did not run then, or the clock was set.");
	}
	find_next(s, item);
}

static bool
is_declared(const struct server *server, const struct item *item)
{
	const struct server_spec *spec = server->spec;

	for (size_t i = 0; i < spec->schedule_count; i++)
		if (schedule_is_same(&spec->schedules[i], &item->is))
			return true;
	return false;
}

/* Returns whether the table's marks have moved. */
static bool
look_at(struct schedules *s, struct timetable *table, struct instant now)
{
	const struct server *server = plane_server(s->plane, table->server);
	bool moved = false;

	for (size_t i = 0; i < table->count && server != NULL; i++) {
		struct item *item = &table->items[i];

		if (item->until.ms > now.ms + SET_BACK_MOST.ms) {
			item->until = now;
			find_next(s, item);
			moved = true;
		}
		if (!instant_is_set(item->next))
			find_next(s, item);
		if (!instant_reached(now, item->next) || !is_declared(server, item) ||
		    s->fired >= FIRE_LIMIT)
			continue;
		come(s, server, item, now);
		moved = true;
	}
	return moved;
}

static struct instant
decide(struct plane_service *service, struct instant now)
{
	struct schedules *s = CONTAINER_OF(service, struct schedules, service);
	struct instant due = NEVER;

	if (s->stale)
		sync_all(s);
	s->fired = 0;
	for (size_t i = 0; i < s->tables.count; i++) {
		struct timetable *table = s->tables.items[i];

		if (look_at(s, table, now) && !MUTANT(MARK_IN_MEMORY))
			table_put(s, table);
		for (size_t j = 0; j < table->count; j++)
			due = instant_earlier(due, table->items[j].next);
	}
	return s->tables.count > 0 ? instant_earlier(due, instant_add(now, LOOK_EVERY)) : NEVER;
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
		table_free(s->tables.items[i]);
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
		const struct item *item = &table->items[i];

		if (!instant_is_set(item->next) ||
		    (instant_is_set(*ret_at) && item->next.ms >= ret_at->ms))
			continue;
		*ret_at = item->next;
		*ret_verb = item->is.verb;
	}
	return instant_is_set(*ret_at);
}
