/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reader wants, as a question to the record. A record of a million events is not
 * read through for somebody who wants one server's or the alerts: each channel that has
 * few is one walk along an index. `feed` and `servers` have most of all events anyway.
 */

#include "feed/channel.h"

/* Returns false when there is no room: then it is asked for everything. */
static bool
add_choice(struct store_query *query, const char *subject, const char *type)
{
	struct store_choice *choice;

	for (size_t i = 0; i < query->choice_count; i++) {
		if (text_equal(query->choices[i].subject, subject) &&
		    text_equal(query->choices[i].type, type))
			return true;
	}
	if (query->choice_count == STORE_CHOICES_LIMIT)
		return false;
	choice = &query->choices[query->choice_count++];
	(void)text_put(choice->subject, sizeof choice->subject, subject);
	(void)text_put(choice->type, sizeof choice->type, type);
	return true;
}

static bool
add_alerts(struct store_query *query)
{
	for (unsigned type = 0; type < EVENT_MAX; type++) {
		if (event_is_alert((enum event_type)type) &&
		    !add_choice(query, "", event_word((enum event_type)type)))
			return false;
	}
	return true;
}

/* Returns false for a channel that has no index of its own. */
static bool
add_channel(struct store_query *query, const struct channel *channel)
{
	switch (channel->kind) {
	case CHANNEL_FEED:
	case CHANNEL_SERVERS:
		return false;
	case CHANNEL_ALERTS:
		return add_alerts(query);
	case CHANNEL_SERVER:
	case CHANNEL_USER:
	case CHANNEL_CUSTOM:
		return add_choice(query, channel->name, "");
	case CHANNEL_CONSOLE:
	case CHANNEL_CONNECTION:
		break;
	}
	return true; /* no events, no walk */
}

void
feed_filter_narrow(const struct feed_filter *filter, struct store_query *query)
{
	const struct channel_set *set = filter->channels;

	query->audience = filter->role;
	query->choice_count = 0;
	(void)text_put(query->user, sizeof query->user, filter->user != NULL ? filter->user : "");
	(void)text_put(query->subject, sizeof query->subject, filter->server);
	(void)text_put(query->type, sizeof query->type, filter->type);
	for (size_t i = 0; set != NULL && i < set->count; i++) {
		if (!add_channel(query, &set->channels[i])) {
			query->choice_count = 0;
			return;
		}
	}
}
