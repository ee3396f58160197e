/* SPDX-License-Identifier: Apache-2.0 */
/* The port: a list of questions under way. See the header. */

#include "probe/probe_port.h"

#include "probe/question.h"

struct probes {
	struct probe_port port;
	struct question_list list;
};

static void
ask(struct probe_port *port, struct ticket ticket, const struct probe_question *question)
{
	struct probes *probes = CONTAINER_OF(port, struct probes, port);

	question_ask(&probes->list, ticket, question);
}

struct probe_port *
probe_port_new(uv_loop_t *loop, courier_deliver *deliver, void *argument)
{
	struct probes *probes = mem_new(sizeof *probes);

	probes->port.ask = ask;
	probes->list.loop = loop;
	probes->list.courier = courier_new(loop, deliver, argument);
	return &probes->port;
}

void
probe_port_free(struct probe_port *port)
{
	struct probes *probes;

	if (port == NULL)
		return;
	probes = CONTAINER_OF(port, struct probes, port);
	questions_drop(&probes->list);
	courier_free(probes->list.courier);
	mem_free(probes);
}
