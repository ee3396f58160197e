/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WORDS_H
#define ROOST_WORDS_H

/*
 * The closed sets of words: states, phases, causes, roles and event types. Each
 * is one `.def` table; the enum, the wire word and the words for people all come
 * from it. `_word` never returns NULL; `_parse` is false for an unknown word.
 */

#include "base/base.h"

enum state {
#define STATE(name, wire, next, people) STATE_##name,
#include "model/state.def"
	STATE_MAX
};

enum phase {
#define PHASE(name, wire, people) PHASE_##name,
#include "model/phase.def"
	PHASE_MAX
};

enum cause {
#define CAUSE(name, wire) CAUSE_##name,
#include "model/cause.def"
	CAUSE_MAX
};

enum role {
#define ROLE(name, wire) ROLE_##name,
#include "model/role.def"
	ROLE_MAX
};

enum event_type {
#define EVENT(name, wire, audience, weight, meaning) EVENT_##name,
#include "model/event.def"
	EVENT_MAX
};

const char *state_word(enum state state);
const char *state_for_people(enum state state);
bool state_parse(const char *word, enum state *ret_state) must_check;
/* May a server go from one state to the other? Staying is always allowed. */
bool state_may_become(enum state from, enum state to);

const char *phase_word(enum phase phase);
const char *phase_for_people(enum phase phase);
bool phase_parse(const char *word, enum phase *ret_phase) must_check;

const char *cause_word(enum cause cause);
bool cause_parse(const char *word, enum cause *ret_cause) must_check;

const char *role_word(enum role role);
bool role_parse(const char *word, enum role *ret_role) must_check;

const char *event_word(enum event_type type);
enum role event_audience(enum event_type type);
bool event_is_alert(enum event_type type);	/* somebody should look at it */
const char *event_meaning(enum event_type type);
bool event_parse(const char *word, enum event_type *ret_type) must_check;

#endif
