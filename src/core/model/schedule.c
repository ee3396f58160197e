/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules: a table as everywhere, and what its members mean for each other. */

#include "model/schedule.h"

#include <stdio.h>
#include <string.h>

static const char *const schedule_verb_words[] = {
#define SCHEDULE_VERB(name, wire, people) [SCHEDULE_##name] = wire,
#include "model/schedule_verb.def"
	NULL
};
static const char *const verbs_for_people[] = {
#define SCHEDULE_VERB(name, wire, people) [SCHEDULE_##name] = people,
#include "model/schedule_verb.def"
};
static const char *const schedule_missed_words[] = { "skip", "once", NULL };

_Static_assert(ELEMENTS(schedule_missed_words) == MISSED_MAX + 1, "a word each");

#define SETTING_OF struct schedule
#include "model/setting_row.h"
static const struct setting rows[] = {
#include "model/schedule_setting.def"
};

static const struct setting_table table = { rows, ELEMENTS(rows) };

const struct setting_table *
schedule_settings(void)
{
	return &table;
}

const char *
schedule_verb_word(enum schedule_verb verb)
{
	ASSERT(verb < SCHEDULE_VERB_MAX);
	return schedule_verb_words[verb];
}

const char *
schedule_verb_for_people(enum schedule_verb verb)
{
	ASSERT(verb < SCHEDULE_VERB_MAX);
	return verbs_for_people[verb];
}

bool
schedule_verb_parse(const char *word, enum schedule_verb *ret_verb)
{
	for (enum schedule_verb verb = 0; verb < SCHEDULE_VERB_MAX; verb++) {
		if (strcmp(schedule_verb_words[verb], word) == 0) {
			*ret_verb = verb;
			return true;
		}
	}
	return false;
}

bool
schedule_is_same(const struct schedule *a, const struct schedule *b)
{
	return a->verb == b->verb && text_equal(a->cron, b->cron) && text_equal(a->zone, b->zone) &&
	       text_equal(a->line, b->line);
}

static bool
zone_is_well_formed(const char *zone)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-+_/";

	return zone[strspn(zone, allowed)] == '\0' && zone[0] != '/' &&
	       !text_ends_with(zone, "/") && strstr(zone, "//") == NULL;
}

static void
check(const struct schedule *schedules, size_t index, const char *pointer,
      struct complaints *complaints)
{
	const struct schedule *schedule = &schedules[index];
	char where[POINTER_SIZE];

	if (!zone_is_well_formed(schedule->zone)) {
		pointer_join(where, pointer, "zone");
		complain(complaints, where,
			 "not a time zone's name; expected one such as Europe/Paris or UTC");
	}
	pointer_join(where, pointer, "line");
	if (schedule->verb == SCHEDULE_COMMAND && schedule->line == NULL)
		complain(complaints, where, "a command needs its line, such as say Good evening");
	if (schedule->verb != SCHEDULE_COMMAND && schedule->line != NULL)
		complain(complaints, where, "only a command has a line; leave it out");
	for (size_t i = 0; i < index; i++) {
		if (schedule_is_same(&schedules[i], schedule)) {
			complain(complaints, pointer, "stands here twice, first as number %zu",
				 i + 1);
			return;
		}
	}
}

static void
read_one(const json_t *document, const char *pointer, struct complaints *complaints,
	 struct schedule *schedule)
{
	char where[POINTER_SIZE], why[CRON_WHY_SIZE];

	settings_init(&table, schedule);
	settings_read(&table, document, pointer, NULL, complaints, schedule);
	if (schedule->cron == NULL || cron_parse(schedule->cron, &schedule->when, why))
		return;
	pointer_join(where, pointer, "cron");
	complain(complaints, where, "not a time as cron has it: %s", why);
}

void
schedules_read(const json_t *list, const char *pointer, struct complaints *complaints,
	       struct schedule **ret_schedules, size_t *ret_count)
{
	size_t count = json_array_size(list);
	struct schedule *schedules;

	*ret_schedules = NULL;
	*ret_count = 0;
	if (list == NULL || json_is_null(list))
		return;
	if (!json_is_array(list) || count > SCHEDULES_LIMIT) {
		complain(complaints, pointer,
			 "expected a list of at most %d schedules, such as {cron: 0 18 * * fri, "
			 "zone: Europe/Paris, do: wake}",
			 SCHEDULES_LIMIT);
		return;
	}
	schedules = mem_new_array(count + 1, sizeof *schedules);
	for (size_t i = 0; i < count; i++) {
		char where[POINTER_SIZE], number[24];
		size_t before = complaints->total;

		(void)snprintf(number, sizeof number, "%zu", i);
		pointer_join(where, pointer, number);
		read_one(json_array_get(list, i), where, complaints, &schedules[i]);
		if (complaints->total == before)
			check(schedules, i, where, complaints);
	}
	*ret_schedules = schedules;
	*ret_count = count;
}

json_t *
schedules_json(const struct schedule *schedules, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, settings_json(&table, &schedules[i]));
	return list;
}

void
schedules_free(struct schedule *schedules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		settings_deinit(&table, &schedules[i]);
	mem_free(schedules);
}
