/* SPDX-License-Identifier: Apache-2.0 */
/* A message to a channel: an event as any other, told to those who may read the channel. */

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "feed/cursor.h"

struct reader_rights
call_rights(const struct call *call)
{
	return (struct reader_rights){ .role = call->caller.role,
				       .user = call->caller.user,
				       .connection = "",
				       .rules = call->api->settings.channels,
				       .rule_count = call->api->settings.channel_count };
}

/* Who will be told: of a user's channel the user besides, whatever role that is. */
static enum role
audience_of(const struct call *call, const struct channel *channel)
{
	const struct channel_rule *rule;

	if (channel->kind == CHANNEL_USER)
		return event_audience(EVENT_USER_MESSAGED);
	rule = channel_rule_find(call->api->settings.channels, call->api->settings.channel_count,
				 channel->name);
	ASSERT(rule != NULL);
	return rule->read;
}

/* Refuses the call and returns false when not. */
static bool
may_post(struct call *call, const struct channel *channel)
{
	struct reader_rights who = call_rights(call);
	char name[CHANNEL_TEXT_SIZE];

	channel_text(channel, name);
	if (channel->kind != CHANNEL_USER && channel->kind != CHANNEL_CUSTOM) {
		call_refuse(call, PROBLEM_FORBIDDEN,
			    "Only roost itself tells %s something. Post to user/NAME, or to a "
			    "channel declared under `channels` in the configuration.",
			    name);
		return false;
	}
	if (!channel_may_post(channel, &who)) {
		call_refuse(call, PROBLEM_FORBIDDEN,
			    "%s may not post to %s. `channels` in the configuration says who may; "
			    "to users staff may write.",
			    call->caller.user, name);
		return false;
	}
	if (channel->kind == CHANNEL_USER && users_find(call->api->users, channel->name) == NULL) {
		call_refuse(call, PROBLEM_NOT_FOUND, "No user is called %s.", channel->name);
		return false;
	}
	return true;
}

static void
on_posted(void *argument)
{
	struct call *call = argument;
	json_t *body = json_object();

	json_set_text(body, "position", call->text);
	call_answer(call, 202, body);
}

static void
post(struct call *call, const struct channel *channel, json_t *data)
{
	struct plane *plane = call->api->plane;
	enum event_type type =
		channel->kind == CHANNEL_USER ? EVENT_USER_MESSAGED : EVENT_CHANNEL_POSTED;
	struct cursor at = { .offset = plane_tell_to(plane, type, channel->name,
						     audience_of(call, channel), data) };

	_Static_assert(sizeof call->text >= CURSOR_TEXT_SIZE, "a position fits");
	(void)text_put(at.epoch, sizeof at.epoch, plane_epoch(plane));
	cursor_text(&at, call->text);
	call_after_commit(call, on_posted);
}

void
handle_message(struct call *call)
{
	CLEANUP(json_freep) json_t *data = json_object();
	CLEANUP(text_freep) char *text = NULL;
	struct channel channel;

	if (!channel_parse(json_get_text(call->fields, "channel", ""), &channel)) {
		ASSERT(!"a checked field");
		return;
	}
	if (!may_post(call, &channel))
		return;
	json_set_text(data, "by", call->caller.user);
	ASSERT(json_object_set(data, "message", json_object_get(call->fields, "message")) == 0);
	if (json_is_deeper(data, EVENT_DATA_DEPTH_LIMIT)) {
		call_refuse(call, PROBLEM_INVALID,
			    "The message has more than %d objects and arrays in one another.",
			    EVENT_DATA_DEPTH_LIMIT - 1);
		return;
	}
	text = json_text(data);
	if (strlen(text) > EVENT_DATA_LIMIT)
		call_refuse(call, PROBLEM_TOO_LARGE,
			    "The message is too large: with who said it, it may have %d bytes "
			    "as JSON, and has %zu.",
			    EVENT_DATA_LIMIT, strlen(text));
	else
		post(call, &channel, TAKE(data));
}
