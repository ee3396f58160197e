/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBHOOK_H
#define ROOST_WEBHOOK_H

/*
 * Webhooks: the feed, POSTed to whoever asked for it (Standard Webhooks 1.0.0).
 *
 * At least once, and in order for each subject (server, user): an event is sent when
 * the one before it about the same subject was taken with a 2xx, or is a dead letter.
 * Where an endpoint is in the record is an offset in its document (the cursor). A
 * subject whose event was not taken gets a lane, a document of its own, and is tried
 * again by the schedule while the others go on. Memory is bounded by the limits
 * below; nothing is forgotten by a crash, and what was sent shortly before one is sent
 * again with the same webhook-id.
 *
 * Changes take effect in memory at once and are durable with the next commit.
 */

#include "base/json.h"
#include "feed/channel.h"
#include "keeper/plane.h"

#define WEBHOOK_URL_LIMIT 2000
#define WEBHOOK_SECRET_BYTES 32		/* Standard Webhooks: 24 to 64 random bytes */
#define WEBHOOK_SECRET_SIZE 64		/* "whsec_", base64 of them, and the end */
#define WEBHOOK_FILTER_LIMIT 32		/* names in each list of a filter */
#define WEBHOOK_KEEPS_OLD DURATION_S(86400)	/* the old secret signs too for so long */

/* What an endpoint wants. An empty list is no restriction. */
struct webhook_filter {
	struct channel_set channels;	/* one of these */
	char (*types)[40];		/* one of these, or a prefix ending in a dot */
	size_t type_count;
	char (*servers)[SERVER_NAME_LIMIT + 1];
	size_t server_count;
	enum role role;			/* and nothing that asks for more than this role */
};

void webhook_filter_deinit(struct webhook_filter *filter);
/* {role, channels, types, servers} both ways; what cannot be read is left out. */
void webhook_filter_put(const struct webhook_filter *filter, json_t *to);
void webhook_filter_read(const json_t *from, struct webhook_filter *ret_filter);
bool webhook_filter_passes(const struct webhook_filter *filter, const struct store_event *event);

struct webhook {
	char id[ID_TEXT_SIZE];
	char *url;
	char label[LABEL_LIMIT + 1];
	char owner[USER_NAME_LIMIT + 1];
	struct webhook_filter filter;
	/* Plain, for HMAC needs them. [0] counts; [1] is "" or signs too until old_until. */
	char secrets[2][WEBHOOK_SECRET_SIZE];
	struct instant old_until;
	struct instant created_at;
	bool enabled;
	char reason[REASON_LIMIT + 1];	/* why it is not; "" = it is, or an admin wished it so */
	uint64_t cursor;		/* all up to here was taken, is dead, not wanted, or has a lane */
	struct instant failing_since;	/* nothing has been taken since; NEVER = all is well */
	unsigned dead_in_row;
	uint64_t replay_next, replay_to;	/* dead letters that are being sent again; 0, 0 = none */
};

struct webhook_settings {
	const struct duration *waits;	/* before each further try of an event; copied */
	size_t wait_count;
	struct duration timeout;	/* of one try */
	const char *version;		/* for User-Agent */
};

struct webhooks;

struct webhooks *webhooks_new(struct plane *plane, const struct webhook_settings *settings)
	must_check;
void webhooks_free(struct webhooks *webhooks);	/* behind the plane's last turn */
void webhooks_load(struct webhooks *webhooks);	/* once the plane is loaded: takes part in its turns from now on */

/* In the order they were made. */
size_t webhooks_count(const struct webhooks *webhooks);
const struct webhook *webhooks_at(const struct webhooks *webhooks, size_t index);
const struct webhook *webhooks_find(const struct webhooks *webhooks, const char *id);
size_t webhook_waiting(const struct webhook *webhook);	/* subjects that are tried again */

/* http or https, a host, no user and password, no fragment, nothing but printable ASCII. */
bool webhook_url_is_valid(const char *url);

enum webhook_verdict {
	WEBHOOK_DONE,
	WEBHOOK_NO_SUCH,
	WEBHOOK_FULL,		/* there are as many as may be */
	WEBHOOK_BUSY		/* dead letters are being sent again already; or it is disabled */
};

struct webhook_order {
	const char *id;			/* changing: of which; making: not used */
	const char *url, *label;	/* changing: NULL = as it is */
	struct webhook_filter *filter;	/* taken over; changing: NULL = as it is */
	const char *by;
};

/* The new one is told by *ret_made: valid until the next call that changes something. */
enum webhook_verdict webhooks_make(struct webhooks *webhooks, const struct webhook_order *order,
				   const struct webhook **ret_made);
enum webhook_verdict webhooks_change(struct webhooks *webhooks, const struct webhook_order *order);
enum webhook_verdict webhooks_remove(struct webhooks *webhooks, const char *id, const char *by);

/* A new secret; the one before it signs too for `keep` (0: not at all). */
enum webhook_verdict webhooks_rotate(struct webhooks *webhooks, const char *id,
				     struct duration keep, const char *by);

/* `skip`: what happened meanwhile is not told. Enabling what is enabled tries everything that waits now. */
enum webhook_verdict webhooks_enable(struct webhooks *webhooks, const char *id, bool skip,
				     const char *by);
enum webhook_verdict webhooks_disable(struct webhooks *webhooks, const char *id, const char *by);

/* Dead letters from..to (offsets) are sent again, one after the other, until one is not taken. */
enum webhook_verdict webhooks_replay(struct webhooks *webhooks, const char *id, uint64_t from,
				     uint64_t to);
void webhook_dead_key(const char *id, uint64_t offset, char key[static 64]);

/* One try of something that is not in the record. */
struct webhook_tried {
	bool taken;
	int status;			/* 0: no answer */
	char reason[REASON_LIMIT + 1];	/* when not taken */
};
typedef void webhook_tested(void *argument, const struct webhook_tried *tried);
/* Later, exactly once, unless the webhooks are freed first. */
enum webhook_verdict webhooks_test(struct webhooks *webhooks, const char *id,
				   webhook_tested *tested, void *argument);

/* For /metrics, since the start. */
struct webhook_figures {
	uint64_t taken, failed, dead;
};
struct webhook_figures webhooks_figures(const struct webhooks *webhooks);

#endif
