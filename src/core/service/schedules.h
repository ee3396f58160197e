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
 * once, however many times were, it is done after all, or not at all, as declared. A new
 * schedule begins when it is declared. When the clock is put back by up to three hours, what
 * was done is not done again; when by more, schedules count anew from there.
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

/*
 * The first of a declaration's schedules whose zone is not known here; its count when all are.
 * `zones` may be NULL.
 */
size_t schedules_unknown_zone(const struct server_spec *spec, struct zones_port *zones);

#endif
