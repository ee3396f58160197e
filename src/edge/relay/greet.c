/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the first byte until it is known what a client wants. The bytes may come
 * in any pieces; each try reads them from the start again, which is cheap
 * because they are few. No more is read than may be needed: what a client sends
 * beyond waits in the kernel.
 */

#include "relay/thread.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "gate/route.h"
#include "gate/sniff.h"
#include "wire/minecraft/handshake.h"
#include "wire/minecraft/legacy.h"
#include "wire/minecraft/login.h"

enum step {
	STEP_DONE,  /* the visit has gone on to something else, or ended */
	STEP_AGAIN, /* look at the bytes again */
	STEP_MORE   /* read more first */
};

static enum step
give_up(struct relay_thread *thread, struct visit *visit)
{
	COUNT(thread, refused_bytes);
	visit_end(thread, visit, NULL);
	return STEP_DONE;
}

/*
 * A header is expected or it is not, never guessed (proxy-protocol.txt, section 2): else
 * whoever reaches us from a proxy's network is served under the proxy's own address.
 */
static enum step
refuse_unproxied(struct relay_thread *thread, struct visit *visit)
{
	COUNT(thread, refused_header);
	visit_end(thread, visit, NULL);
	return STEP_DONE;
}

static void
drop_bytes(struct greeting *greeting, size_t count)
{
	greeting->length -= (uint32_t)count;
	memmove(greeting->bytes, greeting->bytes + count, greeting->length);
}

/* Whom it says it carries is who is counted from here on. False: ended. */
static bool
take_proxy_header(struct relay_thread *thread, struct visit *visit, const struct proxyproto *header)
{
	struct greeting *greeting = visit->greeting;

	greeting->is_proxied = false;
	if (header->is_told) {
		visit->ip = header->source;
		visit->port = header->source_port;
		greeting->is_carried = true;
		greeting->carried = header->destination;
		greeting->carried_port = header->destination_port;
	}
	if (thread_admits(thread, &visit->ip, ADMIT_CONNECTION))
		return true;
	COUNT(thread, refused_rate);
	visit_end(thread, visit, NULL);
	return false;
}

static enum step
read_proxy_header(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;
	struct proxyproto header;
	size_t used;

	switch (proxyproto_parse(greeting->bytes, greeting->length, &header, &used)) {
	case WIRE_DONE:
		drop_bytes(greeting, used);
		return take_proxy_header(thread, visit, &header) ? STEP_AGAIN : STEP_DONE;
	case WIRE_BAD:
		return refuse_unproxied(thread, visit);
	case WIRE_MORE:
		break;
	}
	return STEP_MORE;
}

static const struct gate_server *
route(const struct relay_thread *thread, const char *host, size_t length)
{
	char clean[HOST_MAX + 1];

	if (!route_clean(host, length, clean))
		return NULL;
	return route_find(thread->table, clean);
}

/* A host that is nobody's and no words for it: silence. False: ended. */
static bool
has_an_answer(struct relay_thread *thread, struct visit *visit, const struct gate_server *server)
{
	if (server != NULL || thread->table->unknown_host != NULL)
		return true;
	COUNT(thread, refused_host);
	visit_end(thread, visit, NULL);
	return false;
}

static enum step
begin_status(struct relay_thread *thread, struct visit *visit, const struct handshake *handshake,
	     size_t used)
{
	struct greeting *greeting = visit->greeting;
	const struct gate_server *server = route(thread, handshake->host, handshake->host_length);

	COUNT(thread, kind_status);
	if (!has_an_answer(thread, visit, server))
		return STEP_DONE;
	if (!thread_admits(thread, &visit->ip, ADMIT_STATUS)) {
		COUNT(thread, refused_rate);
		visit_end(thread, visit, NULL);
		return STEP_DONE;
	}
	if (server != NULL)
		visit_to(thread, visit, place_of(thread, server));
	greeting->protocol = handshake->protocol;
	greeting->deadline = thread->now + thread->table->limits.status_within.ms;
	timers_set(&thread->timers, &visit->timer, greeting->deadline);
	drop_bytes(greeting, used);
	visit->state = VISIT_STATUS;
	status_go_on(thread, visit);
	return STEP_DONE;
}

