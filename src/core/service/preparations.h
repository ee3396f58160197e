/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PREPARATIONS_H
#define ROOST_PREPARATIONS_H

/*
 * Before a server's game starts, its template's steps are carried out and its files rendered
 * (port/workshop.h): the start waits for that (CONSENT_PREPARED), each one of a run anew, and
 * fails when it fails. Nothing of it is in the record: the mark in the server's directory
 * says what was installed, so after a crash of roost it is simply ordered again.
 *
 * People may also have a server installed while it sleeps, or installed anew.
 */

#include "keeper/plane.h"
#include "port/workshop.h"

struct preparations;

/* It asks the plane's port; without one, every start goes on unprepared. */
struct preparations *preparations_new(struct plane *plane) must_check;
void preparations_unload(struct preparations *preparations);	/* after the plane's last turn */
void preparations_load(struct preparations *preparations);	/* once plane_is_loaded() */

enum preparations_answer {
	PREPARATIONS_BEGUN,		/* events say how it goes on */
	PREPARATIONS_NOTHING,		/* its declaration has no steps */
	PREPARATIONS_AWAKE,		/* it runs, or is on its way up or down */
	PREPARATIONS_BUSY		/* it is being installed already */
};

/* Install it now, and with `again` also when it was. There is such a server. */
enum preparations_answer preparations_install(struct preparations *preparations,
					      const char *server, const char *by, bool again)
	must_check;

/* End an installation that somebody asked for; false: there is none. */
bool preparations_cancel(struct preparations *preparations, const char *server) must_check;

/* How far it is; false: nothing is being installed there. */
bool preparations_progress(const struct preparations *preparations, const char *server,
			   struct workshop_progress *ret_progress);

#endif
