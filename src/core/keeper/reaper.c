/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recipes are never the only guard: a start that was delayed past a crash can
 * land after its undo. So at start and now and then everything of ours that
 * runs is listed, and what no server owns is asked to end, then ended, then
 * forgotten.
 */

#include "keeper/plane_inside.h"

#include <signal.h>
#include <string.h>

#include "base/mutant.h"

#define REAP_EVERY DURATION_S(60)
#define REAP_AGAIN DURATION_S(10) /* while there is something to reap */

static bool
owns(const struct server_status *status, const char *token)
{
	char own[RUN_TOKEN_SIZE];

	if (status->run.id[0] == '\0')
		return false;
	run_token(&status->run, own);
	return strcmp(own, token) == 0;
}

static bool
is_owned(const struct plane *plane, const char *token)
{
	for (size_t i = 0; i < plane->kept_count; i++) {
		if (owns(&plane->kept[i]->draft, token) ||
		    owns(&plane->kept[i]->server.status, token))
			return true;
	}
	return false;
}

static struct orphan *
orphan_of(struct reaper *reaper, const char *token)
{
	for (size_t i = 0; i < reaper->count; i++) {
		if (strcmp(reaper->orphans[i].token, token) == 0)
			return &reaper->orphans[i];
	}
	if (reaper->count == ORPHANS_LIMIT)
		return NULL;
	reaper->orphans[reaper->count] = (struct orphan){ .seen = 0 };
	(void)text_put(reaper->orphans[reaper->count].token, RUN_TOKEN_SIZE, token);
	return &reaper->orphans[reaper->count++];
}

static void
see(struct plane *plane, const char *token)
{
	struct orphan *orphan;

	if (token[0] == '\0' || strlen(token) >= RUN_TOKEN_SIZE || is_owned(plane, token))
		return;
	orphan = orphan_of(&plane->reaper, token);
	if (orphan != NULL)
		orphan->seen_now = true;
}

static void
forget_unseen(struct reaper *reaper)
{
	size_t left = 0;

	for (size_t i = 0; i < reaper->count; i++) {
		if (!reaper->orphans[i].seen_now)
			continue;
		reaper->orphans[left] = reaper->orphans[i];
		reaper->orphans[left++].seen_now = false;
	}
	reaper->count = left;
}

static void
take_list(struct plane *plane, const char *list)
{
	char token[RUN_TOKEN_SIZE + 1];

	while (*list != '\0') {
		size_t length = strcspn(list, "\n");
		size_t kept = length < sizeof token ? length : sizeof token - 1;

		memcpy(token, list, kept);
		token[kept] = '\0';
		see(plane, token);
		list += length + (list[length] == '\n');
	}
	forget_unseen(&plane->reaper);
}

/* First kindly; then by force, and forget what has ended. */
static void
reap(struct plane *plane)
{
	struct process_port *process = plane->ports.process;

	for (size_t i = 0; i < plane->reaper.count; i++) {
		struct orphan *orphan = &plane->reaper.orphans[i];

		if (orphan->seen++ == 0) {
			process->signal(process, plane_ticket(plane), orphan->token, SIGTERM);
			continue;
		}
		process->signal(process, plane_ticket(plane), orphan->token, SIGKILL);
		process->forget(process, plane_ticket(plane), orphan->token);
	}
}

bool
reaper_hear(struct plane *plane, struct reply *reply)
{
	struct watch *list = &plane->reaper.list;

	if (list->ticket.v == 0 || reply->ticket.v != list->ticket.v)
		return false;
	list->ticket = (struct ticket){ 0 };
	if (reply->result == REPLY_DONE && reply->holds == REPLY_TEXT && reply->as.text != NULL)
		take_list(plane, reply->as.text);
	plane->reaper.reap = !MUTANT(NO_REAPER);
	list->due = instant_add(plane->now, plane->reaper.count > 0 ? REAP_AGAIN : REAP_EVERY);
	return true;
}

void
reaper_act(struct plane *plane)
{
	struct watch *list = &plane->reaper.list;

	if (plane->reaper.reap)
		reap(plane);
	plane->reaper.reap = false;
	if (list->ticket.v != 0 &&
	    instant_reached(plane->now, instant_add(list->asked_at, FLOW_ANSWER_WITHIN)))
		*list = (struct watch){ .due = plane->now };
	if (list->ticket.v != 0 || !instant_reached(plane->now, list->due))
		return;
	list->ticket = plane_ticket(plane);
	list->asked_at = plane->now;
	plane->ports.process->list(plane->ports.process, list->ticket);
}

struct instant
reaper_due(const struct plane *plane)
{
	const struct watch *list = &plane->reaper.list;

	return list->ticket.v != 0 ? instant_add(list->asked_at, FLOW_ANSWER_WITHIN) : list->due;
}