static enum step
read_handshake(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;
	struct handshake handshake;
	size_t used, limit = thread->table->forwarded_hosts ? HANDSHAKE_FRAME_FORWARDED_LIMIT
							    : HANDSHAKE_FRAME_LIMIT;

	switch (handshake_parse(greeting->bytes, greeting->length, limit, &handshake, &used)) {
	case WIRE_MORE:
		return STEP_MORE;
	case WIRE_BAD:
		return give_up(thread, visit);
	case WIRE_DONE:
		break;
	}
	if (handshake.intent == INTENT_STATUS)
		return begin_status(thread, visit, &handshake, used);
	COUNT(thread, kind_login);
	greeting->protocol = handshake.protocol;
	greeting->handshake = (uint32_t)used;
	greeting->deadline = thread->now + thread->table->limits.login_within.ms;
	timers_set(&thread->timers, &visit->timer, greeting->deadline);
	visit->state = VISIT_LOGIN;
	return STEP_AGAIN;
}

/* Whom do the bytes of this one want to play with? */
static const struct gate_server *
login_server(const struct relay_thread *thread, const struct greeting *greeting)
{
	struct handshake handshake;
	size_t used;

	if (handshake_parse(greeting->bytes, greeting->handshake, HANDSHAKE_FRAME_FORWARDED_LIMIT,
			    &handshake, &used) != WIRE_DONE)
		return NULL;
	return route(thread, handshake.host, handshake.host_length);
}

/* Somebody wants to play on the visit's place: now, later, or not. */
static void
arrive(struct relay_thread *thread, struct visit *visit)
{
	struct shared_server *shared = visit->place->shared;
	unsigned held = __atomic_fetch_add(&shared->held, 1, __ATOMIC_RELAXED);
	struct verdict verdict = verdict_arriving(visit->place->server, held);

	if (verdict.is != VERDICT_HOLD)
		(void)__atomic_sub_fetch(&shared->held, 1, __ATOMIC_RELAXED);
	switch (verdict.is) {
	case VERDICT_LET_IN:
		visit->greeting->replayed = visit->greeting->length;
		dial(thread, visit);
		break;
	case VERDICT_HOLD:
		visit->greeting->attempt = verdict.attempt;
		visit->is_counted_held = true;
		wait_begin(thread, visit);
		break;
	case VERDICT_TURN_AWAY:
		if (verdict.why == KICK_QUEUE_FULL)
			COUNT(thread, refused_queue);
		else
			COUNT(thread, refused_state);
		visit_turn_away(thread, visit, verdict.why);
		break;
	}
}

static enum step
read_login(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;
	const struct gate_server *server;
	struct login_start login;
	enum kick why;
	size_t used;

	switch (login_start_parse(greeting->bytes + greeting->handshake,
				  greeting->length - greeting->handshake, greeting->protocol,
				  &login, &used)) {
	case WIRE_MORE:
		return STEP_MORE;
	case WIRE_BAD:
		return give_up(thread, visit);
	case WIRE_DONE:
		break;
	}
	greeting->replayed = greeting->handshake + (uint32_t)used;
	(void)text_put(visit->player, sizeof visit->player, login.name);
	server = login_server(thread, greeting);
	if (!has_an_answer(thread, visit, server))
		return STEP_DONE;
	if (server != NULL)
		visit_to(thread, visit, place_of(thread, server));
	if (!thread_admits(thread, &visit->ip, ADMIT_LOGIN)) {
		COUNT(thread, refused_rate);
		visit_turn_away(thread, visit, KICK_TOO_FAST);
	} else if (server == NULL) {
		COUNT(thread, refused_host);
		visit_turn_away(thread, visit, KICK_UNKNOWN_HOST);
	} else if (!verdict_is_welcome(server, visit->player, &visit->ip, &why)) {
		COUNT(thread, refused_roster);
		visit_turn_away(thread, visit, why);
	} else {
		arrive(thread, visit);
	}
	return STEP_DONE;
}

