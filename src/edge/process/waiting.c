/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait, and their answers: see the header. */

#include "process/waiting.h"

#include <string.h>

void
waiting_add(struct waiting **list, const struct link_request *request, uint64_t expires)
{
	struct waiting *waiting = mem_new(sizeof *waiting);

	waiting->request = *request;
	waiting->request.text = text_copy(request->text);
	waiting->expires = expires;
	while (*list != NULL)
		list = &(*list)->next;
	*list = waiting;
}

static struct waiting *
take_at(struct waiting **at)
{
	struct waiting *waiting = *at;

	if (waiting != NULL)
		*at = waiting->next;
	return waiting;
}

struct waiting *
waiting_take(struct waiting **list)
{
	return take_at(list);
}

struct waiting *
waiting_take_serial(struct waiting **list, int64_t serial)
{
	while (*list != NULL && !((*list)->sent && (*list)->serial == serial))
		list = &(*list)->next;
	return take_at(list);
}

struct waiting *
waiting_take_expired(struct waiting **list, uint64_t now)
{
	while (*list != NULL && (*list)->expires > now)
		list = &(*list)->next;
	return take_at(list);
}

void
waiting_free(struct waiting *waiting)
{
	mem_free((char *)waiting->request.text);
	mem_free(waiting);
}

static struct process_answer *
answer_of(const struct run_record *record)
{
	struct process_answer *answer = mem_new(sizeof *answer);

	answer->is = PROCESS_NONE;
	if (record == NULL)
		return answer;
	answer->is = instant_is_set(record->ended_at) ? PROCESS_GONE : PROCESS_RUNNING;
	answer->pid = record->pid;
	answer->start_time = record->start_time;
	answer->exit_status = record->exit_status;
	answer->exit_signal = record->exit_signal;
	answer->killed_for_memory = record->killed_for_memory;
	answer->ready_line_seen = record->ready_line_seen;
	answer->memory_bytes = record->memory_bytes;
	answer->cpu_millis = record->cpu_millis;
	(void)text_put(answer->tail, sizeof answer->tail, record->tail);
	return answer;
}

void
waiting_show(struct waiting *waiting, struct courier *courier, const struct run_record *record)
{
	struct reply reply = { .ticket = waiting->request.ticket,
			       .result = REPLY_DONE,
			       .holds = REPLY_PROCESS };

	reply.as.process = answer_of(record);
	courier_reply(courier, &reply);
	waiting_free(waiting);
}

void
waiting_done(struct waiting *waiting, struct courier *courier)
{
	courier_reply(courier,
		      &(struct reply){ .ticket = waiting->request.ticket, .result = REPLY_DONE });
	waiting_free(waiting);
}

void
waiting_refuse(struct waiting *waiting, struct courier *courier, const char *why)
{
	courier_refuse(courier, waiting->request.ticket, "%s", why);
	waiting_free(waiting);
}

void
waiting_unknown(struct waiting *waiting, struct courier *courier, const char *why)
{
	courier_unknown(courier, waiting->request.ticket, "%s", why);
	waiting_free(waiting);
}
