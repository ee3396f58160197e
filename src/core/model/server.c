/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored form of a server's status. A member that is absent has its zero
 * value, so documents are short and an older version's are read as they are.
 */

#include "model/server.h"

#include <stdio.h>
#include <string.h>

void
run_token(const struct run *run, char ret_token[static RUN_TOKEN_SIZE])
{
	if (run->restarts == 0)
		(void)text_put(ret_token, RUN_TOKEN_SIZE, run->id);
	else
		(void)snprintf(ret_token, RUN_TOKEN_SIZE, "%s-%u", run->id, run->restarts);
}

static bool
has_address(const struct run *run)
{
	return run->id[0] != '\0' && run->address.port != 0;
}

const struct endpoint *
server_address(const struct server_spec *spec, const struct run *run)
{
	return has_address(run) ? &run->address : &spec->address;
}

bool
server_proxy_protocol(const struct server_spec *spec, const struct run *run)
{
	return has_address(run) ? run->proxy_protocol : spec->proxy_protocol;
}

struct duration
server_usual(const struct server_status *status)
{
	int64_t sorted[ELEMENTS(status->usual_ms)];
	size_t count = 0;

	for (size_t i = 0; i < ELEMENTS(status->usual_ms); i++) {
		size_t at = count;

		if (status->usual_ms[i] <= 0)
			continue;
		for (; at > 0 && sorted[at - 1] > status->usual_ms[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = status->usual_ms[i];
		count++;
	}
	return DURATION_MS(count > 0 ? sorted[count / 2] : 0);
}

static void
put_text(json_t *to, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_set_text(to, key, text);
}

static void
put_number(json_t *to, const char *key, int64_t number)
{
	if (number != 0)
		json_set_integer(to, key, number);
}

/* Instants are stored as milliseconds: exact, short, and quickly read. */
static void
put_instant(json_t *to, const char *key, struct instant t)
{
	put_number(to, key, t.ms);
}

static void
put_true(json_t *to, const char *key, bool value)
{
	if (value)
		json_set_bool(to, key, true);
}

static json_t *
run_json(const struct run *run)
{
	char address[HOST_MAX + 16];
	json_t *to = json_object();

	put_text(to, "id", run->id);
	put_instant(to, "started_at", run->started_at);
	put_instant(to, "ready_at", run->ready_at);
	put_text(to, "cause", cause_word(run->cause));
	put_text(to, "by", run->by);
	put_number(to, "restarts", run->restarts);
	put_number(to, "crashes", run->crashes);
	put_number(to, "days_told", run->days_told);
	if (has_address(run)) {
		endpoint_text(&run->address, address, sizeof address);
		put_text(to, "address", address);
		put_true(to, "proxy_protocol", run->proxy_protocol);
	}
	return to;
}

static json_t *
flow_json(const struct flow *flow)
{
	json_t *to = json_object();

	put_true(to, "undoing", flow->direction == FLOW_UNDOING);
	put_text(to, "recipe", flow->recipe);
	put_number(to, "step", flow->step);
	put_instant(to, "started_at", flow->started_at);
	put_instant(to, "step_since", flow->step_since);
	put_instant(to, "deadline", flow->deadline);
	put_text(to, "reason", flow->reason);
	put_true(to, "stuck_told", flow->stuck_told);
	return to;
}

static void
put_object(json_t *to, const char *key, json_t *value)
{
	ASSERT(value != NULL && json_object_set_new(to, key, value) == 0);
}

static json_t *
usual_json(const struct server_status *status)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ELEMENTS(status->usual_ms); i++)
		ASSERT(json_array_append_new(list, json_integer(status->usual_ms[i])) == 0);
	return list;
}

static void
put_policy_state(json_t *to, const struct server_status *s)
{
	put_instant(to, "empty_since", s->empty_since);
	put_true(to, "idle_told", s->idle_told);
	put_number(to, "duration_warnings", s->duration_warnings);
	put_number(to, "player_warnings", s->player_warnings);
	put_instant(to, "player_warned_at", s->player_warned_at);
}

static void
put_last(json_t *to, const struct server_status *s)
{
	put_number(to, "last_max", s->last_max);
	put_number(to, "last_protocol", s->last_protocol);
	put_text(to, "last_version", s->last_version);
	put_text(to, "last_motd", s->last_motd);
}