/* A ping of the old days; `host` as far as it told one. */
static enum step
answer_legacy(struct relay_thread *thread, struct visit *visit, enum legacy_kind kind,
	      const char *host)
{
	const struct gate_server *server = route(thread, host, strlen(host));

	COUNT(thread, kind_legacy);
	if (!has_an_answer(thread, visit, server))
		return STEP_DONE;
	if (!thread_admits(thread, &visit->ip, ADMIT_STATUS)) {
		COUNT(thread, refused_rate);
		visit_end(thread, visit, NULL);
		return STEP_DONE;
	}
	status_answer_legacy(thread, visit, server, kind);
	return STEP_DONE;
}

static enum step
read_legacy_ping(struct relay_thread *thread, struct visit *visit)
{
	struct legacy_ping ping;
	size_t used;

	switch (legacy_ping_parse(visit->greeting->bytes, visit->greeting->length, &ping, &used)) {
	case WIRE_MORE:
		return STEP_MORE;
	case WIRE_BAD:
		return give_up(thread, visit);
	case WIRE_DONE:
		break;
	}
	return answer_legacy(thread, visit, LEGACY_1_6, ping.host);
}

static enum step
read_legacy_login(struct relay_thread *thread, struct visit *visit)
{
	struct legacy_login login;
	size_t used;

	switch (legacy_login_parse(visit->greeting->bytes, visit->greeting->length, &login,
				   &used)) {
	case WIRE_MORE:
		return STEP_MORE;
	case WIRE_BAD:
		return give_up(thread, visit);
	case WIRE_DONE:
		break;
	}
	COUNT(thread, kind_legacy);
	visit->is_legacy = true;
	(void)text_put(visit->player, sizeof visit->player, login.name);
	visit_turn_away(thread, visit, KICK_TOO_OLD);
	return STEP_DONE;
}

/* Two forms of the old ping end without saying so; a pause tells. */
static enum step
wait_for_a_byte(struct relay_thread *thread, struct visit *visit, struct duration wait)
{
	int64_t at = thread->now + wait.ms;

	if (wait.ms > 0 && !visit->greeting->is_waiting_byte && at < visit->greeting->deadline) {
		visit->greeting->is_waiting_byte = true;
		timers_set(&thread->timers, &visit->timer, at);
	}
	return STEP_MORE;
}

static enum step
look(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;
	struct sniff found;

	if (visit->state == VISIT_LOGIN)
		return read_login(thread, visit);
	if (greeting->is_proxied)
		return read_proxy_header(thread, visit);
	found = sniff(greeting->bytes, greeting->length, greeting->is_legacy_over);
	if (greeting->is_waiting_byte && found.is != SNIFFED_NOTHING_YET) {
		greeting->is_waiting_byte = false;
		timers_set(&thread->timers, &visit->timer, greeting->deadline);
	}
	switch (found.is) {
	case SNIFFED_MODERN:
		return read_handshake(thread, visit);
	case SNIFFED_LEGACY_1_3:
		return answer_legacy(thread, visit, LEGACY_1_3, "");
	case SNIFFED_LEGACY_1_4:
		return answer_legacy(thread, visit, LEGACY_1_4, "");
	case SNIFFED_LEGACY_1_6:
		return read_legacy_ping(thread, visit);
	case SNIFFED_LEGACY_LOGIN:
		return read_legacy_login(thread, visit);
	case SNIFFED_NOTHING_YET:
		return wait_for_a_byte(thread, visit, found.wait);
	case SNIFFED_GARBAGE:
	case SNIFFED_MAX:
		break;
	}
	return give_up(thread, visit);
}

