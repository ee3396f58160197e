/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thousands of sockets are subscribed to the same few channels. While none of it is
 * replayed they share what says so; who changes it, takes a copy of its own first.
 */

#include "web/web_inner.h"

#define SHARED_BUCKETS 1024

static struct subscriptions **
bucket_of(struct web *web, uint32_t hash)
{
	if (web->shared == NULL)
		web->shared = mem_new_array(SHARED_BUCKETS, sizeof(struct subscriptions *));
	return &web->shared[hash % SHARED_BUCKETS];
}

static void
subscriptions_free(struct subscriptions *subscriptions)
{
	channel_set_deinit(&subscriptions->channels);
	channel_set_deinit(&subscriptions->watched);
	mem_free(subscriptions);
}

void
subscriptions_share(struct socket *s)
{
	struct subscriptions *own = s->subscriptions, **bucket, *shared;

	if (own == NULL || own->references > 0 || own->replays != NULL)
		return;
	own->hash = channel_set_hash(&own->channels) ^ channel_set_hash(&own->watched) * 3;
	bucket = bucket_of(s->reader.web, own->hash);
	for (shared = *bucket; shared != NULL; shared = shared->next)
		if (shared->hash == own->hash &&
		    channel_set_equal(&shared->channels, &own->channels) &&
		    channel_set_equal(&shared->watched, &own->watched))
			break;
	if (shared != NULL) {
		subscriptions_free(own);
		s->subscriptions = shared;
	} else {
		own->next = *bucket;
		*bucket = own;
	}
	s->subscriptions->references++;
}

void
subscriptions_own(struct socket *s)
{
	struct subscriptions *shared = s->subscriptions, **at;

	if (shared == NULL || shared->references == 0)
		return;
	if (--shared->references > 0) {
		s->subscriptions = mem_new(sizeof *shared);
		channel_set_copy(&s->subscriptions->channels, &shared->channels);
		channel_set_copy(&s->subscriptions->watched, &shared->watched);
		return;
	}
	at = bucket_of(s->reader.web, shared->hash);
	while (*at != shared)
		at = &(*at)->next;
	*at = shared->next;
	shared->next = NULL;
}
