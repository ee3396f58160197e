/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_BACKUP_STATE_H
#define ROOST_BACKUP_STATE_H

/*
 * What the files behind backups.h share. A server has a lane, with one order to the archive
 * port at a time, for what touches its world; what only touches stores is done by the one house
 * for all. Replies and lines are only noted where they come; the decide of the turn moves on.
 */

#include "service/backups.h"
#include "service/keyed.h"

#define BACKUP_LANES_AT_ONCE 2	/* worlds that are read or written at the same time */
#define BACKUP_LEFTOVERS 8	/* of one backup that are known; reconciling finds any others */
#define BACKUP_ASIDES 8		/* old worlds of one server */
#define BACKUP_FAILED_KEPT 5	/* failed ones of a server that are remembered */
#define BACKUPS_LIMIT 2000	/* of one server; about 1 kB each */

enum order_kind {
	ORDER_NONE,
	ORDER_PACK,
	ORDER_COMMIT,
	ORDER_LOOK,
	ORDER_VERIFY,
	ORDER_UNPACK,
	ORDER_SWAP,
	ORDER_DISCARD,
	ORDER_REMOVE,
	ORDER_LIST,
	ORDER_SWEEP
};

/* One request to the archive port, with all that it says: from its decision until its answer is used. */
struct order {
	struct backups *of;
	enum order_kind what;
	char store[65];
	char name[SERVER_NAME_LIMIT + 1 + ID_TEXT_SIZE];
	char server[SERVER_NAME_LIMIT + 1];
	enum game game;
	struct instant made;
	char *root, *fresh, *aside;
	char **paths;
	char *manifest;
	size_t manifest_length;
	char after[OBJECT_KEY_LIMIT + 1];
	/* On its way. */
	bool to_send, to_cancel, answered;
	struct ticket ticket;
	struct instant sent_at, looked_at, moved_at;
	struct archive_progress seen;
	unsigned missing;
	/* What came. */
	enum reply_result result;
	char reason[REASON_LIMIT + 1];
	struct archive_answer *answer;
};

/* One line to a game's console. */
struct voice {
	struct ticket ticket;
	bool to_say, saying, answered;
	enum reply_result result;
	char reason[REASON_LIMIT + 1];
	char line[CONSOLE_LINE_LIMIT];
	char token[RUN_TOKEN_SIZE];
	enum voice_says { VOICE_HOLD, VOICE_SAVE, VOICE_RESUME } says;
	struct instant said_at, again_at;
};

enum hold_step { HOLD_BEGIN, HOLD_HOLDS, HOLD_SAVES, HOLD_DONE };

struct item {
	struct backup is;		/* begins with the key */
	char hold[RUN_TOKEN_SIZE];	/* the run whose saving is held; "" = none is */
	char *resume;			/* the line that lets it go, as declared then; or NULL */
	struct instant since;		/* a sleep waits */
	struct instant again_at;	/* not before */
	bool told;			/* that it began */
	bool alerted;			/* that it is tried again */
	char leftovers[BACKUP_LEFTOVERS][ID_TEXT_SIZE];	/* archives to be removed */
	size_t leftover_count;
	/* Not stored. */
	char why_stop[REASON_LIMIT + 1];	/* what is under way is to end; "" = go on */
	bool stop_for_good;		/* and is not tried again */
	unsigned tries;			/* of the step */
	char *manifest;			/* packed, and not committed yet */
	size_t manifest_length;
	bool seen;			/* by the reconciling under way */
	char check_by[USER_NAME_LIMIT + 1];
};

enum restore_step { RESTORE_NONE, RESTORE_UNPACKING, RESTORE_SWAPPING, RESTORE_CLEARING };

struct restoring {
	enum restore_step step;
	char id[ID_TEXT_SIZE];
	char from[SERVER_NAME_LIMIT + 1], backup[ID_TEXT_SIZE];
	char store[65], archive[ID_TEXT_SIZE];
	char by[USER_NAME_LIMIT + 1], request_id[ID_TEXT_SIZE];
	char *root;
	char **paths;
	struct instant made;
	uint64_t files, bytes;
	char asides[BACKUP_ASIDES][ID_TEXT_SIZE];
	size_t aside_count;
	uint64_t epoch;			/* runs behind this one tell whether it is well */
	bool was_ready;
	/* Not stored. */
	bool unsure;			/* an exchange may have begun, and nobody told how it ended */
	struct instant again_at;
	unsigned tries;
};

struct lane {
	char server[SERVER_NAME_LIMIT + 1];	/* the key */
	struct backups *of;
	struct keyed items;
	struct item *at_work;
	struct order order;		/* of the item at work, or of the restore */
	struct voice voice;
	enum hold_step hold_step;
	struct instant hold_until;
	bool listening, saved;
	struct instant late_until;	/* a line that says "saved" may be of a try that was given up ... */
	char late_of[RUN_TOKEN_SIZE];	/* ... which this game was told of */
	char asked[ID_TEXT_SIZE];	/* the run whose release is asked for */
	/*
	 * It was consented to a start that may not be durable yet: for this decide and what comes
	 * before the next, its world is not ours. Counts them down.
	 */
	unsigned may_start;
	struct restoring restore;
};

