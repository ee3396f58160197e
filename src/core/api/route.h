/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ROUTE_H
#define ROOST_ROUTE_H

/* The routes and their fields as tables: which one is meant, and is what it was given right? */

#include "api/api.h"

enum route_name {
#define ROUTE(name, method, pattern, role, fields, summary) ROUTE_##name,
#include "api/route.def"
	ROUTE_MAX
};

enum field_group {
	GROUP_NONE,
	GROUP_SIGN_IN,
	GROUP_ME,
	GROUP_DECLARE,		/* and a declaration as body, which the handler checks */
	GROUP_SCHEDULES,
	GROUP_WISH,
	GROUP_WISH_SLEEP,
	GROUP_INSTALL,
	GROUP_COMMAND,
	GROUP_CONSOLE,
	GROUP_ROSTER,
	GROUP_ADDRESS,
	GROUP_BACKUP,
	GROUP_RESTORE,
	GROUP_RUNS,
	GROUP_SESSIONS,
	GROUP_EVENTS,
	GROUP_PUSH,
	GROUP_MESSAGE,
	GROUP_USER,
	GROUP_TOKEN,
	GROUP_BYTES,		/* any bytes as body */
	GROUP_WEBHOOK,
	GROUP_WEBHOOK_CHANGE,
	GROUP_WEBHOOK_ROTATE,
	GROUP_WEBHOOK_ENABLE,
	GROUP_WEBHOOK_DEAD,
	GROUP_WEBHOOK_REPLAY,
	GROUP_MAX
};

enum field_place {
	PLACE_MUST,
	PLACE_MAY,
	PLACE_QUERY,
	PLACE_MANY		/* of the query too, up to `most` times; a list, also of one */
};

enum field_type {
	TYPE_TEXT,		/* printable UTF-8 */
	TYPE_SECRET,		/* any text */
	TYPE_BOOL,
	TYPE_INTEGER,
	TYPE_ROLE,
	TYPE_NAME,		/* of a server */
	TYPE_TYPE,		/* of an event */
	TYPE_CURSOR,
	TYPE_ORDER,
	TYPE_DURATION,
	TYPE_OBJECT,		/* its members are the handler's to check */
	TYPE_LIST,		/* so many items; each is the handler's to check */
	TYPE_CHANNEL,		/* least, most: how many (PLACE_MANY) */
	TYPE_ANY		/* any JSON */
};

struct field {
	enum field_group group;
	enum field_place place;
	const char *name;
	enum field_type type;
	int64_t least, most;
	const char *help;
};

#define ROUTE_PARAMETER_SIZE 96

struct route {
	const char *name;
	enum api_method method;
	const char *pattern;
	enum role role;
	enum field_group group;
	const char *summary;
};

const struct route *api_route_at(enum route_name name);
const char *method_word(enum api_method method);

/*
 * Which route is meant? Returns ROUTE_MAX when there is none; then *ret_methods
 * has a bit for each method the path knows (0: no such path). `parameter` gets
 * what stands at the pattern's `{...}`, "" when it has none.
 */
enum route_name api_route_find(enum api_method method, const char *path,
			   char parameter[static ROUTE_PARAMETER_SIZE], unsigned *ret_methods);

/* What stands at the pattern's second `{...}`, "" when it has none. `path` is one of the route's. */
void api_route_second(enum route_name route, const char *path,
		      char ret_second[static ROUTE_PARAMETER_SIZE]);

bool field_is_of_query(const struct field *field);

/* The fields of a group: calls back for each. */
size_t field_count(void);
const struct field *field_at(size_t index);

/* What is wrong: up to PROBLEMS_LIMIT, each with a JSON pointer ("?name" for a query parameter). */
#define FIELD_ERRORS_LIMIT 16
struct field_errors {
	struct spec_error list[FIELD_ERRORS_LIMIT];
	size_t count;
};
void field_error_add(struct field_errors *errors, const char *pointer, const char *detail);

/*
 * Check a body (NULL = empty) and a raw query (NULL = none) against a group. What
 * is right comes back as one object by name, numbers and booleans of the query as such;
 * it is complete when errors->count is 0.
 */
json_t *fields_check(enum field_group group, const json_t *body, const char *query,
		     struct field_errors *errors) must_check;

#endif
