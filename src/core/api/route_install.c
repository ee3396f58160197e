/* SPDX-License-Identifier: Apache-2.0 */
/* Installing a server's game while it sleeps. */

#include "api/call.h"

static void
answer(struct call *call, const struct server *server)
{
	json_t *body = json_object();

	ASSERT(json_object_set_new(body, "server",
				   server_json(call->api, server, &call->caller, false)) == 0);
	call_answer(call, 202, body);
}

void
handle_install(struct call *call)
{
	struct server *server = call_server(call);
	bool again;

	if (server == NULL)
		return;
	again = json_get_bool(call->fields, "again", false);
	switch (preparations_install(call->api->preparations, call->parameter, call->caller.user,
				     again)) {
	case PREPARATIONS_BEGUN:
		answer(call, server);
		return;
	case PREPARATIONS_NOTHING:
		call_refuse(call, PROBLEM_CONFLICT,
			    "%s has nothing to install: its declaration has no steps, for it names "
			    "no template that has.",
			    call->parameter);
		return;
	case PREPARATIONS_AWAKE:
		call_refuse(
			call, PROBLEM_CONFLICT,
			"%s does not sleep, and what runs must not be replaced. Send it to sleep "
			"first; when it wakes, what is missing is installed anyway.",
			call->parameter);
		return;
	case PREPARATIONS_BUSY:
		call_refuse(call, PROBLEM_CONFLICT, "%s is being installed already.",
			    call->parameter);
		return;
	}
}

void
handle_install_end(struct call *call)
{
	struct server *server = call_server(call);

	if (server == NULL)
		return;
	if (preparations_cancel(call->api->preparations, call->parameter))
		answer(call, server);
	else
		call_refuse(call, PROBLEM_CONFLICT, "Nothing is being installed for %s.",
			    call->parameter);
}
