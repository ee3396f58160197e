/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_API_H
#define ROOST_API_H

/*
 * What roost can be asked, as values: a request in, an answer out. There is no
 * HTTP in here; edge/web turns bytes into requests and answers into bytes, the
 * CLI's socket does the same, and later Discord's commands come this way too.
 *
 * Runs in the control thread, beside the plane it reads and changes.
 */

#include "base/address.h"
#include "base/buf.h"
#include "base/json.h"
#include "feed/channel.h"
#include "keeper/plane.h"
#include "model/config.h"
#include "port/connections.h"
#include "service/push.h"
#include "service/webhook.h"

/* The cookie whose value is `session`. 401 answers want `WWW-Authenticate: Bearer realm="roost"`. */
#define API_SESSION_COOKIE "roost_session"

enum api_method {
	API_GET,
	API_POST,
	API_PUT,
	API_DELETE,
	API_METHOD_MAX
};

/* Of a connection: what it came with. Checked again at each request, for it may have been revoked since. */
struct caller_proof {
	enum role role;			/* never more than this */
	const char *user, *digest;
	const char *connection;		/* its id */
};

/* Who a request comes from, before it is known who that is. All text is owned by the request. */
struct api_request {
	enum api_method method;
	char *path;			/* percent-decoded, normalized, starts with '/' */
	char *query;			/* raw, without '?'; or NULL */
	char *body;			/* bytes; NUL-terminated for convenience */
	size_t body_length;
	char *content_type;		/* or NULL */
	char *bearer;			/* `Authorization: Bearer` value, or NULL */
	char *session;			/* the session cookie's value, or NULL */
	char *csrf;			/* `X-CSRF-Token`, or NULL */
	char *connection_id;		/* `X-Connection-Id`, or NULL */
	char *last_event_id;		/* `Last-Event-ID`, or NULL */
	bool is_head;			/* it is HEAD, and API_GET here */
	bool wants_stream;		/* `Accept: text/event-stream` */
	bool foreign;			/* a page of another site asks, in a browser that sends our cookies along */
	bool wants_socket;		/* a WebSocket handshake that is right (RFC 6455 §4.2.1) */
	char *subprotocols;		/* `Sec-WebSocket-Protocol`, or NULL */
	char *wire_path;		/* as it came, not decoded: signatures are about it */
	char *authorization;		/* whole value, or NULL */
	struct api_header { char *name, *value; } *headers;	/* all, names in lower case; only where they
				   are needed: `Authorization: AWS4-...` or X-Amz- in the query, and handshakes */
	size_t header_count;
	const struct caller_proof *proof;	/* a message of a connection: who it is was proven at its start; or NULL */
	bool local;			/* over the owner-only socket: the uid is the proof (admin) */
	bool secure;			/* came over TLS: session cookies get `Secure` */
	struct ip ip;
	char user_agent[64];		/* cleaned */
};

enum api_answer_kind {
	ANSWER_WHOLE,
	ANSWER_STREAM,		/* the caller is to stream the feed as `stream` says */
	ANSWER_SOCKET,		/* the caller is to make it a WebSocket, as `socket` says */
	ANSWER_CONNECTION,	/* the caller is to do `connection` and answer what api_connection_answer() says */
	ANSWER_DOWNLOAD		/* the caller is to bring the archive that `download` names */
};

struct api_answer {
	enum api_answer_kind kind;
	int status;
	const char *content_type;	/* static text */
	char *body;			/* or NULL; the receiver frees (api_answer_deinit) */
	size_t body_length;
	char *set_cookie;		/* whole header value, or NULL */
	char *location;			/* or NULL */
	int retry_after;		/* seconds, 0 = none */
	char *allow;			/* with 405: the `Allow` header's value, or NULL */
	const char *error_type;		/* `x-amzn-ErrorType`, static text; or NULL */
	struct {
		enum role role;			/* what the reader may see */
		char user[USER_NAME_LIMIT + 1];
		bool resume;			/* a position was given */
		char epoch[ID_TEXT_SIZE];	/* the position's, as given */
		uint64_t after;
		char server[SERVER_NAME_LIMIT + 1];	/* filters; "" = all */
		char type[40];
		struct channel_set channels;	/* empty = all; the receiver's to TAKE */
		struct instant expires_at;	/* to end by then; NEVER = whenever */
		char digest[DIGEST_TEXT_SIZE];	/* of the session, token or key it was asked with; "" = none */
	} stream;
	struct api_socket *socket;	/* or NULL; the receiver's to TAKE, else freed with the answer */
	struct {
		enum connection_what { CONNECTION_POST, CONNECTION_GET, CONNECTION_DELETE } what;
		char id[CONNECTION_ID_SIZE];
		char *bytes;		/* POST */
		size_t length;
	} connection;
	struct {
		char *store, *name;	/* as port/archive.h has them; freed with the answer */
		char *file_name;	/* what to call it: letters, digits, '-', '_' and '.' */
		uint64_t size;
	} download;
};

