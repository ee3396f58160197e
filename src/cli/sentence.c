/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sentences of the feed. What an event says about itself comes from players and
 * games; every piece of it is cleaned where it is put in.
 */

#include "cli/sentence_inner.h"

#include <inttypes.h>
#include <string.h>

const char *
text_of(const json_t *data, const char *key)
{
	return json_get_text(data, key, "");
}

static void
put_lasted(struct buf *b, const char *words, const json_t *data, const char *key)
{
	int64_t ms = json_get_integer(data, key, 0);
	char text[DURATION_TEXT_SIZE];

	if (ms <= 0)
		return;
	duration_text((struct duration){ ms }, text);
	buf_format(b, "%s%s", words, text);
}

void
put_or(struct buf *b, const char *text, const char *otherwise)
{
	put_clean(b, *text != '\0' ? text : otherwise);
}

void
put_because(struct buf *b, const json_t *data, const char *key)
{
	if (*text_of(data, key) == '\0')
		return;
	buf_put_text(b, ": ");
	put_clean(b, text_of(data, key));
}

/* Who asked; over roost's own socket nobody has a name. */
void
put_asker(struct buf *b, const json_t *data)
{
	const char *by = text_of(data, "by");

	by = strcmp(by, "schedule") == 0 ? "roost" : by;
	put_or(b, strcmp(by, "local") == 0 ? "" : by, "somebody");
}

void
put_by(struct buf *b, const json_t *data)
{
	if (*text_of(data, "by") == '\0')
		return;
	buf_put_text(b, " by ");
	put_clean(b, text_of(data, "by"));
}

/* How somebody asked: " from the web page" and the like. */
static const char *
way_of(const char *cause)
{
	static const char *const ways[][2] = {
		{ "web", " on the page" },	{ "cli", " at the command line" },
		{ "api", " through the API" },	{ "discord", " in Discord" },
		{ "schedule", " on schedule" },
	};

	for (size_t i = 0; i < ELEMENTS(ways); i++) {
		if (strcmp(cause, ways[i][0]) == 0)
			return ways[i][1];
	}
	return "";
}

/* Why a policy acts; NULL when it is no policy. */
static const char *
policy_of(const char *cause)
{
	static const char *const policies[][2] = {
		{ "idle", "nobody was on" },
		{ "max_duration", "its time is up" },
		{ "min_players", "too few were on" },
		{ "interruption", "its machine is taken away" },
		{ "crash", "it crashed" },
	};

	for (size_t i = 0; i < ELEMENTS(policies); i++) {
		if (strcmp(cause, policies[i][0]) == 0)
			return policies[i][1];
	}
	return NULL;
}

static void
say_started(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	buf_put_text(b, "roost started");
	if (*text_of(data, "version") != '\0') {
		buf_put_text(b, ", version ");
		put_clean(b, text_of(data, "version"));
	}
}

static void
say_declared(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " was declared");
	put_by(b, data);
}

static void
say_removed(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " was removed");
	put_by(b, data);
}

static void
say_wake(struct buf *b, const char *subject, const json_t *data)
{
	const char *cause = text_of(data, "cause");

	if (strcmp(cause, "crash") == 0) {
		put_clean(b, subject);
		buf_put_text(b, " is started again after a crash");
		return;
	}
	put_asker(b, data);
	buf_put_text(b, strcmp(cause, "join") == 0 ? " knocked and wakes " : " wakes ");
	put_clean(b, subject);
	buf_put_text(b, way_of(cause));
}

static void
say_sleep(struct buf *b, const char *subject, const json_t *data)
{
	const char *cause = text_of(data, "cause");

	if (policy_of(cause) != NULL) {
		put_clean(b, subject);
		buf_format(b, " is sent to sleep because %s", policy_of(cause));
		return;
	}
	put_asker(b, data);
	buf_put_text(b, " sends ");
	put_clean(b, subject);
	buf_format(b, " to sleep%s", way_of(cause));
}

static void
say_phase(struct buf *b, const char *subject, const json_t *data)
{
	enum colour colour;
	const char *phase = phase_words(text_of(data, "phase"));

	put_clean(b, subject);
	buf_put_text(b, ": ");
	put_clean(b, *phase != '\0' ? phase : state_words(text_of(data, "state"), &colour));
}

