/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders to the archive port and lines to consoles, as values that are decided, sent once
 * they are durable, and answered. A world may take hours to be read, so an order has no fixed
 * deadline: it counts as lost when the port does not know of it any more, and is ended when
 * nothing moves in it.
 */

#include <string.h>

#include "base/mutant.h"
#include "port/rcon.h"
#include "service/backup_state.h"

#define LOOK_EVERY    DURATION_S(5)
#define MISSING_LIMIT 3		       /* looks in a row at which the port knows nothing of it */
#define MOVES_WITHIN  DURATION_S(1800) /* else it is ended */
#define SAID_WITHIN   DURATION_S(30)

static void
clear(struct order *order)
{
	struct backups *of = order->of;

	mem_free(order->root);
	mem_free(order->fresh);
	mem_free(order->aside);
	texts_free(order->paths);
	mem_free(order->manifest);
	archive_answer_free(order->answer);
	*order = (struct order){ .of = of };
}

void
order_deinit(struct order *order)
{
	clear(order);
}

void
order_begin(struct order *order, enum order_kind what)
{
	ASSERT(order_is_free(order));
	order->what = what;
	order->to_send = true;
}

void
order_end(struct order *order)
{
	if (order->ticket.v != 0)
		plane_forget(order->of->plane, order->ticket);
	clear(order);
}

static void
answered(struct order *order, enum reply_result result, const char *reason)
{
	order->ticket = (struct ticket){ 0 };
	order->to_cancel = false;
	order->answered = true;
	order->result = result;
	(void)text_put(order->reason, sizeof order->reason, reason);
	plane_wake_service(order->of->plane, &order->of->service);
}

static void
on_answer(void *argument, const struct reply *reply)
{
	struct order *order = argument;

	/* The reply is lent, but what it holds may be kept: it is taken out of it. */
	if (reply->holds == REPLY_ARCHIVE)
		order->answer = TAKE(((struct reply *)(uintptr_t)reply)->as.archive);
	answered(order, reply->result, reply->reason);
	if (reply->result == REPLY_DONE && order->answer == NULL)
		order->answer = mem_new(sizeof *order->answer);
}

static void
send(struct order *order, struct ticket ticket)
{
	struct archive_port *port = order->of->archive;
	const struct archive_pack pack = { .store = order->store,
					   .name = order->name,
					   .root = order->root,
					   .paths = order->paths,
					   .server = order->server,
					   .game = game_word(order->game),
					   .made = order->made };
	const struct archive_swap swap = { order->root, order->paths, order->fresh, order->aside };
	const char *after = order->after[0] != '\0' ? order->after : NULL;

	switch (order->what) {
	case ORDER_PACK:
		port->pack(port, ticket, &pack);
		break;
	case ORDER_COMMIT:
		port->commit(port, ticket, order->store, order->name, order->manifest,
			     order->manifest_length);
		break;
	case ORDER_LOOK:
		port->look(port, ticket, order->store, order->name);
		break;
	case ORDER_VERIFY:
		port->verify(port, ticket, order->store, order->name);
		break;
	case ORDER_UNPACK:
		port->unpack(port, ticket, order->store, order->name, order->fresh);
		break;
	case ORDER_SWAP:
		port->swap(port, ticket, &swap);
		break;
	case ORDER_DISCARD:
		port->discard(port, ticket, order->fresh);
		break;
	case ORDER_REMOVE:
		port->remove(port, ticket, order->store, order->name);
		break;
	case ORDER_LIST:
		port->list(port, ticket, order->store, order->name, after);
		break;
	case ORDER_SWEEP:
		port->sweep(port, ticket, order->store, order->made);
		break;
	case ORDER_NONE:
		ASSERT(false);
	}
}

void
order_act(struct order *order, struct instant now)
{
	struct archive_port *port = order->of->archive;

	if (order->to_send) {
		order->to_send = false;
		order->ticket = plane_expect(order->of->plane, on_answer, order);
		order->sent_at = order->looked_at = order->moved_at = now;
		send(order, order->ticket);
	}
	if (order->to_cancel && order->ticket.v != 0) {
		order->to_cancel = false;
		port->cancel(port, order->ticket);
	}
}