void api_request_deinit(struct api_request *request);
void api_answer_deinit(struct api_answer *answer);
void api_answer_free(struct api_answer *answer);	/* deinit, and the answer itself (it is heap memory) */

/* A WebSocket that may be opened. */
struct api_socket {
	char id[CONNECTION_ID_SIZE];
	enum role role;
	char user[USER_NAME_LIMIT + 1];		/* "" = nobody by name */
	char digest[DIGEST_TEXT_SIZE];		/* of the session, token or key it came with; "" = none */
	const struct websocket_endpoint *endpoint;	/* model/config.h; lasts until a restart */
	char *subprotocol;			/* to be confirmed, or NULL */
	struct instant connected_at;
	struct instant expires_at;		/* of what it came with: to end by then; NEVER = whenever */
};
void api_socket_free(struct api_socket *socket);

/* A problem (RFC 9457) that the edge tells by itself: its members, by the status. */
json_t *api_problem(int status, const char *detail) must_check;

/* What the edge found when it did what ANSWER_CONNECTION says. */
struct connection_found {
	enum { CONNECTION_DONE, CONNECTION_GONE, CONNECTION_FULL } is;
	struct instant connected_at, last_active_at;	/* GET */
	struct ip ip;
	const char *user_agent;
};
/* As AWS answers (x-amzn-ErrorType goes into `error_type`). The receiver frees it. */
struct api_answer *api_connection_answer(enum connection_what what,
					 const struct connection_found *found) must_check;

/*
 * The management API of connections answers in AWS's form, also where a request never gets
 * here: is this (decoded or wire) path one of its, and what is then said with this status?
 */
bool api_is_connection_path(const char *path);
struct api_answer *api_connection_refusal(int status) must_check;

struct api;

struct api_settings {
	const char *version;
	const char *public_url;		/* or "" */
	const char *data_directory;	/* what /healthz and doctor speak of */
	const char *base_directory;	/* for relative paths in declarations */
	struct push_settings push;
	const char *profiles_url;	/* who knows Minecraft accounts; NULL or "": nobody */
	const struct channel_rule *channels;	/* the operator's */
	size_t channel_count;
	unsigned short gate_port;	/* what players type behind a host; 25565 needs no port */
	const char *signing_region;	/* that signed requests must be scoped to; "" or NULL = any */
	struct config_rate connection_calls;	/* to /@connections, of one caller */
	struct config_rate console_commands;	/* lines to one console, of one caller; 0 a second = any number */
	size_t connection_message_limit;	/* bytes of one message posted to a connection; 0 = 128 KiB */
	const struct websocket_endpoint *endpoints;	/* their paths are prefixes of /@connections too; */
	size_t endpoint_count;				/* they outlive the API */
	/* Appends more Prometheus text to GET /metrics (relay, web); or NULL. In the control thread. */
	void (*metrics)(void *argument, struct buf *text);
	void *metrics_argument;
	struct webhook_settings webhooks;
	char *const *stores;		/* names of those that backups may be in, NULL-terminated; or NULL */
};

/* The settings and their texts are copied. Free it after the plane's last turn. */
struct api *api_new(struct plane *plane, const struct api_settings *settings) must_check;
void api_free(struct api *api);

/* Once plane_is_loaded(): learn users and tokens. Makes the first admin when there is none;
   `first_password` is NULL for a generated one, which is returned for printing once (or NULL). */
char *api_start(struct api *api, const char *first_password) must_check;

/*
 * Handle one request. `answered` is called exactly once, later or at once, with
 * an answer that becomes the callee's (api_answer_free). The request is only lent
 * for the call.
 */
typedef void api_answered(void *argument, struct api_answer *answer);
void api_handle(struct api *api, const struct api_request *request, api_answered *answered,
		void *argument);

/*
 * What happens to connections of endpoints with integrations (websocket.h in service/):
 * the edge tells, in order. A connection is told of from its opening (the 101 is sent) to its
 * closing; answers come through the connections port given by api_use_connections().
 */
void api_use_connections(struct api *api, struct connections_port *connections);
void api_socket_opened(struct api *api, const char *id);
void api_socket_heard(struct api *api, const char *id, const void *bytes, size_t length, bool is_text);
void api_socket_closed(struct api *api, const char *id, unsigned code, const char *reason);

/*
 * A template of the configuration, in place of one's own of that name; taken. Servers made
 * from it are declared anew where they still fit. Once started.
 */
struct template;
void api_declare_template(struct api *api, struct template *template);

/* The names of the servers that the configuration file declares; lent. */
void api_tell_file_servers(struct api *api, const json_t *names);

/* Console lines as they come, as api/console.h keeps them. In the control thread; NULL stops. */
struct api_line {
	const char *server;
	int64_t number;
	const char *line;
	const char *styled;	/* with its colours; NULL: it has none */
};
typedef void api_console(void *argument, const struct api_line *line);
void api_on_console(struct api *api, api_console *heard, void *argument);

/* The OpenAPI 3.1 document, made from the route table. */
json_t *api_openapi(const struct api *api) must_check;

#endif
