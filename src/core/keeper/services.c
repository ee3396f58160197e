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
