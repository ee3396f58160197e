/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The feed: a page now, or the order to stream it. A position from another
 * record is not read on from as if it were of this one: it is told, and the page
 * begins with the oldest event there is.
 */

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "feed/channel.h"
#include "feed/cursor.h"

static plane_heard on_events;

/*
 * Where the reader is: `Last-Event-ID`, else `last_event_id`, else `lastEventId`
 * (what polyfills of EventSource send), else `after`. Checked fields.
 */
static bool
place_of(struct call *call)
{
	const char *text = json_get_text(call->fields, "after", NULL);
	struct cursor cursor;

	text = json_get_text(call->fields, "lastEventId", text);
	text = json_get_text(call->fields, "last_event_id", text);
	if (call->last_event_id[0] != '\0')
		text = call->last_event_id;
	if (text == NULL)
		return true;
	if (!cursor_parse(text, &cursor)) {
		call_refuse(
			call, PROBLEM_BAD_REQUEST,
			"Last-Event-ID is the id of an event, EPOCH:OFFSET, or not sent at all.");
		return false;
	}
	call->place.given = true;
	call->place.after = cursor.offset;
	(void)text_put(call->place.epoch, sizeof call->place.epoch, cursor.epoch);
	return true;
}

/* Consoles and connections carry no events: nothing of them is in the record. */
static bool
is_live_only(const struct channel *channel)
{
	return channel->kind == CHANNEL_CONSOLE || channel->kind == CHANNEL_CONNECTION;
}

/* The channels asked for, each of which the caller may read. Refuses the call and returns false when not. */
static bool
channels_of(struct call *call)
{
	const json_t *names = json_object_get(call->fields, "channel");
	struct reader_rights who = call_rights(call);

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		struct channel channel = { .kind = CHANNEL_FEED };

		if (!channel_parse(name, &channel) || is_live_only(&channel)) {
			call_refuse(
				call, PROBLEM_INVALID,
				"%s is live and in no record: subscribe to it over a WebSocket, "
				"GET /v1/ws.",
				name);
			return false;
		}
		if (!channel_may_read(&channel, &who)) {
			call_refuse(
				call, PROBLEM_FORBIDDEN,
				"%s may not read %s. Alerts are for staff, another user's channel "
				"is for admins, and `channels` in the configuration says who reads "
				"those declared there.",
				call->caller.user, name);
			return false;
		}
		(void)channel_set_add(&call->channels, &channel);
	}
	return true;
}

/* What is to be told. Lasts as long as the call. */
static struct feed_filter
filter_of(const struct call *call)
{
	struct feed_filter filter = { .role = call->caller.role,
				      .user = call->caller.user,
				      .channels =
					      call->channels.count > 0 ? &call->channels : NULL };

	(void)text_put(filter.server, sizeof filter.server,
		       json_get_text(call->fields, "server", ""));
	(void)text_put(filter.type, sizeof filter.type, json_get_text(call->fields, "type", ""));
	return filter;
}

static void
answer_stream(struct call *call)
{
	struct api_answer *answer = mem_new(sizeof *answer);

	answer->kind = ANSWER_STREAM;
	answer->status = 200;
	answer->content_type = "text/event-stream";
	answer->stream.role = call->caller.role;
	(void)text_put(answer->stream.user, sizeof answer->stream.user, call->caller.user);
	answer->stream.expires_at = call->caller.expires_at;
	(void)text_put(answer->stream.digest, sizeof answer->stream.digest, call->caller.digest);
	answer->stream.resume = call->place.given;
	answer->stream.after = call->place.after;
	(void)text_put(answer->stream.epoch, sizeof answer->stream.epoch, call->place.epoch);
	(void)text_put(answer->stream.server, sizeof answer->stream.server,
		       json_get_text(call->fields, "server", ""));
	(void)text_put(answer->stream.type, sizeof answer->stream.type,
		       json_get_text(call->fields, "type", ""));
	answer->stream.channels = call->channels;
	call->channels = (struct channel_set){ .count = 0 };
	call_answer_with(call, answer);
}

static void
ask(struct call *call, uint64_t after)
{
	struct store_port *store = plane_ports(call->api->plane)->store;
	struct store_query query = { .what = STORE_EVENTS, .after = after };
	const char *before = json_get_text(call->fields, "before", NULL);
	struct feed_filter filter = filter_of(call);
	struct cursor cursor = { .offset = 0 };

	if (before != NULL && cursor_parse(before, &cursor))
		query.before = cursor.offset;
	query.newest_first = call->place.newest_first;
	query.limit = (unsigned)json_get_integer(call->fields, "limit", 100);
	feed_filter_narrow(&filter, &query);
	call->ticket = plane_expect(call->api->plane, on_events, call);
	store->read(store, call->ticket, &query);
}

static void
put_events(struct buf *b, const struct call *call, const struct store_rows *rows)
{
	struct feed_filter filter = filter_of(call);
	size_t put = 0;

	for (size_t i = 0; i < rows->event_count; i++) {
		const struct store_event *e = &rows->events[i];

		/* A user may be called as a server is. */
		if (!feed_filter_passes(&filter, e->audience, e->type, e->subject))
			continue;
		if (put++ > 0)
			buf_put_byte(b, ',');
		cloudevent_put(b, rows->epoch, e);
	}
}

/* The position to ask with for the next page: behind all that was looked at. */
static uint64_t
next_offset(const struct call *call, const struct store_rows *rows, uint64_t from)
{
	if (rows->more)
		return rows->events[rows->event_count - 1].offset;
	if (call->place.newest_first)
		return rows->first > 0 ? rows->first - 1 : 0;
	return rows->last > from ? rows->last : from;
}

static void
answer_page(struct call *call, const struct store_rows *rows, const struct resume_verdict *verdict)
{
	struct buf b = BUF_NULL;

	buf_put_text(&b, "{\"events\":[");
	put_events(&b, call, rows);
	buf_format(&b,
		   "],\"next\":\"%s:%llu\",\"more\":%s,\"epoch\":\"%s\",\"oldest\":%llu,\"newest\":"
		   "%llu",
		   rows->epoch, (unsigned long long)next_offset(call, rows, verdict->from),
		   rows->more ? "true" : "false", rows->epoch, (unsigned long long)rows->first,
		   (unsigned long long)rows->last);
	if (call->place.given)
		buf_format(&b, ",\"verdict\":\"%s\"", resume_word(verdict->what));
	buf_put_byte(&b, '}');
	call_answer_text(call, 200, "application/json", buf_take_text(&b));
}

static void
on_events(void *argument, const struct reply *reply)
{
	struct call *call = argument;
	const struct store_rows *rows = reply->as.rows;
	struct cursor cursor = { .offset = call->place.after };
	struct resume_verdict verdict;

	if (reply->result != REPLY_DONE || reply->holds != REPLY_ROWS) {
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(2), reply->reason);
		return;
	}
	(void)text_put(cursor.epoch, sizeof cursor.epoch, call->place.epoch);
	verdict = cursor_resume(&cursor, rows->epoch, rows->first, rows->last);
	if (verdict.what == RESUME_UNKNOWN_EPOCH && call->status == 0 &&
	    !call->place.newest_first) {
		call->status = 200; /* asked once more, from the oldest on */
		ask(call, verdict.from);
		return;
	}
	answer_page(call, rows, &verdict);
}

void
handle_events(struct call *call)
{
	if (!place_of(call) || !channels_of(call))
		return;
	call->place.newest_first = text_equal(json_get_text(call->fields, "order", "asc"), "desc");
	if (call->wants_stream)
		answer_stream(call);
	else
		ask(call, call->place.given ? call->place.after : 0);
}
