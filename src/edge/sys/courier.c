/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of facts and one uv_async_t: see the header. */

#include "sys/courier.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parcel {
	struct parcel *next;
	struct fact fact;
};

struct courier {
	uv_async_t soon;
	courier_deliver *deliver;
	void *argument;
	struct parcel *first, *last;
};

void
fact_drop(struct fact *fact)
{
	if (fact->kind == FACT_REPLY) {
		reply_deinit(&fact->as.reply);
	} else if (fact->kind == FACT_CONSOLE_LINE) {
		mem_free(fact->as.process.line);
		mem_free(fact->as.process.styled);
	}
}

static void
on_soon(uv_async_t *soon)
{
	struct courier *courier = CONTAINER_OF(soon, struct courier, soon);
	struct parcel *parcel = courier->first, *next;

	courier->first = courier->last = NULL;
	for (; parcel != NULL; parcel = next) {
		next = parcel->next;
		courier->deliver(courier->argument, &parcel->fact);
		mem_free(parcel);
	}
}

struct courier *
courier_new(uv_loop_t *loop, courier_deliver *deliver, void *argument)
{
	struct courier *courier = mem_new(sizeof *courier);

	courier->deliver = deliver;
	courier->argument = argument;
	ASSERT(uv_async_init(loop, &courier->soon, on_soon) == 0);
	return courier;
}

static void
on_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_async_t *)handle, struct courier, soon));
}

void
courier_free(struct courier *courier)
{
	struct parcel *parcel, *next;

	if (courier == NULL)
		return;
	for (parcel = courier->first; parcel != NULL; parcel = next) {
		next = parcel->next;
		fact_drop(&parcel->fact);
		mem_free(parcel);
	}
	courier->first = courier->last = NULL;
	uv_close((uv_handle_t *)&courier->soon, on_closed);
}

void
courier_fact(struct courier *courier, const struct fact *fact)
{
	struct parcel *parcel = mem_new(sizeof *parcel);

	parcel->fact = *fact;
	if (courier->first == NULL)
		courier->first = parcel;
	else
		courier->last->next = parcel;
	courier->last = parcel;
	ASSERT(uv_async_send(&courier->soon) == 0);
}

void
courier_reply(struct courier *courier, const struct reply *reply)
{
	struct fact fact = { .kind = FACT_REPLY };

	fact.as.reply = *reply;
	/* Names of files are any bytes, and a sentence may be cut inside a character. */
	text_clean(fact.as.reply.reason, sizeof fact.as.reply.reason, reply->reason,
		   strlen(reply->reason));
	courier_fact(courier, &fact);
}

static void
reason_reply(struct courier *courier, struct reply *reply, const char *format, va_list args)
{
	char reason[1024];

	(void)vsnprintf(reason, sizeof reason, format, args);
	(void)text_put(reply->reason, sizeof reply->reason, reason);
	courier_reply(courier, reply);
}

void
courier_refuse(struct courier *courier, struct ticket ticket, const char *format, ...)
{
	struct reply reply = { .ticket = ticket, .result = REPLY_REFUSED };
	va_list args;

	va_start(args, format);
	reason_reply(courier, &reply, format, args);
	va_end(args);
}

void
courier_unknown(struct courier *courier, struct ticket ticket, const char *format, ...)
{
	struct reply reply = { .ticket = ticket, .result = REPLY_UNKNOWN };
	va_list args;

	va_start(args, format);
	reason_reply(courier, &reply, format, args);
	va_end(args);
}
