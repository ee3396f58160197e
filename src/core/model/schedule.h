/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MODEL_SCHEDULE_H
#define ROOST_MODEL_SCHEDULE_H

/* What is done with a server at set times: its declaration's `schedules`. */

#include "model/cron.h"
#include "model/setting.h"

#define SCHEDULES_LIMIT 32	/* of one server */
#define ZONE_TEXT_LIMIT 64

enum schedule_verb {
#define SCHEDULE_VERB(name, wire, people) SCHEDULE_##name,
#include "model/schedule_verb.def"
	SCHEDULE_VERB_MAX
};

enum schedule_missed {
	MISSED_SKIP,
	MISSED_ONCE,
	MISSED_MAX
};

struct schedule {
	char *cron, *zone;		/* as declared; the zone's name is well formed, but it may not exist here */
	enum schedule_verb verb;
	char *line;			/* COMMAND; else NULL */
	enum schedule_missed missed;
	struct cron when;		/* what `cron` means */
};

const char *schedule_verb_word(enum schedule_verb verb);
bool schedule_verb_parse(const char *word, enum schedule_verb *ret_verb) must_check;
const char *schedule_verb_for_people(enum schedule_verb verb);	/* "wakes" */

/*
 * Read the list; complaints name `pointer` and what is below it. The array is the caller's
 * either way (schedules_free).
 */
void schedules_read(const json_t *list, const char *pointer, struct complaints *complaints,
		    struct schedule **ret_schedules, size_t *ret_count);
json_t *schedules_json(const struct schedule *schedules, size_t count) must_check;
void schedules_free(struct schedule *schedules, size_t count);

/* Do both mean the same, but for what becomes of missed times? */
bool schedule_is_same(const struct schedule *a, const struct schedule *b);

/* The table, for the printed reference. */
const struct setting_table *schedule_settings(void);

#endif
