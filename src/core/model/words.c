/* SPDX-License-Identifier: Apache-2.0 */
/* The closed sets of words, made from their tables. */

#include "model/words.h"

#include <string.h>

static const struct {
	const char *word, *people;
	unsigned next;
} states[] = {
#define TO(name)			(1u << STATE_##name)
#define STATE(name, wire, next, people) [STATE_##name] = { wire, people, next },
#include "model/state.def"
#undef TO
};

static const struct {
	const char *word, *people;
} phases[] = {
#define PHASE(name, wire, people) [PHASE_##name] = { wire, people },
#include "model/phase.def"
};

static const char *const causes[] = {
#define CAUSE(name, wire) [CAUSE_##name] = wire,
#include "model/cause.def"
};

static const char *const roles[] = {
#define ROLE(name, wire) [ROLE_##name] = wire,
#include "model/role.def"
};

enum weight { WEIGHT_NOTICE, WEIGHT_ALERT };

static const struct {
	const char *word, *meaning;
	enum role audience;
	enum weight weight;
} events[] = {
#define EVENT(name, wire, audience, weight, meaning) \
	[EVENT_##name] = { wire, meaning, ROLE_##audience, WEIGHT_##weight },
#include "model/event.def"
};

_Static_assert(ELEMENTS(states) == STATE_MAX, "a state without a row");
_Static_assert(ELEMENTS(phases) == PHASE_MAX, "a phase without a row");
_Static_assert(ELEMENTS(causes) == CAUSE_MAX, "a cause without a row");
_Static_assert(ELEMENTS(roles) == ROLE_MAX, "a role without a row");
_Static_assert(ELEMENTS(events) == EVENT_MAX, "an event without a row");

const char *
state_word(enum state state)
{
	ASSERT(state < STATE_MAX);
	return states[state].word;
}

const char *
state_for_people(enum state state)
{
	ASSERT(state < STATE_MAX);
	return states[state].people;
}

bool
state_parse(const char *word, enum state *ret_state)
{
	for (size_t i = 0; i < STATE_MAX; i++) {
		if (strcmp(states[i].word, word) == 0) {
			*ret_state = (enum state)i;
			return true;
		}
	}
	return false;
}

bool
state_may_become(enum state from, enum state to)
{
	ASSERT(from < STATE_MAX && to < STATE_MAX);
	return from == to || (states[from].next & (1u << to)) != 0;
}

const char *
phase_word(enum phase phase)
{
	ASSERT(phase < PHASE_MAX);
	return phases[phase].word;
}

const char *
phase_for_people(enum phase phase)
{
	ASSERT(phase < PHASE_MAX);
	return phases[phase].people;
}

bool
phase_parse(const char *word, enum phase *ret_phase)
{
	for (size_t i = 0; i < PHASE_MAX; i++) {
		if (strcmp(phases[i].word, word) == 0) {
			*ret_phase = (enum phase)i;
			return true;
		}
	}
	return false;
}

const char *
cause_word(enum cause cause)
{
	ASSERT(cause < CAUSE_MAX);
	return causes[cause];
}

bool
cause_parse(const char *word, enum cause *ret_cause)
{
	for (size_t i = 0; i < CAUSE_MAX; i++) {
		if (strcmp(causes[i], word) == 0) {
			*ret_cause = (enum cause)i;
			return true;
		}
	}
	return false;
}

const char *
role_word(enum role role)
{
	ASSERT(role < ROLE_MAX);
	return roles[role];
}

bool
role_parse(const char *word, enum role *ret_role)
{
	for (size_t i = 0; i < ROLE_MAX; i++) {
		if (strcmp(roles[i], word) == 0) {
			*ret_role = (enum role)i;
			return true;
		}
	}
	return false;
}

const char *
event_word(enum event_type type)
{
	ASSERT(type < EVENT_MAX);
	return events[type].word;
}

enum role
event_audience(enum event_type type)
{
	ASSERT(type < EVENT_MAX);
	return events[type].audience;
}

bool
event_is_alert(enum event_type type)
{
	ASSERT(type < EVENT_MAX);
	return events[type].weight == WEIGHT_ALERT;
}

const char *
event_meaning(enum event_type type)
{
	ASSERT(type < EVENT_MAX);
	return events[type].meaning;
}

bool
event_parse(const char *word, enum event_type *ret_type)
{
	for (size_t i = 0; i < EVENT_MAX; i++) {
		if (strcmp(events[i].word, word) == 0) {
			*ret_type = (enum event_type)i;
			return true;
		}
	}
	return false;
}