void
order_cancel(struct order *order)
{
	if (order_is_free(order) || order->answered)
		return;
	if (order->to_send) {
		order->to_send = false;
		answered(order, REPLY_REFUSED, "it was cancelled");
		return;
	}
	order->to_cancel = true;
}

static bool
tells_progress(enum order_kind what)
{
	return what == ORDER_PACK || what == ORDER_VERIFY || what == ORDER_UNPACK;
}

static void
lost(struct order *order)
{
	plane_forget(order->of->plane, order->ticket);
	answered(order, REPLY_UNKNOWN, "no answer came");
}

void
order_tick(struct order *order, struct instant now)
{
	struct archive_port *port = order->of->archive;
	struct archive_progress p = { 0 };
	struct ticket ticket = order->ticket;

	if (ticket.v == 0 || order->answered ||
	    !instant_reached(now, instant_add(order->looked_at, LOOK_EVERY)))
		return;
	order->looked_at = now;
	order->missing = port->progress(port, ticket, &p) ? 0 : order->missing + 1;
	if (order->missing >= MISSING_LIMIT) {
		lost(order);
		return;
	}
	if (tells_progress(order->what) &&
	    (p.files != order->seen.files || p.bytes != order->seen.bytes))
		order->moved_at = now;
	order->seen = p;
	/* Again and again, until it has ended: what may still be at a world is not forgotten. */
	if (instant_reached(now, instant_add(order->moved_at, MOVES_WITHIN))) {
		order->moved_at = now;
		order->to_cancel = true;
	}
}

struct instant
order_due(const struct order *order)
{
	/* Decided and not sent yet: nobody else may come to look whether it was ever answered. */
	if (order->ticket.v == 0)
		return order->to_send ? instant_add(plane_now(order->of->plane), LOOK_EVERY)
				      : NEVER;
	return instant_add(order->looked_at, LOOK_EVERY);
}

/* Lines to a console. */

bool
voice_is_free(const struct voice *voice)
{
	return !voice->to_say && !voice->saying && !voice->answered;
}

void
voice_say(struct lane *lane, enum voice_says says, const char *token, const char *line)
{
	struct voice *v = &lane->voice;

	ASSERT(voice_is_free(v));
	v->to_say = true;
	v->says = says;
	(void)text_put(v->token, sizeof v->token, token);
	(void)text_put(v->line, sizeof v->line, line);
}

static void
on_said(void *argument, const struct reply *reply)
{
	struct lane *lane = argument;
	struct voice *v = &lane->voice;

	v->ticket = (struct ticket){ 0 };
	v->saying = false;
	v->answered = true;
	v->result = reply->result;
	(void)text_put(v->reason, sizeof v->reason, reply->reason);
	plane_wake_service(lane->of->plane, &lane->of->service);
}

struct instant
voice_due(const struct voice *voice)
{
	return voice->saying ? instant_add(voice->said_at, SAID_WITHIN) : voice->again_at;
}

void
voice_act(struct lane *lane, struct instant now)
{
	struct plane *plane = lane->of->plane;
	const struct plane_ports *ports = plane_ports(plane);
	const struct server *server = plane_server(plane, lane->server);
	struct voice *v = &lane->voice;

	if (v->saying && instant_reached(now, instant_add(v->said_at, SAID_WITHIN))) {
		struct reply none = { .result = REPLY_UNKNOWN };

		(void)text_put(none.reason, sizeof none.reason, "no answer came");
		plane_forget(plane, v->ticket);
		on_said(lane, &none);
	}
	if (!v->to_say)
		return;
	v->to_say = false;
	if (server == NULL) {
		v->answered = true;
		v->result = REPLY_REFUSED;
		return;
	}
	v->saying = true;
	v->said_at = now;
	lane->listening = lane->listening || v->says == VOICE_SAVE;
	v->ticket = plane_expect(plane, on_said, lane);
	console_say(ports->process, ports->rcon, v->ticket,
		    &(struct console_order){ server->spec, v->token, v->line });
}