enum house_task {
	HOUSE_IDLE,
	HOUSE_CHECK,
	HOUSE_REMOVE,
	HOUSE_LIST,
	HOUSE_STRAY,	/* a leftover that nobody knows */
	HOUSE_GONE,	/* one that was not listed: is it there? */
	HOUSE_SWEEP
};

struct house {
	struct order order;
	enum house_task task;
	char server[SERVER_NAME_LIMIT + 1], id[ID_TEXT_SIZE], archive[ID_TEXT_SIZE];	/* what it is about */
	struct instant pause_until;
	unsigned pauses;
	/* Reconciling: each store of each server, then what is left in each store. */
	struct instant due;
	bool running, sweeping, failed;
	size_t store_at;
	struct instant began;
	char after[OBJECT_KEY_LIMIT + 1];
	bool listed;			/* this store of this server, to its end */
	char walk[SERVER_NAME_LIMIT + 1];	/* the server */
	char stray[ID_TEXT_SIZE];	/* to be removed before the list goes on; "" = nothing */
};

struct backups {
	struct plane *plane;
	struct archive_port *archive;	/* or NULL */
	char **stores;			/* or NULL */
	struct plane_service service;
	struct keyed lanes;
	struct house house;
	char why[REASON_LIMIT + 1];	/* the last wish of a schedule was refused */
};

/* backups.c */
struct lane *backup_lane(struct backups *b, const char *server);	/* made when there is none */
struct item *backup_item(const struct backups *b, const char *server, const char *id);
bool lane_rests(const struct lane *lane, const struct server *server);	/* nobody writes to its world */
bool lane_is_asked(const struct lane *lane, const struct server *server);	/* and its release waits */
struct item *item_new(struct lane *lane, const char *id);
void item_free(struct item *item);

/* backup_record.c */
void item_put(struct lane *lane, const struct item *item);
void item_delete(struct lane *lane, struct item *item);	/* document and item */
void backup_document_loaded(void *argument, const char *key, const json_t *body);
void restore_document_loaded(void *argument, const char *key, const json_t *body);
void restore_put(struct lane *lane);
json_t *item_event(const struct item *item) must_check;	/* what its events have in common */

/* backup_order.c */
void order_begin(struct order *order, enum order_kind what);
void order_act(struct order *order, struct instant now);
void order_cancel(struct order *order);
void order_tick(struct order *order, struct instant now);
struct instant order_due(const struct order *order);
void order_end(struct order *order);	/* its answer was used */
void order_deinit(struct order *order);	/* the plane is gone, and with it what was expected */
static inline bool
order_is_free(const struct order *order)
{
	return order->what == ORDER_NONE;
}
void voice_say(struct lane *lane, enum voice_says says, const char *token, const char *line);
void voice_act(struct lane *lane, struct instant now);
bool voice_is_free(const struct voice *voice);
struct instant voice_due(const struct voice *voice);

/* backup_make.c */
void make_pick(struct lane *lane, struct instant now);
void make_decide(struct lane *lane, struct instant now);
struct instant make_due(const struct lane *lane);
void make_stop(struct item *item, bool for_good, const char *why);
void item_drop(struct lane *lane, struct item *item, const char *why);	/* it is wanted no more */
void item_fail(struct lane *lane, struct item *item, const char *why);	/* for good */
struct item *make_new(struct lane *lane, enum backup_kind kind, const char *by);	/* backup_wish.c */

/* backup_gate.c */
void gate_decide(struct lane *lane, struct instant now);
struct instant gate_due(const struct lane *lane);
enum consent gate_consent(struct backups *b, enum consent_to to, const char *server);

/* backup_hold.c */
enum hold_is { HOLD_GOES_ON, HOLD_STILL, HOLD_FAILED };
enum hold_is still_decide(struct lane *lane, struct instant now, char why[static REASON_LIMIT + 1]);
enum held_is {
	HELD_NO_MORE,	/* never, or the game took it back */
	HELD_STILL,	/* it is yet to be told, or to take it */
	HELD_BY_NOBODY	/* its run is over */
};
enum held_is still_is_held(const struct lane *lane, const struct item *item);
void still_resume(struct lane *lane, struct instant now);
void still_give_up(struct lane *lane);	/* what was said to the game is of no use any more */
void still_line(struct lane *lane, const char *line);
/* Has the game that is up now still to answer a save that nobody waits for any more? */
bool still_may_hear_late(const struct lane *lane, struct instant now);
struct instant still_due(const struct lane *lane);

/* backup_restore.c */
bool restore_is_busy(const struct lane *lane);	/* at work on its world, or about to be */
bool restore_needs(const struct backups *b, const struct item *item);	/* is it being restored somewhere? */
void restore_decide(struct lane *lane, struct instant now);
struct instant restore_due(const struct lane *lane);

/* backup_house.c */
void house_decide(struct backups *b, struct instant now);
struct instant house_due(const struct backups *b);
void house_retention(struct lane *lane);
bool house_is_suddenly_empty(const struct lane *lane, const struct archive_answer *packed);
void house_put_name(struct order *order, const char *server, const char *archive);
bool house_pick_reconcile(struct backups *b, struct instant now);	/* backup_reconcile.c */
void house_heard_reconcile(struct backups *b, struct instant now);

#endif
