/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connection is subscribed to, and where it is. Its cursor has everything on all
 * its channels; what is to be told again of some of them (subscribe with a place) is a
 * replay up to that cursor, which waits meanwhile. So the order is: the answer, the
 * replay, what has happened since; nothing is left out and nothing comes twice.
 */

#include "web/web_inner.h"

#include <stdio.h>

#include "feed/talk.h"

#define REPLAYS_LIMIT 16 /* of one connection, one after the other */

static const struct channel_set no_channels;

static struct socket *
socket_of(struct reader *r)
{
	return CONTAINER_OF(r, struct socket, reader);
}

struct reader_rights
socket_rights(const struct socket *s)
{
	const struct socket_settings *o = &s->reader.web->options.sockets;

	return (struct reader_rights){ .role = s->identity->role,
				       .user = s->identity->user,
				       .connection = s->id,
				       .rules = o->rules,
				       .rule_count = o->rule_count };
}

/* --- where it is ---------------------------------------------------------------------------- */

static bool
is_replaying(const struct socket *s)
{
	return s->subscriptions != NULL && s->subscriptions->replays != NULL;
}

/* Up to where it has everything on all its channels, once the replays are over. */
static uint64_t
place_of(const struct socket *s)
{
	if (s->subscriptions == NULL || s->subscriptions->channels.count == 0)
		return readers_last(s->reader.web);
	return is_replaying(s) ? s->subscriptions->place : s->reader.after;
}

static void
place_text(const struct socket *s, char text[static CURSOR_TEXT_SIZE])
{
	struct cursor at = { .offset = place_of(s) };

	(void)text_put(at.epoch, sizeof at.epoch, s->reader.web->epoch);
	cursor_text(&at, text);
}

static void
replay_free(struct replay *replay)
{
	channel_set_deinit(&replay->channels);
	mem_free(replay);
}

/* Behind those there are; takes the set. Nothing of it: nothing is added. */
static void
add_replay(struct socket *s, uint64_t from, uint64_t until, struct channel_set *channels)
{
	struct subscriptions *subscriptions = s->subscriptions;
	struct replay **at = &subscriptions->replays;
	struct replay *replay;

	if (from >= until || channels->count == 0) {
		channel_set_deinit(channels);
		return;
	}
	replay = mem_new(sizeof *replay);
	replay->from = from;
	replay->until = until;
	replay->channels = *channels;
	*channels = (struct channel_set){ 0 };
	if (*at == NULL) {
		subscriptions->place = s->reader.after;
		s->reader.after = from;
	}
	while (*at != NULL)
		at = &(*at)->next;
	*at = replay;
	subscriptions->replay_count++;
}

static void
drop_first_replay(struct subscriptions *subscriptions)
{
	struct replay *replay = subscriptions->replays;

	subscriptions->replays = replay->next;
	subscriptions->replay_count--;
	replay_free(replay);
}

/* The first replay is over: on with the next, or with what is live. */
static void
next_replay(struct socket *s)
{
	struct subscriptions *subscriptions = s->subscriptions;

	do
		drop_first_replay(subscriptions);
	while (subscriptions->replays != NULL && subscriptions->replays->channels.count == 0);
	s->reader.after = subscriptions->replays != NULL ? subscriptions->replays->from
							 : subscriptions->place;
	s->reader.joined = false;
}

/* --- as a reader ---------------------------------------------------------------------------- */

uint64_t
subscriptions_filter(const struct reader *r, struct feed_filter *ret_filter)
{
	const struct socket *s = CONTAINER_OF(r, struct socket, reader);
	const char *user = s->identity->user;

	*ret_filter = (struct feed_filter){ .role = s->identity->role,
					    .user = user[0] != '\0' ? user : NULL };
	if (is_replaying(s)) {
		ret_filter->channels = &s->subscriptions->replays->channels;
		return s->subscriptions->replays->until;
	}
	ret_filter->channels =
		s->subscriptions != NULL ? &s->subscriptions->channels : &no_channels;
	return UINT64_MAX;
}

void
subscriptions_caught_up(struct reader *r)
{
	struct socket *s = socket_of(r);

	if (is_replaying(s)) {
		next_replay(s);
		reader_make_ready(r);
	} else {
		subscriptions_share(s);
		reader_put(r, READER_LISTENING);
	}
}

