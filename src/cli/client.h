/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLIENT_H
#define ROOST_CLIENT_H

/*
 * The daemon's API from the command line: over DATA/roost.sock on the daemon's
 * own machine (who may open the socket is the owner), else over HTTP with a
 * token. One thread, blocking, every wait bounded.
 */

#include "base/buf.h"
#include "base/json.h"
#include "cli/command.h"

struct client;

/*
 * Where the invocation says the daemon is: --url or ROOST_URL, else the socket
 * of the configuration's data directory. Returns EXIT_DONE, or says why not.
 */
int client_new(const struct invocation *invocation, struct client **ret_client) must_check;
void client_free(struct client *client);
void client_freep(struct client **client);

bool client_is_local(const struct client *client);	/* over the socket */
const char *client_place(const struct client *client);	/* for people: the socket or the address */

struct answer {
	int status;		/* of HTTP; 0: no answer, `problem` says why */
	json_t *json;		/* or NULL */
	char problem[512];	/* a sentence for people when the status is not 2xx */
};

void answer_deinit(struct answer *answer);
bool answer_is_good(const struct answer *answer);

/* One request. `body` may be NULL. */
void client_call(struct client *client, const char *method, const char *path, const json_t *body,
		 struct answer *ret_answer);

/* As client_call(), but anything but 2xx is said on stderr: EXIT_DONE or EXIT_REFUSED. */
int client_ask(struct client *client, const char *method, const char *path, const json_t *body,
	       struct answer *ret_answer) must_check;

/* A path with one name in it, percent-encoded: "/v1/servers/%s/wake". The caller frees. */
char *client_path(const char *format, const char *name) must_check;

/*
 * Read a text/event-stream until `on_bytes` returns false (STREAM_STOPPED), the
 * connection ends (STREAM_ENDED: come back) or the daemon refuses it
 * (STREAM_REFUSED: *ret_answer says why). on_second is called about once a
 * second whatever happens, and may return false too.
 */
enum stream_end {
	STREAM_STOPPED,
	STREAM_ENDED,
	STREAM_REFUSED
};

struct stream_reader {
	bool (*on_open)(void *argument);
	bool (*on_bytes)(void *argument, const char *bytes, size_t length);
	bool (*on_second)(void *argument);
	void *argument;
};

enum stream_end client_stream(struct client *client, const char *path, const char *last_event_id,
			      const struct stream_reader *reader, struct answer *ret_answer);

#endif
