/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_STORE_H
#define ROOST_PORT_STORE_H

/*
 * The durable record. Two kinds of things are in it: documents (kind, key, JSON
 * body), which change, and events, which are only ever added, numbered from 1
 * without gaps. One batch is one transaction.
 */

#include "base/instant.h"
#include "port/ticket.h"

enum document_kind {
	DOCUMENT_META,		/* "epoch", "format", ... */
	DOCUMENT_SERVER,	/* NAME -> declaration */
	DOCUMENT_STATUS,	/* NAME -> server_status */
	DOCUMENT_RUN,		/* NAME/RUN-ID -> run, for history */
	DOCUMENT_USER,		/* NAME */
	DOCUMENT_TOKEN,		/* hash of the token */
	DOCUMENT_SESSION,	/* hash of the session cookie */
	DOCUMENT_KEY,		/* access key id -> key pair that signs requests */
	DOCUMENT_WEBHOOK,	/* ID -> endpoint, its filter and its cursor */
	DOCUMENT_LANE,		/* WEBHOOK/SUBJECT -> what waits there to be tried again */
	DOCUMENT_DEAD,		/* WEBHOOK/OFFSET -> what could not be delivered; read when asked for */
	DOCUMENT_PUSH,		/* ID -> a browser that wants to be told */
	DOCUMENT_ROSTER,	/* SERVER/player -> may play, operates, is banned */
	DOCUMENT_SCHEDULE,	/* NAME -> up to when its schedules are seen to */
	DOCUMENT_ONLINE,	/* SERVER -> the sessions that are open, and when that was known */
	DOCUMENT_PLAYED,	/* SERVER/ID -> a session that is closed; read when asked for */
	DOCUMENT_PLAYER,	/* SERVER/UUID or SERVER/NAME -> what a player's sessions come to */
	DOCUMENT_BACKUP,	/* SERVER/ID -> a backup, under way, good, or failed */
	DOCUMENT_RESTORE,	/* SERVER -> a restore under way, and old worlds kept aside */
	DOCUMENT_PROFILE,	/* player -> the account's UUID, or that there is none, and when that was asked */
	DOCUMENT_TEMPLATE,	/* NAME -> a template of one's own */
	DOCUMENT_MAX
};

const char *document_kind_word(enum document_kind kind);

struct store_document {
	enum document_kind kind;
	char *key;
	char *body;		/* JSON; NULL = delete */
};

struct store_event {
	uint64_t offset;
	struct instant time;
	char type[40];
	char subject[USER_NAME_LIMIT + 1];
	unsigned audience;	/* enum role */
	char *data;		/* JSON object */
};

/* Of the documents of `kind` whose keys start with `prefix`, the last `keep` stay. */
struct store_prune {
	enum document_kind kind;
	char prefix[128];
	unsigned keep;
};

struct store_batch {
	struct store_document *documents;
	size_t document_count, document_room;
	struct store_event *events;
	size_t event_count, event_room;
	struct store_prune *prunes;	/* behind the documents */
	size_t prune_count, prune_room;
	uint64_t oldest_kept;		/* behind the events: those before this offset go, but never the newest; 0 = none */
};

void batch_put(struct store_batch *batch, enum document_kind kind, const char *key,
	       const char *body);	/* body NULL deletes; a later put of the same key replaces */
void batch_prune(struct store_batch *batch, enum document_kind kind, const char *prefix,
		 unsigned keep);
/* Takes `data`. */
void batch_add_event(struct store_batch *batch, uint64_t offset, struct instant time,
		     const char *type, const char *subject, unsigned audience, char *data);
bool batch_is_empty(const struct store_batch *batch);
void batch_deinit(struct store_batch *batch);

enum store_question {
	STORE_DOCUMENTS,
	STORE_EVENTS,
	STORE_BOUNDS	/* rows->first, rows->last and rows->epoch only */
};

struct store_query {
	enum store_question what;
	/* STORE_DOCUMENTS: keys of `kind` that start with `prefix`, behind `after_key`. */
	enum document_kind kind;
	char prefix[128], after_key[128];
	bool newest_first;	/* keys (or offsets) in descending order */
	/* STORE_EVENTS: behind `after`, filtered. Empty text = no filter. */
	uint64_t after;
	uint64_t before;	/* 0 = no bound; with newest_first */
	char subject[USER_NAME_LIMIT + 1];
	char type[40];		/* `server.` (ending in a dot) is a prefix */
	unsigned audience;	/* only events whose audience is at most this role ... */
	char user[USER_NAME_LIMIT + 1];	/* ... or user.* and token.* about this user; "" = nobody */
	/*
	 * When there are some, an event has to fit one of them besides; each is one walk along
	 * an index, however long the record is. Empty text = no filter.
	 */
	struct store_choice {
		char subject[USER_NAME_LIMIT + 1];
		char type[40];
	} choices[STORE_CHOICES_LIMIT];
	size_t choice_count;
	unsigned limit;
};

struct store_rows {
	struct store_document *documents;
	size_t document_count;
	struct store_event *events;
	size_t event_count;
	bool more;			/* the limit cut the answer */
	uint64_t first, last;		/* offsets the record holds; 0,0 = none */
	char epoch[ID_TEXT_SIZE];	/* the record's name */
};

/* Would the question's filters let this event through? For stores that look at each event. */
bool store_query_takes(const struct store_query *query, const struct store_event *e);

void rows_free(struct store_rows *rows);

struct store_port {
	/*
	 * Make the batch durable, all or nothing. The batch stays the caller's and
	 * must not change until the reply. Refused: nothing was written and the
	 * reason says why (disk full, locked); the caller tries again. The first
	 * event's offset must be the record's last + 1.
	 */
	void (*commit)(struct store_port *port, struct ticket ticket,
		       const struct store_batch *batch);

	/* REPLY_ROWS. The query is copied. */
	void (*read)(struct store_port *port, struct ticket ticket,
		     const struct store_query *query);
};

#endif
