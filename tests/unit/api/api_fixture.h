/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_FIXTURE_H
#define API_FIXTURE_H

/* The API over a real plane in the keeper's small world, asked as edge/web asks it. */

#include "../keeper/fixture.h"
#include "api/api.h"

#define FIRST_PASSWORD "correct horse battery"

struct api_fixture {
	struct fixture world;
	struct secrets_port secrets;	/* passwords "hash" to themselves behind a word */
	bool no_worker;			/* passwords are refused */
	struct http_port http;		/* who is asked answers at once */
	int http_status;		/* with this; 0: nobody listens; -1: no answer */
	const char *http_retry_after;	/* and this header, or NULL */
	struct seal_port seal;		/* messages are "sealed" to themselves */
	struct posted {
		char *url, *headers;	/* each header ended by '\n' */
		char *body;		/* NUL-terminated for convenience */
		size_t length;
		struct ticket ticket;
	} posted[64];
	size_t posted_count;
	struct api *api;
	/* Tokens of one user for each role, and that user's session. */
	char *token[ROLE_MAX];
	char *cookie, *csrf;		/* of `admin` */
};

/* Who asks and what with; NULL: nothing. */
struct asked {
	enum api_method method;
	const char *path, *query, *body, *content_type;	/* content_type NULL with a body: JSON */
	const char *bearer, *session, *csrf, *last_event_id, *connection_id;
	bool local, wants_stream, wants_socket, foreign;
	const struct caller_proof *proof;
	unsigned char ip;		/* the last byte of 192.0.2.0/24 */
};

struct told {
	struct api_answer answer;
	json_t *json;			/* of the body, or NULL */
	int times;			/* it was answered */
};

int api_fixture_new(void **state);	/* with users p, s and admin, a token each, a server */
int api_fixture_free(void **state);
void posted_answer(struct api_fixture *f, struct ticket ticket);	/* now, to one that got none */
void posted_forget(struct api_fixture *f);	/* all that was */
void api_fixture_restart(struct api_fixture *f);	/* roost dies and is started again */

struct told api_ask(struct api_fixture *f, struct asked asked);
void told_done(struct told *told);

/* Ask and forget all but the status. */
int api_status(struct api_fixture *f, struct asked asked);
/* Ask as admin by token; the status must be that; returns the body (json_decref it). */
json_t *api_expect(struct api_fixture *f, struct asked asked, int status);

extern const char api_server[];		/* a declaration without its name */

#endif