static void
say_ready(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " is ready");
	put_lasted(b, " after ", data, "took_ms");
}

static void
say_idle(struct buf *b, const char *subject, const json_t *data)
{
	buf_put_text(b, "nobody has been on ");
	put_clean(b, subject);
	put_lasted(b, " for ", data, "idle_ms");
}

static void
say_warned(struct buf *b, const char *subject, const json_t *data)
{
	buf_put_text(b, "players on ");
	put_clean(b, subject);
	buf_put_text(b, " were warned");
	if (json_get_integer(data, "of", 0) > 0)
		buf_format(b, " (%lld of %lld)", (long long)json_get_integer(data, "number", 0),
			   (long long)json_get_integer(data, "of", 0));
	put_because(b, data, "text");
}

static void
say_asleep(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " is asleep");
	put_lasted(b, " after ", data, "lasted_ms");
}

static void
say_crashed(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " crashed");
	put_because(b, data, "how");
	if (json_get_bool(data, "restarting", false))
		buf_put_text(b, "; it is started again");
}

static void
say_failed(struct buf *b, const char *subject, const json_t *data)
{
	const char *phase = phase_words(text_of(data, "phase"));

	put_clean(b, subject);
	buf_put_text(b, " failed");
	if (*phase != '\0') {
		buf_put_text(b, " (");
		put_clean(b, phase);
		buf_put_text(b, ")");
	}
	put_because(b, data, "reason");
}

static void
say_lost(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " cannot be reached");
	put_because(b, data, "reason");
}

static void
say_running_long(struct buf *b, const char *subject, const json_t *data)
{
	int64_t days = json_get_integer(data, "days", 1);

	put_clean(b, subject);
	if (days > 1)
		buf_format(b, " has been running for %" PRId64 " days", days);
	else
		buf_put_text(b, " has been running for a day");
}

static void
put_free(struct buf *b, const json_t *data)
{
	int64_t free = json_get_integer(data, "free_bytes", 0) >> 20;
	int64_t size = json_get_integer(data, "size_bytes", 0) >> 20;

	buf_format(b, ": %" PRId64 " of %" PRId64 " MiB are free", free, size);
}

static void
say_disk_low(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	buf_put_text(b, "the disk with roost's data is nearly full");
	put_free(b, data);
}

static void
say_disk_recovered(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	buf_put_text(b, "the disk with roost's data has room again");
	put_free(b, data);
}

static void
say_push_failed(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	put_clean(b,
		  *text_of(data, "service") != '\0' ? text_of(data, "service") : "a push service");
	buf_format(b, " refuses roost's messages (%" PRId64 ")",
		   json_get_integer(data, "status", 0));
	if (*text_of(data, "reason") != '\0') {
		buf_put_text(b, ": ");
		put_clean(b, text_of(data, "reason"));
	}
}

static void
say_found(struct buf *b, const char *subject, const json_t *data)
{
	(void)data;
	put_clean(b, subject);
	buf_put_text(b, " was found running and is kept again");
}

static void
put_player(struct buf *b, const json_t *data, const char *does, const char *subject)
{
	put_or(b, text_of(data, *text_of(data, "player") ? "player" : "address"), "somebody");
	buf_put_text(b, does);
	put_clean(b, subject);
}

static void
say_knocked(struct buf *b, const char *subject, const json_t *data)
{
	put_player(b, data, " knocked at ", subject);
}

static void
say_held(struct buf *b, const char *subject, const json_t *data)
{
	put_player(b, data, " is held at the gate of ", subject);
}

static void
say_joined(struct buf *b, const char *subject, const json_t *data)
{
	put_player(b, data, " joined ", subject);
}

static void
say_left(struct buf *b, const char *subject, const json_t *data)
{
	put_player(b, data, " left ", subject);
	put_lasted(b, " after ", data, "after_ms");
}

static void
say_refused(struct buf *b, const char *subject, const json_t *data)
{
	put_player(b, data, " was turned away from ", subject);
	put_because(b, data, "reason");
}

