/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TIMETABLE_H
#define ROOST_TIMETABLE_H

/*
 * The schedules of one server, with what was seen to of each: a value, stored as one document.
 * Whoever keeps it says what the machine's clock shows; zones are NULL where they are not known.
 */

#include "base/json.h"
#include "model/schedule.h"
#include "model/server.h"
#include "wire/zone/zone.h"

#define KEPT_WITHIN   DURATION_S(60)	   /* later than this, a time was missed */
#define SET_BACK_MOST DURATION_S(3 * 3600) /* as cron has it: more is a new time */

struct timetable_item {
	struct schedule is;	/* a copy: the declaration may change meanwhile */
	struct instant until;	/* everything up to here is seen to */
	struct instant before;	/* that mark, when the clock was set back by more; NEVER: it was not */
	struct instant due;	/* the last time that came; NEVER = none yet */
	bool done;		/* what it says was done then */
	struct instant next;	/* after `until`; not stored; NEVER: its zone is not known */
};

struct timetable {
	char server[SERVER_NAME_LIMIT + 1];
	struct timetable_item *items;
	size_t count;
};

struct timetable *timetable_new(const char *server) must_check;
void timetable_free(struct timetable *table);

json_t *timetable_json(const struct timetable *table) must_check;
/* What cannot be read of it is left out. `next` is not known then. */
struct timetable *timetable_read(const char *server, const json_t *body) must_check;

/*
 * Make it that of the declaration: schedules that were there keep their marks, new ones begin
 * at `now`. Returns whether any is not as it was.
 */
bool timetable_sync(struct timetable *table, const struct server_spec *spec, struct instant now);

/* The item of this schedule; NULL: there is none. */
struct timetable_item *timetable_find(const struct timetable *table,
				      const struct schedule *schedule);

void item_find_next(struct timetable_item *item, const struct zone *zone);

/*
 * The clock shows `now`, and may have been set. Set back by up to SET_BACK_MOST, everything up to
 * the mark stays seen to. Set back by more, the time until then is a new time; but what it leaps
 * over when it is put forward again (`leapt`, as also when nobody looked) is not. Returns
 * whether the marks have moved.
 */
bool item_heed_clock(struct timetable_item *item, const struct zone *zone, struct instant now,
		     bool leapt);

/* The last time up to `now` that is not seen to; NEVER: there is none. */
struct instant item_due(const struct timetable_item *item, const struct zone *zone,
			struct instant now) must_check;

#endif
