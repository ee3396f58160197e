/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole API as somebody hostile asks it, over a real plane. Each line is a request:
 * who, how, a method, a path with its query (a $ in it is the id that was told last), a body. Whatever is asked is answered once,
 * in a form that its status promises; nobody is told what others keep secret, and what
 * is refused has changed nothing.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/api/api_fixture.h"
#include "api/route.h"
#include "fuzz.h"

#define REQUESTS 12 /* of one input: each server that wakes is a process of the small world */

/* What the last answer called its `id`: webhooks, tokens and browsers are asked for by it. */
struct remembered {
	char id[64];
};

struct answered {
	struct api_answer *answer;
	int times;
};

static void
on_answered(void *argument, struct api_answer *answer)
{
	struct answered *answered = argument;

	answered->answer = answer;
	answered->times++;
}

/* The first letter: nobody, player, staff, admin, over the owner's door, or with the cookie. */
static void
set_who(const struct api_fixture *f, char who, struct api_request *request)
{
	switch (who) {
	case 'p':
		request->bearer = text_copy(f->token[ROLE_PLAYER]);
		break;
	case 's':
		request->bearer = text_copy(f->token[ROLE_STAFF]);
		break;
	case 'a':
		request->bearer = text_copy(f->token[ROLE_ADMIN]);
		break;
	case 'l':
		request->local = true;
		break;
	case 'c':
		request->session = text_copy(f->cookie);
		request->csrf = text_copy(f->csrf);
		break;
	default:
		break;
	}
}

/* The second: to a stream, as a WebSocket, from a page of another site, of a connection. */
static void
set_how(char how, struct api_request *request)
{
	request->wants_stream = how == 'e';
	request->wants_socket = how == 'w';
	request->foreign = how == 'f';
	if (how == 'i')
		request->connection_id = text_copy("VFoyGcaIjoECIjw=");
}

static char *
take_word(char **rest)
{
	char *word = *rest;

	*rest += strcspn(*rest, " ");
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}

/* The path, with the id in place of the first '$'. */
static char *
path_of(const char *target, size_t length, const struct remembered *last)
{
	const char *mark = memchr(target, '$', length);
	size_t before = mark != NULL ? (size_t)(mark - target) : length;

	if (mark == NULL)
		return text_copy_n(target, length);
	return text_format("%.*s%s%.*s", (int)before, target, last->id, (int)(length - before - 1),
			   mark + 1);
}

static void
remember(struct remembered *last, const struct api_answer *answer)
{
	json_t *json = answer->body != NULL ? json_loadb(answer->body, answer->body_length, 0, NULL)
					    : NULL;
	const char *id = json_get_text(json, "id", NULL);

	if (id != NULL)
		(void)text_put(last->id, sizeof last->id, id);
	json_decref(json);
}

static bool
read_request(const struct api_fixture *f, char *line, const struct remembered *last,
	     struct api_request *ret_request)
{
	const char *method, *query;
	char *target;
	enum api_method m = 0;

	if (strlen(line) < 2)
		return false;
	set_who(f, line[0], ret_request);
	set_how(line[1], ret_request);
	(void)take_word(&line);
	method = take_word(&line);
	target = take_word(&line);
	while (m < API_METHOD_MAX && strcmp(method, method_word(m)) != 0)
		m++;
	if (m == API_METHOD_MAX || target[0] != '/')
		return false;
	ret_request->method = m;
	query = strchr(target, '?');
	ret_request->path =
		path_of(target, query != NULL ? (size_t)(query - target) : strlen(target), last);
	ret_request->query = query != NULL ? text_copy(query + 1) : NULL;
	ret_request->wire_path = text_copy(ret_request->path);
	ret_request->body = text_copy(line);
	ret_request->body_length = strlen(line);
	ret_request->content_type = text_copy("application/json");
	return true;
}

static void
check_secrets(const struct api_fixture *f, const char *line, const char *body)
{
	for (int role = 0; role < ROLE_MAX; role++)
		if (f->token[role] != NULL && strstr(line, f->token[role]) == NULL)
			ASSERT(strstr(body, f->token[role]) == NULL);
	if (strstr(line, f->cookie) == NULL)
		ASSERT(strstr(body, f->cookie) == NULL);
	ASSERT(strstr(body, "hash of ") == NULL || strstr(line, "hash of ") != NULL);
}

static void
check_whole(const struct api_answer *answer)
{
	CLEANUP(json_freep) json_t *json = NULL;
	bool is_json = answer->content_type != NULL && answer->body != NULL &&
		       strstr(answer->content_type, "json") != NULL;

	ASSERT(answer->status >= 200 && answer->status < 600 && answer->status != 500);
	ASSERT((answer->body != NULL) == (answer->body_length > 0) || answer->body_length == 0);
	if (is_json) {
		json = json_loadb(answer->body, answer->body_length, 0, NULL);
		ASSERT(json != NULL);
	}
	if (answer->status < 400)
		return;
	ASSERT(is_json);
	ASSERT(json_is_string(json_object_get(json, "detail")) ||
	       json_is_string(json_object_get(json, "message")));
	ASSERT(answer->status != 405 || answer->allow != NULL || answer->error_type != NULL);
}

static bool
may_be_told_though_refused(const struct api_request *request)
{
	return strcmp(request->path, "/v1/session") == 0 || strcmp(request->path, "/v1/me") == 0;
}

static void
ask(struct api_fixture *f, char *line, struct remembered *last)
{
	CLEANUP(text_freep) char *whole = text_copy(line);
	struct api_request request = { .user_agent = "fuzz" };
	struct answered answered = { .times = 0 };
	bool may_tell;
	size_t events;

	posted_forget(f);
	if (read_request(f, line, last, &request)) {
		ASSERT(ip_parse("192.0.2.1", &request.ip));
		may_tell = may_be_told_though_refused(&request);
		plane_clock(f->world.plane, f->world.now);
		events = f->world.event_count;
		api_handle(f->api, &request, on_answered, &answered);
		fixture_run(&f->world, DURATION_MS(0));
		if (answered.times > 0 && answered.answer->status >= 400 &&
		    answered.answer->status < 500)
			ASSERT(may_tell || f->world.event_count == events);
		fixture_run(&f->world, DURATION_S(60));
		ASSERT(answered.times == 1);
		if (answered.answer->kind == ANSWER_WHOLE)
			check_whole(answered.answer);
		if (answered.answer->body != NULL)
			check_secrets(f, whole, answered.answer->body);
		remember(last, answered.answer);
		api_answer_free(answered.answer);
	}
	api_request_deinit(&request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = NULL;
	struct remembered last = { .id = "none" };
	struct api_fixture *f;
	void *state = NULL;
	char *rest;

	if (size > 8192)
		return 0;
	rest = text = text_copy_n((const char *)data, size);
	ASSERT(api_fixture_new(&state) == 0);
	f = state;
	for (unsigned i = 0; i < REQUESTS && *rest != '\0'; i++) {
		char *line = rest;

		rest += strcspn(rest, "\n");
		if (*rest != '\0')
			*rest++ = '\0';
		ask(f, line, &last);
	}
	ASSERT(api_fixture_free(&state) == 0);
	return 0;
}