static void
say_signed_in(struct buf *b, const char *subject, const json_t *data)
{
	(void)data;
	put_or(b, subject, "somebody");
	buf_put_text(b, " signed in");
}

static void
say_user(struct buf *b, const char *subject, const json_t *data)
{
	buf_put_text(b, "user ");
	put_clean(b, subject);
	buf_put_text(b, " was ");
	put_or(b, text_of(data, "change"), "changed");
	put_by(b, data);
}

static void
put_token(struct buf *b, const json_t *data, const char *does)
{
	put_or(b, *text_of(data, "by") != '\0' ? text_of(data, "by") : text_of(data, "user"),
	       "somebody");
	buf_put_text(b, does);
	put_or(b, text_of(data, "label"), "without a label");
}

static void
say_token_created(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	put_token(b, data, " made the token ");
}

static void
say_token_revoked(struct buf *b, const char *subject, const json_t *data)
{
	(void)subject;
	put_token(b, data, " revoked the token ");
}

static void
say_schedule_skipped(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " was not seen to on schedule");
	put_because(b, data, "do");
	put_because(b, data, "reason");
}

static void
say_command(struct buf *b, const char *subject, const json_t *data)
{
	put_asker(b, data);
	buf_put_text(b, " sent ");
	put_clean(b, subject);
	put_because(b, data, "line");
	if (json_get_bool(data, "unsure", false))
		buf_put_text(b, " (it may not have arrived)");
}

static const struct {
	sentence *say;
	enum colour colour;
} sentences[] = {
	[EVENT_ROOST_STARTED] = { say_started, COLOUR_NONE },
	[EVENT_DISK_LOW] = { say_disk_low, COLOUR_BAD },
	[EVENT_PUSH_FAILED] = { say_push_failed, COLOUR_BAD },
	[EVENT_DISK_RECOVERED] = { say_disk_recovered, COLOUR_GOOD },
	[EVENT_SERVER_DECLARED] = { say_declared, COLOUR_NONE },
	[EVENT_SERVER_REMOVED] = { say_removed, COLOUR_NONE },
	[EVENT_SERVER_WAKE_REQUESTED] = { say_wake, COLOUR_BUSY },
	[EVENT_SERVER_PHASE_CHANGED] = { say_phase, COLOUR_QUIET },
	[EVENT_SERVER_READY] = { say_ready, COLOUR_GOOD },
	[EVENT_SERVER_IDLE] = { say_idle, COLOUR_NONE },
	[EVENT_SERVER_WARNED] = { say_warned, COLOUR_BUSY },
	[EVENT_SERVER_SLEEP_REQUESTED] = { say_sleep, COLOUR_BUSY },
	[EVENT_SERVER_ASLEEP] = { say_asleep, COLOUR_NONE },
	[EVENT_SERVER_CRASHED] = { say_crashed, COLOUR_BAD },
	[EVENT_SERVER_FAILED] = { say_failed, COLOUR_BAD },
	[EVENT_SERVER_LOST] = { say_lost, COLOUR_BAD },
	[EVENT_SERVER_RUNNING_LONG] = { say_running_long, COLOUR_BAD },
	[EVENT_SERVER_FOUND] = { say_found, COLOUR_GOOD },
	[EVENT_PLAYER_KNOCKED] = { say_knocked, COLOUR_NONE },
	[EVENT_PLAYER_HELD] = { say_held, COLOUR_BUSY },
	[EVENT_PLAYER_JOINED] = { say_joined, COLOUR_GOOD },
	[EVENT_PLAYER_LEFT] = { say_left, COLOUR_NONE },
	[EVENT_PLAYER_REFUSED] = { say_refused, COLOUR_BAD },
	[EVENT_USER_SIGNED_IN] = { say_signed_in, COLOUR_NONE },
	[EVENT_USER_CHANGED] = { say_user, COLOUR_NONE },
	[EVENT_TOKEN_CREATED] = { say_token_created, COLOUR_NONE },
	[EVENT_TOKEN_REVOKED] = { say_token_revoked, COLOUR_NONE },
	[EVENT_USER_MESSAGED] = { say_messaged, COLOUR_NONE },
	[EVENT_CHANNEL_POSTED] = { say_posted, COLOUR_NONE },
	[EVENT_WEBHOOK_CREATED] = { say_webhook_made, COLOUR_NONE },
	[EVENT_WEBHOOK_CHANGED] = { say_webhook_changed, COLOUR_NONE },
	[EVENT_WEBHOOK_DISABLED] = { say_webhook_disabled, COLOUR_BAD },
	[EVENT_WEBHOOK_MISSED] = { say_webhook_missed, COLOUR_BAD },
	[EVENT_WEBHOOK_REMOVED] = { say_webhook_removed, COLOUR_NONE },
	[EVENT_ROSTER_CHANGED] = { sentence_roster_changed, COLOUR_NONE },
	[EVENT_ROSTER_FAILED] = { sentence_roster_failed, COLOUR_BAD },
	[EVENT_ROSTER_UNKNOWN] = { sentence_roster_unknown, COLOUR_BAD },
	[EVENT_USER_OP_OFFERED] = { sentence_op_offered, COLOUR_NONE },
	[EVENT_SCHEDULE_SKIPPED] = { say_schedule_skipped, COLOUR_BAD },
	[EVENT_COMMAND_SENT] = { say_command, COLOUR_NONE },
	[EVENT_INSTALL_STARTED] = { say_install_started, COLOUR_BUSY },
	[EVENT_INSTALL_FINISHED] = { say_install_finished, COLOUR_GOOD },
	[EVENT_INSTALL_FAILED] = { say_install_failed, COLOUR_BAD },
	[EVENT_BACKUP_STARTED] = { say_backup_started, COLOUR_BUSY },
	[EVENT_BACKUP_FINISHED] = { say_backup_finished, COLOUR_GOOD },
	[EVENT_BACKUP_CANCELLED] = { say_backup_cancelled, COLOUR_NONE },
	[EVENT_BACKUP_FAILED] = { say_backup_failed, COLOUR_BAD },
	[EVENT_BACKUP_CHECKED] = { say_backup_checked, COLOUR_GOOD },
	[EVENT_BACKUP_REMOVED] = { say_backup_removed, COLOUR_NONE },
	[EVENT_RESTORE_STARTED] = { say_restore_started, COLOUR_BUSY },
	[EVENT_RESTORE_FINISHED] = { say_restore_finished, COLOUR_GOOD },
	[EVENT_RESTORE_FAILED] = { say_restore_failed, COLOUR_BAD },
};

