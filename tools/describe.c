/* SPDX-License-Identifier: Apache-2.0 */
/*
 * describe HEAD - prints docs/api.md: the hand-written HEAD, then what the tables
 * of core/model and core/api say. describe --dot - the states as a Graphviz
 * digraph. tools/lint.sh compares the page with this, so that neither gets old.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/route.h"
#include "base/limits.h"
#include "model/words.h"

static const struct {
	int status;
	const char *slug, *title;
} problems[] = {
#define PROBLEM(name, status, slug, title) { status, slug, title },
#include "api/problem.def"
};

/* What a success looks like. The rest of a table that the compiler cannot see. */
static const char *const answers[ROUTE_MAX] = {
#define ANSWER(name, text) [ROUTE_##name] = text,
#include "describe.def"
};

/* The routes in the order of their page, under what they are about. */
static const struct {
	enum route_name first;
	const char *title;
} chapters[] = {
	{ ROUTE_healthz, "For machines that watch roost" },
	{ ROUTE_session_make, "Who one is" },
	{ ROUTE_servers, "Servers" },
	{ ROUTE_events, "The feed" },
	{ ROUTE_users, "Users and tokens" },
};

static _Noreturn void
fail(const char *what)
{
	(void)fprintf(stderr, "describe: %s\n", what);
	exit(1);
}

/* Text in a cell of a table: `|` would end it. */
static void
put_cell(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '|')
			putchar('\\');
		putchar(text[i]);
	}
}

static void
print_head(const char *path)
{
	FILE *head = fopen(path, "r");
	int c;

	if (head == NULL)
		fail("HEAD cannot be read");
	while ((c = getc(head)) != EOF)
		putchar(c);
	(void)fclose(head);
}

static void
print_type(const struct field *field)
{
	long long least = (long long)field->least, most = (long long)field->most;

	switch (field->type) {
	case TYPE_TEXT:
		printf("one line of text, %lld to %lld bytes", least, most);
		return;
	case TYPE_SECRET:
		printf("text, %lld to %lld bytes", least, most);
		return;
	case TYPE_BOOL:
		printf("`true` or `false`");
		return;
	case TYPE_INTEGER:
		printf("a whole number, %lld to %lld", least, most);
		return;
	case TYPE_ROLE:
		for (int role = ROLE_PLAYER; role < ROLE_MAX; role++)
			printf("%s`%s`",
			       role == ROLE_PLAYER   ? ""
			       : role + 1 < ROLE_MAX ? ", "
						     : " or ",
			       role_word((enum role)role));
		return;
	case TYPE_NAME:
		printf("a server's name: 1 to %d of a-z, 0-9 and `-`", SERVER_NAME_LIMIT);
		return;
	case TYPE_TYPE:
		printf("a type of event, or the beginning of some up to the dot");
		return;
	case TYPE_CURSOR:
		printf("`EPOCH:OFFSET`, or `OFFSET`");
		return;
	case TYPE_ORDER:
		printf("`asc` or `desc`");
		return;
	case TYPE_DURATION:
		printf("a duration such as `90d`, `12h` or `30m`");
		return;
	case TYPE_OBJECT:
		printf("an object");
		return;
	case TYPE_LIST:
		printf("a list of %lld to %lld items", least, most);
		return;
	case TYPE_CHANNEL:
		printf("a channel's name, as in [realtime.md](realtime.md#channels)");
		return;
	case TYPE_ANY:
		printf("any JSON");
		return;
	}
}

static void
print_fields(enum field_group group)
{
	static const char *const places[] = {
		[PLACE_MUST] = "body, required",
		[PLACE_MAY] = "body",
		[PLACE_QUERY] = "query",
		[PLACE_MANY] = "query, may come again",
	};
	bool first = true;

	for (size_t i = 0; i < field_count(); i++) {
		const struct field *field = field_at(i);

		if (field->group != group)
			continue;
		if (first)
			printf("\n| field | where | what it is | what it is for "
			       "|\n|---|---|---|---|\n");
		first = false;
		printf("| `%s` | %s | ", field->name, places[field->place]);
		print_type(field);
		printf(" | ");
		put_cell(field->help, strlen(field->help));
		printf(" |\n");
	}
}

static void
print_route(enum route_name name)
{
	const struct route *route = api_route_at(name);

	if (answers[name] == NULL)
		fail("a route has no line in tools/describe.def");
	printf("\n#### `%s %s`\n\n%s%s Least role: %s.\n", method_word(route->method),
	       route->pattern, route->summary, text_ends_with(route->summary, "?") ? "" : ".",
	       route->role == ROLE_NOBODY ? "none, also when not signed in"
					  : role_word(route->role));
	print_fields(route->group);
	if (route->group == GROUP_DECLARE)
		printf("\nThe body is a %s.\n",
		       name == ROUTE_template_put
			       ? "template, as in [templates.md](templates.md)"
			       : "declaration, as in [configuration.md](configuration.md#servers)");
	printf("\nAnswer: %s\n", answers[name]);
}