/* The most that may have to be read for what is awaited now. */
static size_t
read_limit(const struct relay_thread *thread, const struct visit *visit)
{
	if (visit->greeting->is_proxied)
		return PROXYPROTO_LIMIT;
	if (visit->state == VISIT_LOGIN)
		return visit->greeting->handshake + LOGIN_FRAME_LIMIT;
	return thread->table->forwarded_hosts ? HANDSHAKE_FRAME_FORWARDED_LIMIT
					      : HANDSHAKE_FRAME_LIMIT;
}

/* The client has no more to say; what it said may still be a whole old ping. */
static void
no_more(struct relay_thread *thread, struct visit *visit)
{
	visit->greeting->is_legacy_over = true;
	if (visit->greeting->length == 0 || look(thread, visit) != STEP_DONE)
		visit_end(thread, visit, NULL);
}

void
greet(struct relay_thread *thread, struct visit *visit)
{
	enum step step = STEP_MORE;

	while (step != STEP_DONE) {
		if (step == STEP_AGAIN) {
			step = look(thread, visit);
			continue;
		}
		switch (visit_read(thread, visit, read_limit(thread, visit))) {
		case VISIT_READ_SOME:
			step = STEP_AGAIN;
			break;
		case VISIT_READ_NOTHING:
			return;
		case VISIT_READ_END:
			no_more(thread, visit);
			return;
		case VISIT_READ_FULL:
			(void)give_up(thread, visit);
			return;
		}
	}
}

/* tcp: what a proxy says comes before the client's own bytes. True: nothing (more) of it. */
static bool
peel_proxy_header(struct relay_thread *thread, struct visit *visit)
{
	unsigned char *bytes = thread->tools.buffer;
	struct proxyproto header;
	size_t used;
	ssize_t n;

	if (!visit->greeting->is_proxied)
		return true;
	n = recv(visit->client, bytes, PROXYPROTO_LIMIT, MSG_PEEK);
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			visit_end(thread, visit, NULL);
		return false;
	}
	switch (proxyproto_parse(bytes, (size_t)n, &header, &used)) {
	case WIRE_DONE:
		if (recv(visit->client, bytes, used, 0) == (ssize_t)used)
			return take_proxy_header(thread, visit, &header);
		visit_end(thread, visit, NULL);
		return false;
	case WIRE_BAD:
		(void)refuse_unproxied(thread, visit);
		return false;
	case WIRE_MORE:
		break;
	}
	return false;
}

void
first_bytes(struct relay_thread *thread, struct visit *visit)
{
	const struct gate_server *server = visit->place->server;
	unsigned char byte;
	ssize_t n;

	if (!peel_proxy_header(thread, visit))
		return;
	if (server == NULL) {
		visit_end(thread, visit, NULL);
		return;
	}
	if (server->state != STATE_READY && server->wake_filter) {
		/* The bytes stay where they are: the kernel keeps them for the game. */
		n = recv(visit->client, &byte, 1, MSG_PEEK);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			visit_end(thread, visit, NULL);
			return;
		}
	}
	COUNT(thread, kind_tcp);
	if (!thread_admits(thread, &visit->ip, ADMIT_LOGIN)) {
		COUNT(thread, refused_rate);
		visit_turn_away(thread, visit, KICK_TOO_FAST);
		return;
	}
	arrive(thread, visit);
}

void
on_greeting_timer(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;

	if (greeting->is_waiting_byte) {
		greeting->is_waiting_byte = false;
		greeting->is_legacy_over = true;
		timers_set(&thread->timers, &visit->timer, greeting->deadline);
		if (look(thread, visit) == STEP_AGAIN)
			greet(thread, visit);
		return;
	}
	if (visit->state != VISIT_STATUS)
		COUNT(thread, refused_deadline);
	visit_end(thread, visit, NULL);
}