_Static_assert(ELEMENTS(sentences) == EVENT_MAX, "an event without a sentence");

enum colour
sentence_put(struct buf *b, const json_t *event)
{
	const char *word = json_get_text(event, "type", "an event without a type");
	const char *subject = json_get_text(event, "subject", "");
	const json_t *data = json_object_get(event, "data");
	enum event_type type;

	if (event_parse(word, &type) && sentences[type].say != NULL) {
		sentences[type].say(b, subject, data);
		return sentences[type].colour;
	}
	put_clean(b, word);
	buf_put_text(b, *subject != '\0' ? " " : "");
	put_clean(b, subject);
	return COLOUR_NONE;
}

bool
sentence_is_worth(const json_t *event)
{
	const json_t *data = json_object_get(event, "data");

	return strcmp(text_of(event, "type"), "server.phase_changed") != 0 ||
	       *text_of(data, "phase") != '\0';
}

const char *
state_words(const char *word, enum colour *ret_colour)
{
	static const enum colour colours[] = {
		[STATE_ASLEEP] = COLOUR_QUIET, [STATE_WAKING] = COLOUR_BUSY,
		[STATE_READY] = COLOUR_GOOD,   [STATE_SETTLING] = COLOUR_BUSY,
		[STATE_FAILED] = COLOUR_BAD,   [STATE_LOST] = COLOUR_BAD,
	};
	enum state state;

	_Static_assert(ELEMENTS(colours) == STATE_MAX, "a state without a colour");
	*ret_colour = COLOUR_NONE;
	if (!state_parse(word, &state))
		return word;
	*ret_colour = colours[state];
	return state_for_people(state);
}

const char *
phase_words(const char *word)
{
	enum phase phase;

	return phase_parse(word, &phase) ? phase_for_people(phase) : word;
}
