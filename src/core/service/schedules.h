/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SCHEDULES_H
#define ROOST_SCHEDULES_H

/*
 * What is done with servers at set times. Each server that has schedules has one document: of
 * each schedule, up to which instant everything is seen to. A wish to wake or sleep is in the
 * same commit as that mark, so that a time leads to exactly one, whenever roost dies. A command
 * is sent once the mark is durable, so it is sent once at most.
 *
 * A time that is noticed within a minute counts as kept. What is later than that was missed:
 * once, however many times were, it is done after all, or not at all, as declared; of several
 * schedules of a server in the order in which they were due last. A new schedule begins when
 * it is declared.
 *
 * Schedules go by the machine's clock as it is, not by the steered one of timers (zones_port).
 * Put forward, it has missed what it leapt over. Put back by up to three hours, nothing comes
 * again until it is where it was. Put back by more, the time from there on is a new one, in
 * which what was done before comes again as the clock walks over it; but what it leaps over
 * when it is put right again does not. A clock that was never set counts as none.
 */

#include "keeper/plane.h"
#include "model/schedule.h"
#include "port/zones.h"

struct schedules;

/* It asks the plane's port for zones; without one, none is known, and nothing ever comes. */
struct schedules *schedules_new(struct plane *plane) must_check;
void schedules_unload(struct schedules *schedules);	/* after the plane's last turn */

/* How a backup is made: returns NULL, or why it is not, to be told. Without it none is. */
typedef const char *schedules_backup(void *argument, const char *server);
void schedules_on_backup(struct schedules *schedules, schedules_backup *make, void *argument);

/* Once plane_is_loaded(). */
void schedules_load(struct schedules *schedules);

/* What a server's schedules do next, and when; false: nothing. */
bool schedules_next(const struct schedules *schedules, const char *server,
		    struct instant *ret_at, enum schedule_verb *ret_verb);

/* How it stands with one of them, as declared. */
struct schedule_view {
	bool is_zone_known;	/* to this machine; else it never comes */
	struct instant next;	/* NEVER: not known */
	struct instant last;	/* the last time that came since it was declared; NEVER: none */
	bool done;		/* what it says was done then */
};
void schedules_view(const struct schedules *schedules, const char *server,
		    const struct schedule *schedule, struct schedule_view *ret_view);

/*
 * The first of a declaration's schedules whose zone is not known here; its count when all are.
 * `zones` may be NULL.
 */
size_t schedules_unknown_zone(const struct server_spec *spec, struct zones_port *zones);

#endif
