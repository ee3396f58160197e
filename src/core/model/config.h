/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CONFIG_H
#define ROOST_CONFIG_H

/*
 * The daemon's configuration: a file of YAML, and over it the environment
 * (ROOST_ and the path in capitals). Pure: the text is handed in, the
 * environment is asked through callbacks. setting.def has every setting with
 * its type, default, bounds and help.
 */

#include "model/name.h"
#include "model/setting.h"

/* Tokens a second and how many may be saved up; 0 a second = no limit. */
struct config_rate {
	double per_second, burst;
};

/* One key of a WebSocket endpoint, and whom it calls (API Gateway's routes and integrations). */
struct websocket_route {
	char *key;			/* "$connect", "$disconnect", "$default", or what the expression gives */
	char *url;			/* the operator's: POSTed the event as JSON */
	struct duration within;		/* 50 ms to 29 s */
	bool answers;			/* what it returns goes back to the client; not of $connect, $disconnect */
};

enum websocket_authorize {
	WEBSOCKET_USER,			/* as the API: token, session, or signed */
	WEBSOCKET_ANYONE		/* what $connect says is what counts; roost's own actions ask for a user all the same */
};

/*
 * A path at which WebSockets are opened. Without routes its connections speak roost's own
 * protocol (docs/realtime.md); with routes theirs, and every message is an integration's.
 */
struct websocket_endpoint {
	char *path;
	char *stage, *api_id;		/* as the integrations are told */
	enum websocket_authorize authorize;
	char *selection;		/* route_selection_expression */
	struct websocket_route *routes;
	size_t route_count;
};

enum store_style {
	STORE_IN_PATH,			/* https://host/bucket/key */
	STORE_IN_HOST			/* https://bucket.host/key */
};

/* A place for backups: a directory, or a bucket of something that speaks S3. */
struct store_spec {
	char name[SERVER_NAME_LIMIT + 1];
	char *directory;		/* or NULL: s3 */
	struct {
		char *endpoint;		/* NULL: store_endpoint() knows */
		char *region, *bucket;
		char *prefix;		/* ending in '/'; or NULL */
		enum store_style style;
		char *key;
		char *secret, *secret_file;	/* one of them */
		char *token, *token_file;	/* one of them, or neither */
	} s3;
};

struct template;	/* model/template.h */

struct config {
	char *data;			/* paths: absolute, unless the environment gave a relative one */
	char *database;			/* "sqlite" */
	struct {
		struct endpoint listen;
		char *public_url;	/* "" when not set */
		bool io_uring;		/* where the kernel allows it */
		struct {
			char *certificate, *key;	/* both or neither; NULL = plain HTTP */
		} tls;
	} http;
	struct {
		struct endpoint *listen;
		size_t listen_count;
		unsigned threads;	/* 0 = one for each core */
		struct network *proxy_from;
		size_t proxy_from_count;
		char *unknown_host;	/* "" = close without a word */
		bool forwarded_hosts;
		struct {
			struct config_rate connections, status, logins, wakes;
			unsigned flows;
			unsigned half_open;
			struct duration handshake_within, login_within, status_within;
		} limits;
	} gate;
	struct {
		struct duration keep;	/* 0 = for ever */
		unsigned keep_events;	/* 0 = any number */
	} feed;
	struct {
		struct network *allow;	/* special networks that HTTP_REACH_PUBLIC may reach */
		size_t allow_count;
		char *ca_file;		/* or NULL */
		char **mirrors;		/* NULL-terminated "host=https://…"; or NULL */
	} outbound;
	struct {
		struct duration idle_timeout, lifetime, ping_every;
		int64_t message_limit, frame_limit;	/* bytes, of what clients send */
		int64_t queue_limit;			/* bytes not taken yet, of one connection */
		struct config_rate messages;
		bool compress;
		struct websocket_endpoint *endpoints;	/* beside /v1/ws, which is always there */
		size_t endpoint_count;
	} websocket;
	struct channel_rule *channels;
	size_t channels_count;
	struct {
		struct config_rate limits;
	} connections;			/* of /@connections, of one caller */
	struct {
		struct config_rate commands;	/* lines to one server's console, of one caller */
	} console;
	struct {
		char *region;		/* "" = any */
	} sigv4;
	struct {
		char *subject;		/* "" when not set */
	} push;
	struct {
		struct duration *schedule;	/* waits before each further try */
		size_t schedule_count;
		struct duration timeout;	/* of one try */
	} webhooks;
	struct {
		char *url;		/* "" = nobody is asked */
	} profiles;
	struct {
		char *password;		/* first admin's; NULL = generated */
	} admin;
	struct store_spec *stores;	/* as declared; there is another that is always there, model/store.h */
	size_t store_count;
	struct template **templates;
	size_t template_count;
	struct server_spec **servers;	/* checked, also against each other */
	size_t server_count;
};

/* One thing wrong: where it was written, and what would be right. */
struct config_error {
	unsigned line, column;		/* in the file, from 1; 0 = not from the file */
	char variable[SETTING_VARIABLE_SIZE + 8];	/* the environment variable, or "" */
	char pointer[256];
	char detail[256];
};

#define CONFIG_ERRORS_LIMIT 20		/* told at once; more would not be read */
#define CONFIG_TEXT_LIMIT 1048576	/* bytes of a configuration file or `apply -f` document */

struct config_source {
	const char *text;		/* NULL: there is no file; defaults and environment only */
	size_t length;
	const char *base_directory;	/* absolute; relative paths in the text start here */
	/* The value of an environment variable, or NULL. */
	const char *(*variable)(void *argument, const char *name);
	/* Their names one by one, NULL behind the last; those that begin with ROOST_ must mean something. Or NULL. */
	const char *(*variable_at)(void *argument, size_t index);
	/* The content of a secret's file (..._FILE), NULL when it cannot be read; freed by the callee. */
	char *(*file)(void *argument, const char *path);
	void *argument;
};

/*
 * Returns 0 and the caller's *ret_config, or the number of errors (at most
 * CONFIG_ERRORS_LIMIT), which stand in document order.
 */
size_t config_read(const struct config_source *source,
		   struct config_error errors[static CONFIG_ERRORS_LIMIT],
		   struct config **ret_config) must_check;
void config_free(struct config *config);
void config_freep(struct config **config);

/* "roost.yaml:12:7: /http/listen: ..." or "ROOST_HTTP_LISTEN: ...". `file` is what to call it. */
#define CONFIG_ERROR_TEXT_SIZE 768
void config_error_text(const struct config_error *error, const char *file,
		       char text[static CONFIG_ERROR_TEXT_SIZE]);

/*
 * What changed between two configurations (SIGHUP): calls back for each changed
 * setting with its path and whether it takes effect without a restart. Servers
 * are not settings: they are declared again and compared by the plane.
 */
typedef void config_changed(void *argument, const char *path, bool takes_effect);
void config_compare(const struct config *before, const struct config *after,
		    config_changed *changed, void *argument);

/* The tables, for the printed reference. */
const struct setting_table *config_settings(void);
const struct setting_table *server_settings(void);

#endif