static void
print_routes(void)
{
	size_t chapter = 0;

	printf("\n## Routes\n\nWhat is not named here is refused.\n");
	for (int i = 0; i < ROUTE_MAX; i++) {
		if (chapter < ELEMENTS(chapters) && (int)chapters[chapter].first == i)
			printf("\n### %s\n", chapters[chapter++].title);
		print_route((enum route_name)i);
	}
}

static void
print_problems(void)
{
	printf("\n## Problems\n\nWhat `type` and `status` a refusal may have. The `detail` says "
	       "what "
	       "it is in this case.\n\n| status | type | title |\n|---|---|---|\n");
	for (size_t i = 0; i < ELEMENTS(problems); i++)
		printf("| %d | `urn:roost:problem:%s` | %s |\n", problems[i].status,
		       problems[i].slug, problems[i].title);
}

/* A meaning is "what happened; data: member, member". */
static void
print_events(void)
{
	static const char mark[] = "; data: ";

	printf("\n## Events\n\nThe role is the least that is told of it. A member of `data` is "
	       "left "
	       "out when there is nothing to say. Alerts are what somebody should look at: they "
	       "are on the channel `alerts` too.\n\n| type | role | when | data |\n"
	       "|---|---|---|---|\n");
	for (int i = 0; i < EVENT_MAX; i++) {
		enum event_type type = (enum event_type)i;
		const char *meaning = event_meaning(type), *data = strstr(meaning, mark);
		size_t length = data != NULL ? (size_t)(data - meaning) : strlen(meaning);

		printf("| `%s` | %s | ", event_word(type), role_word(event_audience(type)));
		printf("%s", event_is_alert(type) ? "**alert**: " : "");
		put_cell(meaning, length);
		printf(" | ");
		if (data != NULL)
			put_cell(data + sizeof mark - 1, strlen(data) - (sizeof mark - 1));
		printf(" |\n");
	}
}

static void
print_states(void)
{
	printf("\n## States and phases\n\n`state` is what a server is, `phase` what is being done "
	       "with it. A state may stay as it is.\n\n| state | may become | to people |\n"
	       "|---|---|---|\n");
	for (int from = 0; from < STATE_MAX; from++) {
		const char *between = "";

		printf("| `%s` | ", state_word((enum state)from));
		for (int to = 0; to < STATE_MAX; to++) {
			if (to == from || !state_may_become((enum state)from, (enum state)to))
				continue;
			printf("%s`%s`", between, state_word((enum state)to));
			between = ", ";
		}
		printf(" | %s |\n", state_for_people((enum state)from));
	}
	printf("\n| phase | to people |\n|---|---|\n");
	for (int phase = PHASE_NONE + 1; phase < PHASE_MAX; phase++)
		printf("| `%s` | %s |\n", phase_word((enum phase)phase),
		       phase_for_people((enum phase)phase));
	printf("\nWhy somebody or something wished it up or down, `cause`: ");
	for (int cause = CAUSE_NONE + 1; cause < CAUSE_MAX; cause++)
		printf("%s`%s`", cause == CAUSE_NONE + 1 ? "" : ", ",
		       cause_word((enum cause)cause));
	printf(".\n");
}

static void
print_limits(void)
{
	static const struct {
		const char *what;
		long limit;
	} limits[] = {
		{ "bytes of a request line and its headers", HTTP_HEAD_LIMIT },
		{ "headers of a request", HTTP_HEADERS_LIMIT },
		{ "bytes of a request's body", HTTP_BODY_LIMIT },
		{ "connections at once", HTTP_CONNECTIONS_LIMIT },
		{ "requests that wait for an answer at once", API_IN_FLIGHT_LIMIT },
		{ "events in one page of the feed", EVENTS_PAGE_LIMIT },
		{ "bytes of one event's data", EVENT_DATA_LIMIT },
		{ "servers", SERVERS_LIMIT },
		{ "users", USERS_LIMIT },
		{ "tokens", TOKENS_LIMIT },
		{ "sessions of one user; the one unused longest goes", SESSIONS_PER_USER_LIMIT },
	};

	printf("\n## Limits\n\n| at most | |\n|---|---|\n");
	for (size_t i = 0; i < ELEMENTS(limits); i++)
		printf("| %s | %ld |\n", limits[i].what, limits[i].limit);
}

static void
print_dot(void)
{
	printf("digraph states {\n");
	for (int from = 0; from < STATE_MAX; from++)
		for (int to = 0; to < STATE_MAX; to++)
			if (to != from && state_may_become((enum state)from, (enum state)to))
				printf("\t%s -> %s;\n", state_word((enum state)from),
				       state_word((enum state)to));
	printf("}\n");
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		fail("usage: describe HEAD, or describe --dot");
	if (strcmp(argv[1], "--dot") == 0) {
		print_dot();
		return 0;
	}
	print_head(argv[1]);
	print_routes();
	print_problems();
	print_events();
	print_states();
	print_limits();
	return 0;
}