/* What it is to be told has changed: what is being read for it is not it any more. */
static void
begin_anew(struct socket *s)
{
	struct reader *r = &s->reader;

	if (s->doom != 0)
		return;
	if (r->page != NULL) {
		page_forget(r->page);
		r->page = NULL;
	}
	r->joined = false;
	if (s->subscriptions == NULL)
		reader_put(r, READER_QUIET);
	else if (socket_unsent(s) > 0)
		reader_put(r, READER_BLOCKED);
	else
		reader_make_ready(r);
}

/* --- subscribe ------------------------------------------------------------------------------ */

void
subscriptions_put_names(const struct socket *s, struct buf *to)
{
	const struct channel_set *set =
		s->subscriptions != NULL ? &s->subscriptions->channels : &no_channels;
	char name[CHANNEL_TEXT_SIZE];

	buf_put_byte(to, '[');
	for (size_t i = 0; i < set->count; i++) {
		channel_text(&set->channels[i], name);
		buf_format(to, "%s\"%s\"", i > 0 ? "," : "", name);
	}
	buf_put_byte(to, ']');
}

/* All of them or none. */
static bool
may_subscribe(struct socket *s, const struct talk *talk)
{
	const struct subscriptions *has = s->subscriptions;
	struct reader_rights rights = socket_rights(s);
	size_t count = has != NULL ? has->channels.count : 0;
	char name[CHANNEL_TEXT_SIZE], detail[TALK_DETAIL_SIZE];

	for (size_t i = 0; i < talk->channel_count; i++) {
		if (!channel_may_read(&talk->channels[i], &rights)) {
			channel_text(&talk->channels[i], name);
			(void)snprintf(detail, sizeof detail, "You may not read the channel %s.",
				       name);
			socket_answer_problem(s, talk, 403, detail);
			return false;
		}
		if (has == NULL || !channel_set_contains(&has->channels, &talk->channels[i]))
			count++;
	}
	if (count > CHANNELS_PER_READER) {
		socket_answer_problem(s, talk, 422, "A connection has at most 64 channels.");
		return false;
	}
	if (has != NULL && talk->has_after && has->replay_count >= REPLAYS_LIMIT) {
		socket_answer_problem(s, talk, 429,
				      "Earlier replays are still on their way; wait for them.");
		return false;
	}
	return true;
}

static struct resume_verdict
judge(const struct web *web, const struct cursor *cursor)
{
	uint64_t last = readers_last(web);

	return cursor_resume(cursor, web->epoch, web->oldest < last ? web->oldest : last, last);
}

static void
answer_place(struct socket *s, const struct talk *talk, const struct resume_verdict *verdict)
{
	CLEANUP(buf_deinit) struct buf members = BUF_NULL;
	char place[CURSOR_TEXT_SIZE];

	if (talk->action == TALK_SUBSCRIBE) {
		buf_put_text(&members, ",\"channels\":");
		subscriptions_put_names(s, &members);
	}
	place_text(s, place);
	buf_format(&members, ",\"position\":\"%s\"", place);
	if (talk->has_after)
		buf_format(&members, ",\"verdict\":\"%s\",\"oldest\":%llu",
			   resume_word(verdict->what), (unsigned long long)verdict->oldest);
	socket_answer(s, talk, buf_text(&members));
}

/* Its peer has everything up to `from` on the new channels. */
static void
replay_new(struct socket *s, uint64_t from, struct channel_set *added, struct channel_set *before)
{
	uint64_t place = place_of(s);

	if (from <= place) {
		add_replay(s, from, place, added);
		return;
	}
	/* It is ahead on the new ones: the others come up to there first. */
	add_replay(s, place, from, before);
	if (is_replaying(s))
		s->subscriptions->place = from;
	else
		s->reader.after = from;
}

static void
add_channels(struct socket *s, const struct talk *talk, struct channel_set *ret_added)
{
	struct subscriptions *subscriptions = s->subscriptions;

	for (size_t i = 0; i < talk->channel_count; i++)
		if (channel_set_add(&subscriptions->channels, &talk->channels[i]))
			(void)channel_set_add(ret_added, &talk->channels[i]);
}

/* Presence and consoles, which are live: no replay has them. */
static void
join(struct socket *s, const struct talk *talk, const struct channel_set *added)
{
	for (size_t i = 0; i < added->count; i++) {
		if (added->channels[i].kind == CHANNEL_CONSOLE)
			live_watch(s, &added->channels[i], LIVE_CONSOLE);
		if (added->channels[i].kind != CHANNEL_CONNECTION)
			live_join(s, &added->channels[i]);
	}
	for (size_t i = 0; talk->presence && i < talk->channel_count; i++)
		if (channel_set_add(&s->subscriptions->watched, &talk->channels[i]))
			live_watch(s, &talk->channels[i], LIVE_PRESENCE);
}

