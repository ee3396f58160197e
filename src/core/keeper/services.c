/* SPDX-License-Identifier: Apache-2.0 */
/* Services take part in the turn: what they decide is committed with all else, and acted on after it. */

#include "keeper/plane_inside.h"

void
plane_add_service(struct plane *plane, struct plane_service *service)
{
	struct plane_service **end = &plane->services;

	while (*end != NULL)
		end = &(*end)->next;
	*end = service;
	service->next = NULL;
	service->decided = false;
	service->due = plane->now;
}

void
plane_wake_service(struct plane *plane, struct plane_service *service)
{
	service->due = instant_earlier(service->due, plane->now);
}

void
services_told(struct plane *plane, const struct store_event *events, size_t count)
{
	for (struct plane_service *s = plane->services; s != NULL; s = s->next) {
		if (s->told == NULL)
			continue;
		s->told(s, events, count);
		plane_wake_service(plane, s);
	}
}

void
services_decide(struct plane *plane)
{
	for (struct plane_service *s = plane->services; s != NULL; s = s->next) {
		if (!instant_reached(plane->now, s->due))
			continue;
		s->due = NEVER;
		s->due = instant_earlier(s->decide(s, plane->now), s->due);
		s->decided = true;
	}
}

void
services_act(struct plane *plane)
{
	for (struct plane_service *s = plane->services; s != NULL; s = s->next) {
		if (!s->decided)
			continue;
		s->decided = false;
		if (s->act != NULL)
			s->act(s, plane->now);
	}
}

struct instant
services_due(const struct plane *plane)
{
	struct instant due = NEVER;

	for (const struct plane_service *s = plane->services; s != NULL; s = s->next)
		due = instant_earlier(due, s->due);
	return due;
}

bool
plane_is_at_rest(const struct plane *plane, const char *name)
{
	const struct kept *kept = plane_find((struct plane *)plane, name);

	return kept != NULL && kept->draft.flow.direction == FLOW_NONE &&
	       (kept->draft.state == STATE_ASLEEP || kept->draft.state == STATE_FAILED);
}

void
services_line(struct plane *plane, const char *server, const char *line)
{
	for (struct plane_service *s = plane->services; s != NULL; s = s->next) {
		if (s->line != NULL)
			s->line(s, server, line);
	}
}

/* ---- consent ---- */

static enum consent
services_consent(const struct plane *plane, enum consent_to to, const char *server,
		 char ret_reason[static REASON_LIMIT + 1])
{
	enum consent all = plane->unattended ? CONSENT_WAITS : CONSENT_GIVEN;

	for (struct plane_service *s = plane->services; s != NULL; s = s->next) {
		enum consent one =
			s->consent != NULL ? s->consent(s, to, server, ret_reason) : CONSENT_GIVEN;

		if (one == CONSENT_REFUSED)
			return CONSENT_REFUSED;
		if (one == CONSENT_WAITS)
			all = CONSENT_WAITS;
	}
	return all;
}

bool
services_may_start(const struct plane *plane, const char *server)
{
	char reason[REASON_LIMIT + 1];

	return services_consent(plane, CONSENT_AT_ONCE, server, reason) == CONSENT_GIVEN &&
	       services_consent(plane, CONSENT_RESTORED, server, reason) == CONSENT_GIVEN &&
	       services_consent(plane, CONSENT_PREPARED, server, reason) == CONSENT_GIVEN;
}

/* A port like any other, though nobody beyond it is far: its answer is a fact of the next turn. */
static void
ask_consent(struct consent_port *port, struct ticket ticket, enum consent_to to, const char *server)
{
	struct plane *plane = CONTAINER_OF(port, struct plane, consent);
	struct fact fact = { .kind = FACT_REPLY,
			     .as.reply = { .ticket = ticket, .holds = REPLY_YES_OR_NO } };
	enum consent consent = services_consent(plane, to, server, fact.as.reply.reason);

	fact.as.reply.as.yes = consent == CONSENT_GIVEN;
	if (consent == CONSENT_REFUSED)
		fact.as.reply.result = REPLY_REFUSED;
	plane_note(plane, &fact);
}

void
services_init(struct plane *plane)
{
	plane->consent.ask = ask_consent;
	plane->unattended = plane->ports.attended_later;
}

void
plane_attend(struct plane *plane)
{
	plane->unattended = false;
}
