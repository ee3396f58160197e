/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks: up to where a schedule's times are seen to. What makes it hard is that clocks are not
 * to be trusted: a mark may lie in the future, because the clock was set back behind it.
 */

#include "service/timetable.h"

#include "base/mutant.h"
#include "service/schedule_time.h"

static void
item_copy(struct timetable_item *item, const struct schedule *schedule)
{
	item->is = *schedule;
	item->is.cron = text_copy(schedule->cron);
	item->is.zone = text_copy(schedule->zone);
	item->is.line = text_copy(schedule->line);
}

static void
items_free(struct timetable_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mem_free(items[i].is.cron);
		mem_free(items[i].is.zone);
		mem_free(items[i].is.line);
	}
	mem_free(items);
}

struct timetable *
timetable_new(const char *server)
{
	struct timetable *table = mem_new(sizeof *table);

	ASSERT(text_put(table->server, sizeof table->server, server));
	return table;
}

void
timetable_free(struct timetable *table)
{
	if (table == NULL)
		return;
	items_free(table->items, table->count);
	mem_free(table);
}

/* The record */

static json_t *
item_json(const struct timetable_item *item)
{
	json_t *to = json_object();

	json_set_text(to, "cron", item->is.cron);
	json_set_text(to, "zone", item->is.zone);
	json_set_text(to, "do", schedule_verb_word(item->is.verb));
	if (item->is.line != NULL)
		json_set_text(to, "line", item->is.line);
	json_set_instant(to, "until", item->until);
	if (item->before.ms > item->until.ms)
		json_set_instant(to, "before", item->before);
	if (instant_is_set(item->due)) {
		json_set_instant(to, "due", item->due);
		json_set_bool(to, "done", item->done);
	}
	return to;
}

json_t *
timetable_json(const struct timetable *table)
{
	json_t *body = json_object(), *list = json_array();

	for (size_t i = 0; i < table->count; i++)
		ASSERT(json_array_append_new(list, item_json(&table->items[i])) == 0);
	ASSERT(json_object_set_new(body, "schedules", list) == 0);
	return body;
}

/* An instant that may be missing; false: it cannot be read. */
static bool
read_instant(const json_t *from, const char *key, struct instant *ret_instant)
{
	const char *text = json_get_text(from, key, NULL);

	return text == NULL || instant_parse(text, ret_instant);
}

/* What it does is filled in from the declaration; until then it is only known again. */
static bool
item_read(const json_t *from, struct timetable_item *item)
{
	struct schedule is = { .cron = NULL };

	is.cron = (char *)json_get_text(from, "cron", NULL);
	is.zone = (char *)json_get_text(from, "zone", NULL);
	is.line = (char *)json_get_text(from, "line", NULL);
	if (!schedule_verb_parse(json_get_text(from, "do", ""), &is.verb) || is.cron == NULL ||
	    is.zone == NULL || !instant_parse(json_get_text(from, "until", ""), &item->until) ||
	    !read_instant(from, "before", &item->before) || !read_instant(from, "due", &item->due))
		return false;
	item->done = json_get_bool(from, "done", false);
	item_copy(item, &is);
	return true;
}

struct timetable *
timetable_read(const char *server, const json_t *body)
{
	const json_t *list = json_object_get(body, "schedules");
	struct timetable *table = timetable_new(server);

	table->items = mem_new_array(json_array_size(list) + 1, sizeof *table->items);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (item_read(json_array_get(list, i), &table->items[table->count]))
			table->count++;
	return table;
}

/* Declarations */

struct timetable_item *
timetable_find(const struct timetable *table, const struct schedule *schedule)
{
	for (size_t i = 0; table != NULL && i < table->count; i++)
		if (schedule_is_same(&table->items[i].is, schedule))
			return &table->items[i];
	return NULL;
}

bool
timetable_sync(struct timetable *table, const struct server_spec *spec, struct instant now)
{
	struct timetable_item *items = mem_new_array(spec->schedule_count + 1, sizeof *items);
	bool changed = spec->schedule_count != table->count;

	for (size_t i = 0; i < spec->schedule_count; i++) {
		const struct timetable_item *known = timetable_find(table, &spec->schedules[i]);

		if (known != NULL)
			items[i] = *known;
		else
			items[i].until = now;
		changed = changed || known != &table->items[i];
		item_copy(&items[i], &spec->schedules[i]);
		items[i].next = NEVER;
	}
	items_free(table->items, table->count);
	table->items = items;
	table->count = spec->schedule_count;
	return changed;
}

/* Time */

void
item_find_next(struct timetable_item *item, const struct zone *zone)
{
	item->next = zone != NULL ? cron_next(&item->is.when, zone, item->until) : NEVER;
}

bool
item_heed_clock(struct timetable_item *item, const struct zone *zone, struct instant now,
		bool leapt)
{
	int64_t most = MUTANT(BACK_IS_AGAIN) ? 0 : SET_BACK_MOST.ms;

	if (item->until.ms > now.ms + most) {
		if (item->before.ms < item->until.ms && !MUTANT(LEAP_IS_AGAIN))
			item->before = item->until;
		item->until = now;
	} else if (leapt && item->before.ms > item->until.ms && now.ms > item->until.ms) {
		item->until = instant_earlier(item->before, now);
	} else {
		return false;
	}
	item_find_next(item, zone);
	return true;
}

/* Halving, as there may be a year of seconds in between. */
struct instant
item_due(const struct timetable_item *item, const struct zone *zone, struct instant now)
{
	struct instant last = item->next, none_behind = now;

	if (zone == NULL || !instant_reached(now, last))
		return NEVER;
	for (struct instant from = last; last.ms < none_behind.ms;
	     from.ms = last.ms + (none_behind.ms - last.ms) / 2) {
		struct instant next = cron_next(&item->is.when, zone, from);

		if (instant_reached(now, next))
			last = next;
		else
			none_behind = from;
	}
	return last;
}
