/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may not go on before backups have come to an end: a start while a world is read or
 * exchanged, and the release of a machine whose world has no verified copy. Hard because people
 * change their minds meanwhile: who wants the server up comes first, so a copy that is in the way
 * is ended, and never counts half.
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "service/backup_state.h"

/* Is the lane reading a world that nobody may write to? */
static bool
reads_at_rest(const struct lane *lane)
{
	const struct item *item = lane->at_work;

	return item != NULL && item->is.state == BACKUP_PACKING && item->is.at_rest &&
	       !lane->order.answered;
}

bool
lane_is_asked(const struct lane *lane, const struct server *server)
{
	const struct server_status *s = &server->status;

	return lane->asked[0] != '\0' && strcmp(lane->asked, s->run.id) == 0 &&
	       (s->state == STATE_SETTLING || s->state == STATE_FAILED) &&
	       s->flow.direction == FLOW_FORWARD;
}

bool
lane_rests(const struct lane *lane, const struct server *server)
{
	const struct server_status *s = &server->status;

	if (lane->may_start > 0)
		return false;
	if (s->state == STATE_ASLEEP || s->state == STATE_FAILED)
		return s->flow.direction == FLOW_NONE || lane_is_asked(lane, server);
	return lane_is_asked(lane, server);
}

static bool
is_pending(const struct item *item)
{
	return item->is.state < BACKUP_GOOD;
}

/* Of this run, and of its end: is there a good one, one let go, one under way? */
static bool
is_settled(const struct lane *lane, const char *run)
{
	for (size_t i = 0; i < lane->items.count; i++) {
		const struct item *item = lane->items.items[i];

		if (strcmp(item->is.run, run) != 0)
			continue;
		if (item->is.state == BACKUP_GOOD && item->is.at_rest && item->is.reason[0] == '\0')
			return true;
		if (item->is.kind == BACKUP_SLEEP && item->is.released &&
		    item->is.state == BACKUP_FAILED)
			return true;
	}
	return false;
}

static struct item *
find_pending(const struct lane *lane)
{
	for (size_t i = 0; i < lane->items.count; i++) {
		struct item *item = lane->items.items[i];

		if (item->is.kind == BACKUP_SLEEP && is_pending(item))
			return item;
	}
	return NULL;
}

static enum consent
judge_release(const struct lane *lane, const struct server *server)
{
	const struct server_status *s = &server->status;
	const struct policy *policy = &server->spec->policy;

	if (reads_at_rest(lane) || restore_is_busy(lane))
		return CONSENT_WAITS;
	if (policy->backup == BACKUP_NEVER || s->want == WANT_UP || MUTANT(BACKUP_NOT_WAITED_FOR))
		return CONSENT_GIVEN;
	return is_settled(lane, s->run.id) ? CONSENT_GIVEN : CONSENT_WAITS;
}

/* From the consent on the machine may be gone, so nothing more is begun there. */
static enum consent
consent_release(struct backups *b, struct lane *lane, const struct server *server)
{
	enum consent consent = judge_release(lane, server);
	const char *asked = consent == CONSENT_WAITS ? server->status.run.id : "";

	if (strcmp(lane->asked, asked) != 0)
		plane_wake_service(b->plane, &b->service);
	(void)text_put(lane->asked, sizeof lane->asked, asked);
	return consent;
}

static enum consent
consent_start(struct backups *b, struct lane *lane)
{
	plane_wake_service(b->plane, &b->service);
	if (reads_at_rest(lane) || restore_is_busy(lane))
		return CONSENT_WAITS;
	lane->may_start = 2;
	return CONSENT_GIVEN;
}

enum consent
gate_consent(struct backups *b, enum consent_to to, const char *name)
{
	const struct server *server = plane_server(b->plane, name);
	struct lane *lane = keyed_find(&b->lanes, name);

	if (server == NULL || b->archive == NULL)
		return CONSENT_GIVEN;
	switch (to) {
	case CONSENT_RESTORED:
		if (MUTANT(BACKUP_START_ANYWAY))
			return CONSENT_GIVEN;
		return consent_start(b, backup_lane(b, name));
	case CONSENT_RELEASE:
		if (lane == NULL && server->spec->policy.backup == BACKUP_NEVER)
			return CONSENT_GIVEN;
		return consent_release(b, backup_lane(b, name), server);
	case CONSENT_PREPARED:
	case CONSENT_AT_ONCE:
	case CONSENT_MAX:
		break;
	}
	return CONSENT_GIVEN;
}

