/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PROVIDER_H
#define ROOST_PROVIDER_H

/*
 * What knows how to run servers in one kind of place. The keeper decides what
 * should be; a provider's recipes bring it about.
 */

#include "flow/recipe.h"
#include "model/spec.h"

struct provider {
	const char *name;

	const struct recipe *start;
	unsigned start_consented;	/* the step to begin with when nobody objects (port/consent.h) */
	unsigned start_release;		/* undo from here when the process has ended already */
	unsigned start_answering;	/* the step that waits for the game: a cancelled stop resumes here */

	const struct recipe *stop;
	unsigned stop_announce;		/* first step when players are to be told */
	unsigned stop_save;		/* first step when not */

	/* What has become of the run's process: REPLY_PROCESS. */
	flow_send *look;
};

const struct provider *provider_get(enum provider_kind kind);

/* A recipe by its stored name, any provider's; NULL: this version has none of that name. */
const struct recipe *provider_recipe(const char *name);

/*
 * The console line that tells `text` to the players: the spec's `warn_command`,
 * or the game's own way. False when there is none.
 */
bool provider_can_warn(const struct server_spec *spec);
bool provider_warning(const struct server_spec *spec, const char *text, char *line, size_t size);

#endif