void
socket_subscribe(struct socket *s, const struct talk *talk)
{
	CLEANUP(channel_set_deinit) struct channel_set added = { 0 }, before = { 0 }, live = { 0 };
	struct resume_verdict verdict = { .what = RESUME_RESUMED };

	if (!may_subscribe(s, talk))
		return;
	subscriptions_own(s);
	if (s->subscriptions == NULL) {
		s->subscriptions = mem_new(sizeof *s->subscriptions);
		s->reader.after = readers_last(s->reader.web);
	}
	channel_set_copy(&before, &s->subscriptions->channels);
	add_channels(s, talk, &added);
	channel_set_copy(&live, &added);
	if (talk->has_after) {
		verdict = judge(s->reader.web, &talk->after);
		if (added.count > 0)
			replay_new(s, verdict.from, &added, &before);
	}
	answer_place(s, talk, &verdict);
	join(s, talk, &live);
	begin_anew(s);
}

/* --- unsubscribe ---------------------------------------------------------------------------- */

static void
leave(struct socket *s, const struct channel *channel)
{
	struct subscriptions *subscriptions = s->subscriptions;

	if (!channel_set_remove(&subscriptions->channels, channel))
		return;
	for (struct replay *replay = subscriptions->replays; replay != NULL; replay = replay->next)
		(void)channel_set_remove(&replay->channels, channel);
	if (subscriptions->replays != NULL && subscriptions->replays->channels.count == 0)
		next_replay(s);
	if (channel_set_remove(&subscriptions->watched, channel))
		live_unwatch(s, channel, LIVE_PRESENCE);
	if (channel->kind == CHANNEL_CONSOLE)
		live_unwatch(s, channel, LIVE_CONSOLE);
	if (channel->kind != CHANNEL_CONNECTION)
		live_leave(s, channel);
}

void
subscriptions_end(struct socket *s)
{
	struct subscriptions *subscriptions;

	subscriptions_own(s);
	subscriptions = s->subscriptions;
	if (subscriptions == NULL)
		return;
	while (subscriptions->channels.count > 0) {
		struct channel last =
			subscriptions->channels.channels[subscriptions->channels.count - 1];

		leave(s, &last);
	}
	while (subscriptions->replays != NULL)
		drop_first_replay(subscriptions);
	channel_set_deinit(&subscriptions->channels);
	channel_set_deinit(&subscriptions->watched);
	mem_free(TAKE(s->subscriptions));
}

void
socket_unsubscribe(struct socket *s, const struct talk *talk)
{
	CLEANUP(buf_deinit) struct buf members = BUF_NULL;

	subscriptions_own(s);
	if (s->subscriptions != NULL) {
		for (size_t i = 0; i < talk->channel_count; i++)
			leave(s, &talk->channels[i]);
		if (s->subscriptions->channels.count == 0)
			subscriptions_end(s);
		begin_anew(s);
	}
	buf_put_text(&members, ",\"channels\":");
	subscriptions_put_names(s, &members);
	socket_answer(s, talk, buf_text(&members));
}

/* --- resume --------------------------------------------------------------------------------- */

/* Everything is told again from `place` on: of a replay only what lies before it. */
static void
go_back(struct socket *s, uint64_t place)
{
	struct subscriptions *subscriptions = s->subscriptions;
	struct replay **at = &subscriptions->replays;
	bool was_replaying = is_replaying(s);

	if (was_replaying)
		(*at)->from = s->reader.after; /* how far it has come */
	while (*at != NULL) {
		struct replay *replay = *at;

		if (replay->until > place)
			replay->until = place;
		if (replay->from < replay->until) {
			at = &replay->next;
			continue;
		}
		*at = replay->next;
		subscriptions->replay_count--;
		replay_free(replay);
	}
	subscriptions->place = place;
	s->reader.after = subscriptions->replays != NULL ? subscriptions->replays->from : place;
}

void
socket_resume(struct socket *s, const struct talk *talk)
{
	struct resume_verdict verdict = judge(s->reader.web, &talk->after);

	subscriptions_own(s);
	if (s->subscriptions != NULL)
		go_back(s, verdict.from);
	answer_place(s, talk, &verdict);
	if (s->subscriptions != NULL)
		begin_anew(s);
}
