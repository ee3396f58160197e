/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CALL_H
#define ROOST_CALL_H

/*
 * One request on its way to its answer, for the files of api/ only. A handler
 * gets a call whose caller may do this and whose fields are right, and ends it,
 * now or later, with exactly one call_answer_..() or call_refuse_..().
 */

#include "api/api.h"
#include "api/console.h"
#include "api/correlate.h"
#include "api/route.h"
#include "service/backups.h"
#include "service/integration.h"
#include "service/throttle.h"
#include "service/push.h"
#include "service/roster.h"
#include "service/preparations.h"
#include "service/schedules.h"
#include "service/templates.h"
#include "service/users.h"

enum problem {
#define PROBLEM(name, status, slug, title) PROBLEM_##name,
#include "api/problem.def"
	PROBLEM_MAX
};

struct api {
	struct plane *plane;
	struct users *users;
	struct push *push;
	struct webhooks *webhooks;
	struct rosters *rosters;
	struct schedules *schedules;
	struct backups *backups;
	struct preparations *preparations;
	struct templates *templates;
	struct consoles *consoles;
	struct integrations *integrations;
	struct correlations *correlations;
	struct connections_port *connections;	/* or NULL */
	api_console *on_console;	/* lines go there too, or NULL */
	void *console_argument;
	struct api_settings settings;	/* its texts are ours */
	struct throttle connection_calls, console_commands;
	struct channel_rule *channels;	/* those of the settings */
	json_t *file_servers;		/* names of those in the configuration file; or NULL */
	bool started;
	struct call *calls;		/* not answered yet */
	size_t call_count;
	uint64_t handled[ROUTE_MAX + 1];	/* for /metrics; the last: no route */
};

struct call {
	struct call *next;
	struct api *api;
	api_answered *answered;
	void *argument;
	enum route_name route;
	struct caller caller;
	enum cause cause;			/* how the caller came: cli, web, api */
	char parameter[ROUTE_PARAMETER_SIZE];	/* what stood at {name} or {id} */
	char second[ROUTE_PARAMETER_SIZE];	/* and at the one behind it; "" = there is none */
	json_t *fields;				/* checked; see field.def */
	json_t *body;				/* only with GROUP_DECLARE */
	char *session;				/* the cookie, when it is to be set again */
	bool secure, wants_stream, wants_socket;
	struct ip ip;
	char last_event_id[64];
	bool is_management;			/* of connections: answers are in AWS's form */
	const char *bytes;			/* the body as it came; lent until the handler returns */
	size_t byte_count;
	const char *error_type;			/* what is wrong with the signature, as AWS calls it; NULL: nothing */
	char error_text[400];
	const struct websocket_endpoint *endpoint;	/* the path is its; or NULL */
	const struct api_request *request;	/* lent until the handler returns */
	struct api_socket *socket;		/* while it is asked whether it may be */
	struct ticket ticket;			/* of the one question that is out */
	json_t *result;				/* the answer, while its commit is waited for */
	int status;
	struct channel_set channels;		/* events: of these only; empty = all */
	char text[1024];			/* a handler's own: the console line, a request's id */
	struct cursor_place {			/* events: what was asked */
		uint64_t after;
		char epoch[ID_TEXT_SIZE];
		bool given, newest_first;
	} place;
};

void call_free(struct call *call);	/* without an answer: only when the api goes */

/* endpoint.c: the operator's paths; and may this socket be? Ends the call. */
const struct websocket_endpoint *endpoint_find(const struct api *api, const char *path);
void endpoint_ask(struct call *call);
void socket_allow(struct call *call);	/* it may */

/* What the caller may read and post. Lasts as long as the call. */
struct reader_rights call_rights(const struct call *call);

/* Is the record read, and is there an admin? */
bool api_is_ready(const struct api *api);

/* Ends. Each frees the call. */
void call_answer(struct call *call, int status, json_t *body);	/* takes body; NULL: none */
void call_answer_text(struct call *call, int status, const char *content_type, char *text);
void call_answer_with(struct call *call, struct api_answer *answer);
void call_refuse(struct call *call, enum problem problem, const char *format, ...)
	printf_like(3, 4);
void call_refuse_later(struct call *call, enum problem problem, struct duration wait,
		       const char *detail);
void call_refuse_fields(struct call *call, const struct field_errors *errors);

/* Answer once everything so far is durable. Takes `body`. */
void call_answer_after_commit(struct call *call, int status, json_t *body);

/* Go on with `done`, which is given the call; when the record is stuck it is answered 503 at once. */
void call_after_commit(struct call *call, plane_done *done);
/* The members of a problem (RFC 9457). */
json_t *problem_json(enum problem problem, const char *detail) must_check;

/* What call_refuse() answers with. */
struct api_answer *call_refusal(const struct call *call, enum problem problem,
				const char *detail) must_check;

/* A problem that no call has been made for yet. */
struct api_answer *problem_answer(enum problem problem, const char *detail,
				  const struct field_errors *errors) must_check;

/* The WebSocket that this caller may open; the answer takes it. */
struct api_socket *socket_make(struct call *call) must_check;

/*
 * signed.c: a request that claims to be signed by a key pair. Fills in the call's caller,
 * or error_type and error_text.
 */
bool call_is_signed(const struct api_request *request);
void call_identify_signer(struct call *call, const struct api_request *request);

/* Where "/@connections" begins in a path, or NULL; and may what stands before it be there? */
const char *connection_path(const char *path);
bool connection_prefix_is_known(const struct api *api, const char *path, size_t length);

/* connection_answer.c: a refusal as AWS words it. `type` NULL: the problem's own. */
struct api_answer *connection_refusal(enum problem problem, const char *type,
				      const char *message) must_check;

/* The cookie that carries a session; secret "" takes it away. The caller frees it. */
char *session_cookie(const char *secret, bool secure) must_check;

/*
 * route_declare.c: a declaration as a specification, from its template when it names one. NULL
 * with errors, which are about what was written.
 */
struct server_spec *declaration_parse(const struct call *call, json_t *document, const char *base,
				      struct field_errors *errors) must_check;
/* route_schedule.c: a schedule's zone that is not known here is an error of the declaration. */
void declaration_check_zones(const struct call *call, const struct server_spec *spec,
			     struct field_errors *errors);
/* The schedules of a declaration, and how it stands with each. */
json_t *server_schedules_json(const struct api *api, const struct server_spec *spec,
			      const struct caller *caller) must_check;
/* Does the configuration file declare it? Then only the file changes it for good. */
bool server_is_in_file(const struct api *api, const char *name);

/* Pointers of what differs between two declarations; NULL: there was none before. */
json_t *declaration_changes(const struct server_spec *before, const struct server_spec *after)
	must_check;
/* The pointers of members that differ are added to the list. */
void json_compare(const json_t *before, const json_t *after, const char *pointer, json_t *changes);

/* The server of the path; refuses the call and returns NULL when there is none. */
struct server *call_server(struct call *call);

/* What a caller is told about a server. `whole` adds what only one server's page shows. */
json_t *server_json(const struct api *api, const struct server *server,
		    const struct caller *caller, bool whole) must_check;

/* The one place that turns what users.h says into an answer, unless it is done. */
bool users_refused(struct call *call, const struct users_result *result);

typedef void api_handler(struct call *call);
#define ROUTE(name, method, pattern, role, fields, summary) api_handler handle_##name;
#include "api/route.def"

#endif