/* One that is given up: what reads the world is ended first, what only reads the store goes on. */
static void
give_way(struct lane *lane, struct item *item, const char *why)
{
	if (item->is.state == BACKUP_COMMITTING || item->is.state == BACKUP_VERIFYING)
		return;
	if (lane->at_work == item)
		make_stop(item, false, why);
	else
		item_drop(lane, item, why);
}

static bool
is_overdue(const struct server *server, const struct item *item, struct instant now)
{
	struct duration within = server->spec->policy.backup_within;

	return within.ms > 0 && instant_reached(now, instant_add(item->since, within));
}

static void
let_go(struct lane *lane, struct item *item, const struct server *server)
{
	char within[DURATION_TEXT_SIZE], why[REASON_LIMIT + 1];

	if (item->is.released)
		return;
	duration_text(server->spec->policy.backup_within, within);
	(void)snprintf(why, sizeof why,
		       "There was no verified backup within %s (backup_within): %.140s", within,
		       item->is.reason[0] != '\0' ? item->is.reason : "it was still being made.");
	item->is.released = true;
	if (lane->at_work == item)
		make_stop(item, true, why);
	else
		item_fail(lane, item, why);
}

static void
see_pending(struct lane *lane, struct item *item, const struct server *server, struct instant now)
{
	if (!lane_is_asked(lane, server) && strcmp(server->status.run.id, item->is.run) != 0)
		give_way(lane, item, "Its run is over.");
	else if (server->status.want == WANT_UP)
		give_way(lane, item, "Somebody wants the server up again.");
	else if (server->spec->policy.backup == BACKUP_NEVER)
		give_way(lane, item, "It is declared to sleep without a backup now.");
	else if (is_overdue(server, item, now))
		let_go(lane, item, server);
}

static void
want_one(struct lane *lane, const struct server *server, struct instant now)
{
	struct item *item = make_new(lane, BACKUP_SLEEP, "policy");

	item->since = now;
	(void)text_put(item->is.run, sizeof item->is.run, server->status.run.id);
	(void)text_put(item->is.store, sizeof item->is.store, server->spec->backup.store);
	item_put(lane, item);
}

/* Its declaration is gone: nothing is made of it any more. What is good stays. */
static void
see_removed(struct lane *lane)
{
	for (size_t i = lane->items.count; i-- > 0;) {
		struct item *item = lane->items.items[i];

		if (!is_pending(item))
			continue;
		if (lane->at_work == item)
			make_stop(item, true, "Its server was removed.");
		else
			item_drop(lane, item, "Its server was removed.");
	}
}

void
gate_decide(struct lane *lane, struct instant now)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	struct item *pending = find_pending(lane);

	if (server == NULL) {
		see_removed(lane);
		return;
	}
	if (strcmp(lane->asked, server->status.run.id) != 0)
		lane->asked[0] = '\0';
	if (reads_at_rest(lane) && server->status.want == WANT_UP)
		make_stop(lane->at_work, false, "Somebody wants the server up.");
	if (pending != NULL)
		see_pending(lane, pending, server, now);
	else if (lane->of->archive != NULL && lane_is_asked(lane, server) &&
		 server->status.want == WANT_DOWN &&
		 server->spec->policy.backup == BACKUP_BEFORE_SLEEP &&
		 !is_settled(lane, lane->asked))
		want_one(lane, server, now);
}

struct instant
gate_due(const struct lane *lane)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	const struct item *pending = find_pending(lane);

	if (pending == NULL || server == NULL || server->spec->policy.backup_within.ms == 0)
		return NEVER;
	return pending->is.released
		       ? NEVER
		       : instant_add(pending->since, server->spec->policy.backup_within);
}
