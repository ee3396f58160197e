/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PUSH_STATE_H
#define ROOST_PUSH_STATE_H

/* What the files behind push.h share. */

#include "service/keyed.h"
#include "service/push.h"

#define PUSH_TAG_SIZE 96		/* "alert/server.crashed/" and a subject */
#define PUSH_TITLE_SIZE 96
#define PUSH_TEXT_SIZE 400
#define PUSH_LASTS_S 14400		/* a server that was ready four hours ago is no news */
#define PUSH_FAULTS_LIMIT 32

/* One message that is to be sent, durable until it is. A newer one with its tag takes its place. */
struct push_sending {
	char tag[PUSH_TAG_SIZE];
	char server[USER_NAME_LIMIT + 1];	/* whom it is about; "" = roost */
	char title[PUSH_TITLE_SIZE], text[PUSH_TEXT_SIZE];
	uint64_t event;				/* its offset */
	struct instant at;			/* of the event */
	unsigned tries;
	struct instant next_at;
};

/* An event that somebody may want to be told of, as far as that matters. */
struct push_news {
	uint64_t offset;
	struct instant time;
	enum event_type type;
	char subject[USER_NAME_LIMIT + 1];
	char reason[REASON_LIMIT + 1];
	int64_t took_ms;
	bool is_start;				/* SERVER_FAILED: on its way up */
};

struct push {
	struct plane_service service;		/* the first, so that it is the push */
	struct plane *plane;
	struct users *users;
	char *subject, *public_url;
	struct network *allow;
	size_t allow_count;
	struct seal_pair pair;
	char public_key[88];			/* "" = not made yet */
	struct keyed browsers;
	unsigned flights;
	char *faults[PUSH_FAULTS_LIMIT];	/* services that refuse us, as was told */
	size_t fault_count;

	uint64_t seen;				/* events up to here were looked at */
	uint64_t seen_stored, told;
	bool meta_changed;
	struct push_news *news;			/* not decided on yet */
	size_t news_count, news_room;
	struct ticket read;			/* catching up after a start */
	struct instant read_at;
};

/* push.c */
void push_browser_free(struct push *push, struct push_browser *browser);
void push_browser_drop(struct push *push, struct push_browser *browser);	/* from the record, too */

/* push_record.c: documents. */
json_t *push_browser_json(const struct push_browser *browser) must_check;
struct push_browser *push_browser_parse(const struct push *push, const char *id,
					const json_t *body) must_check;	/* NULL: not ours */

/* push_news.c: what happened, and who wants to be told. */
void push_note(struct push *push, const struct store_event *event);
void push_decide_news(struct push *push);
void push_catch_up(struct push *push, struct instant now);
bool push_is_behind(const struct push *push);

/* push_send.c */
void push_send_due(struct push *push, struct instant now);
void push_expire(struct push *push, struct instant now);
struct instant push_send_at(const struct push *push);

/* push_message.c: pure. */
/* "https://push.example.org" of an endpoint; false: it has none (RFC 6454 §6.2). */
#define PUSH_ORIGIN_SIZE (HOST_MAX + 16)
bool push_origin(const char *endpoint, char ret_origin[static PUSH_ORIGIN_SIZE]) must_check;
/* The literal address in an endpoint's origin; false: it is a name. */
bool push_origin_ip(const char *origin, struct ip *ret_ip) must_check;
/* `Authorization: vapid t=..., k=...` (RFC 8292 §3). The caller frees. */
char *push_authorization(const struct push *push, const char *origin, struct instant now) must_check;
/* At most SEAL_PLAIN_LIMIT bytes of JSON. The caller frees. */
char *push_payload(const struct push_sending *sending, const char *epoch) must_check;
/* 32 characters that are the same for the same tag (RFC 8030 §5.4). */
void push_topic(const struct push *push, const char *tag, char ret_topic[static 33]);

#endif