json_t *
status_json(const struct server_status *s)
{
	json_t *to = json_object();

	put_true(to, "up", s->want == WANT_UP);
	put_text(to, "want_cause", cause_word(s->want_cause));
	put_text(to, "want_by", s->want_by);
	put_text(to, "want_request", s->want_request);
	put_true(to, "want_now", s->want_now);
	put_text(to, "state", state_word(s->state));
	put_text(to, "phase", phase_word(s->phase));
	put_instant(to, "since", s->since);
	put_instant(to, "phase_since", s->phase_since);
	put_text(to, "failed_phase", phase_word(s->failed_phase));
	put_text(to, "reason", s->reason);
	put_text(to, "tail", s->tail);
	if (s->run.id[0] != '\0')
		put_object(to, "run", run_json(&s->run));
	if (s->flow.direction != FLOW_NONE)
		put_object(to, "flow", flow_json(&s->flow));
	put_policy_state(to, s);
	if (server_usual(s).ms != 0)
		put_object(to, "usual_ms", usual_json(s));
	put_last(to, s);
	put_number(to, "epoch", (int64_t)s->epoch);
	return to;
}

static void
get_text(const json_t *from, const char *key, char *to, size_t size)
{
	(void)text_put(to, size, json_get_text(from, key, ""));
}

static struct instant
get_instant(const json_t *from, const char *key)
{
	return (struct instant){ json_get_integer(from, key, 0) };
}

static unsigned
get_count(const json_t *from, const char *key)
{
	int64_t number = json_get_integer(from, key, 0);

	return number < 0 || number > 1000000000 ? 0 : (unsigned)number;
}

static bool
run_parse(const json_t *from, struct run *run)
{
	if (from == NULL)
		return true;
	get_text(from, "id", run->id, sizeof run->id);
	run->started_at = get_instant(from, "started_at");
	run->ready_at = get_instant(from, "ready_at");
	get_text(from, "by", run->by, sizeof run->by);
	run->restarts = get_count(from, "restarts");
	run->crashes = get_count(from, "crashes");
	run->days_told = get_count(from, "days_told");
	if (!endpoint_parse(json_get_text(from, "address", ""), &run->address))
		run->address = (struct endpoint){ .port = 0 };
	run->proxy_protocol = json_get_bool(from, "proxy_protocol", false);
	return cause_parse(json_get_text(from, "cause", ""), &run->cause);
}

static void
flow_parse(const json_t *from, struct flow *flow)
{
	if (from == NULL)
		return;
	flow->direction = json_get_bool(from, "undoing", false) ? FLOW_UNDOING : FLOW_FORWARD;
	get_text(from, "recipe", flow->recipe, sizeof flow->recipe);
	flow->step = get_count(from, "step");
	flow->started_at = get_instant(from, "started_at");
	flow->step_since = get_instant(from, "step_since");
	flow->deadline = get_instant(from, "deadline");
	get_text(from, "reason", flow->reason, sizeof flow->reason);
	flow->stuck_told = json_get_bool(from, "stuck_told", false);
}

static void
policy_state_parse(const json_t *from, struct server_status *s)
{
	s->empty_since = get_instant(from, "empty_since");
	s->idle_told = json_get_bool(from, "idle_told", false);
	s->duration_warnings = get_count(from, "duration_warnings");
	s->player_warnings = get_count(from, "player_warnings");
	s->player_warned_at = get_instant(from, "player_warned_at");
}

static void
last_parse(const json_t *from, struct server_status *s)
{
	const json_t *usual = json_object_get(from, "usual_ms");

	for (size_t i = 0; i < ELEMENTS(s->usual_ms); i++)
		s->usual_ms[i] = json_integer_value(json_array_get(usual, i));
	s->last_max = get_count(from, "last_max");
	s->last_protocol = (int)json_get_integer(from, "last_protocol", 0);
	get_text(from, "last_version", s->last_version, sizeof s->last_version);
	get_text(from, "last_motd", s->last_motd, sizeof s->last_motd);
	s->epoch = (uint64_t)json_get_integer(from, "epoch", 0);
}

bool
status_parse(const json_t *from, struct server_status *ret_status)
{
	struct server_status s = { 0 };

	s.want = json_get_bool(from, "up", false) ? WANT_UP : WANT_DOWN;
	get_text(from, "want_by", s.want_by, sizeof s.want_by);
	get_text(from, "want_request", s.want_request, sizeof s.want_request);
	s.want_now = json_get_bool(from, "want_now", false);
	s.since = get_instant(from, "since");
	s.phase_since = get_instant(from, "phase_since");
	get_text(from, "reason", s.reason, sizeof s.reason);
	get_text(from, "tail", s.tail, sizeof s.tail);
	flow_parse(json_object_get(from, "flow"), &s.flow);
	policy_state_parse(from, &s);
	last_parse(from, &s);
	if (!cause_parse(json_get_text(from, "want_cause", ""), &s.want_cause) ||
	    !state_parse(json_get_text(from, "state", ""), &s.state) ||
	    !phase_parse(json_get_text(from, "phase", ""), &s.phase) ||
	    !phase_parse(json_get_text(from, "failed_phase", ""), &s.failed_phase) ||
	    !run_parse(json_object_get(from, "run"), &s.run))
		return false;
	*ret_status = s;
	return true;
}
