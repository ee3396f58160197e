/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts and their names. One question at a time, of as many names as Mojang takes at
 * once: its rate limit is low, and a server's whole whitelist may be new to us.
 */

#include "service/profiles.h"

#include <stdio.h>
#include <string.h>

#include "model/name.h"
#include "service/keyed.h"

#define KNOWN_FOR    DURATION_S(30 * 86400)
#define NONE_FOR     DURATION_S(3600)
#define ASK_WITHIN   DURATION_S(8)
#define ASK_LEAST    DURATION_S(15) /* between failures, doubled each time up to ... */
#define ASK_MOST     DURATION_S(900)
#define ASK_BETWEEN  DURATION_MS(1000)
#define ANSWER_LIMIT 16384

struct known {
	char key[PLAYER_NAME_LIMIT + 1]; /* in lower case */
	char name[PLAYER_NAME_LIMIT + 1];
	char uuid[PLAYER_UUID_SIZE]; /* "" = no account, or never answered */
	struct instant answered_at;  /* NEVER = never */
	bool wanted, asked;
};

struct profiles {
	struct plane_service service;
	struct plane *plane;
	char *url;
	struct keyed known;
	size_t wanted;	      /* so many are to be asked for */
	struct ticket ticket; /* of the question under way */
	struct instant next_at;
	unsigned failures;
	char trouble[REASON_LIMIT + 1];
	profiles_learned *learned;
	void *argument;
};

/* What is known. */

static bool
is_fresh(const struct known *known, struct instant now)
{
	struct duration lasts = known->uuid[0] != '\0' ? KNOWN_FOR : NONE_FOR;

	return instant_is_set(known->answered_at) &&
	       !instant_reached(now, instant_add(known->answered_at, lasts));
}

static void
want(struct profiles *profiles, struct known *known)
{
	if (known->wanted || known->asked)
		return;
	known->wanted = true;
	profiles->wanted++;
	plane_wake_service(profiles->plane, &profiles->service);
}

static struct known *
known_of(struct profiles *profiles, const char *name)
{
	char key[PLAYER_NAME_LIMIT + 1];
	struct known *known;

	player_name_fold(name, key);
	known = keyed_find(&profiles->known, key);
	if (known != NULL || profiles->known.count >= PROFILES_KEPT_LIMIT)
		return known;
	known = mem_new(sizeof *known);
	(void)text_put(known->key, sizeof known->key, key);
	(void)text_put(known->name, sizeof known->name, name);
	keyed_add(&profiles->known, known);
	return known;
}

static bool
may_have_account(const char *name)
{
	return name[0] != '.' && name[0] != '*' && strlen(name) >= 2;
}

enum profile_is
profiles_find(struct profiles *profiles, const char *name, struct profile *ret_profile)
{
	struct known *known;

	if (!may_have_account(name)) /* Floodgate's, whose UUIDs are of another kind */
		return PROFILE_NONE;
	if (profiles->url[0] == '\0')
		return PROFILE_CANNOT;
	known = known_of(profiles, name);
	if (known == NULL)
		return PROFILE_CANNOT;
	if (!is_fresh(known, plane_now(profiles->plane)))
		want(profiles, known);
	if (known->uuid[0] != '\0') {
		(void)text_put(ret_profile->name, sizeof ret_profile->name, known->name);
		(void)text_put(ret_profile->uuid, sizeof ret_profile->uuid, known->uuid);
		return PROFILE_KNOWN;
	}
	if (instant_is_set(known->answered_at))
		return PROFILE_NONE;
	return profiles->trouble[0] != '\0' ? PROFILE_CANNOT : PROFILE_ASKED;
}

const char *
profiles_trouble(const struct profiles *profiles)
{
	return profiles->trouble;
}

/* Answers. */

static void
save(struct profiles *profiles, const struct known *known)
{
	CLEANUP(json_freep) json_t *body = json_object();

	json_set_text(body, "name", known->name);
	json_set_text(body, "uuid", known->uuid[0] != '\0' ? known->uuid : NULL);
	json_set_instant(body, "answered_at", known->answered_at);
	plane_put(profiles->plane, DOCUMENT_PROFILE, known->key, body);
}

static void
loaded(void *argument, const char *key, const json_t *body)
{
	struct profiles *profiles = argument;
	const char *name = json_get_text(body, "name", "");
	struct known *known;

	if (!player_name_is_valid(name) || keyed_find(&profiles->known, key) != NULL)
		return;
	known = known_of(profiles, name);
	if (known == NULL)
		return;
	if (!player_uuid_parse(json_get_text(body, "uuid", ""), known->uuid))
		known->uuid[0] = '\0';
	known->answered_at = json_get_instant(body, "answered_at");
}

static void
learn(struct profiles *profiles, const struct profile *told, size_t count)
{
	for (size_t i = 0; i < profiles->known.count; i++) {
		struct known *known = profiles->known.items[i];

		if (!known->asked)
			continue;
		known->asked = false;
		known->answered_at = plane_now(profiles->plane);
		known->uuid[0] = '\0';
		for (size_t j = 0; j < count; j++) {
			char key[PLAYER_NAME_LIMIT + 1];

			player_name_fold(told[j].name, key);
			if (strcmp(key, known->key) != 0)
				continue;
			(void)text_put(known->name, sizeof known->name, told[j].name);
			(void)text_put(known->uuid, sizeof known->uuid, told[j].uuid);
		}
		save(profiles, known);
	}
}

static void
give_up(struct profiles *profiles, struct duration wait, const char *why)
{
	struct duration own = ASK_LEAST;
	struct instant now = plane_now(profiles->plane);

	for (unsigned i = 0; i < profiles->failures && own.ms < ASK_MOST.ms; i++)
		own.ms *= 2;
	profiles->failures++;
	profiles->next_at = instant_add(now, wait.ms > own.ms ? wait : own);
	(void)snprintf(profiles->trouble, sizeof profiles->trouble,
		       "Minecraft accounts cannot be looked up: %.180s", why);
	for (size_t i = 0; i < profiles->known.count; i++) {
		struct known *known = profiles->known.items[i];

		if (!known->asked)
			continue;
		known->asked = false;
		want(profiles, known);
	}
}

static void
on_answer(void *argument, const struct reply *reply)
{
	struct profiles *profiles = argument;
	struct profile told[PROFILES_AT_ONCE];
	const struct http_result *http = reply->holds == REPLY_HTTP ? reply->as.http : NULL;
	char why[64] = "no answer came";
	size_t count;

	profiles->ticket = (struct ticket){ 0 };
	profiles->next_at = instant_add(plane_now(profiles->plane), ASK_BETWEEN);
	plane_wake_service(profiles->plane, &profiles->service);
	if (http != NULL && http->status == 200 &&
	    profiles_parse(http->body, http->body_length, told, &count)) {
		profiles->failures = 0;
		profiles->trouble[0] = '\0';
		learn(profiles, told, count);
	} else if (http != NULL) {
		(void)snprintf(why, sizeof why, "the answer was %d%s", http->status,
			       http->status == 429 ? " (too many questions)" : "");
		give_up(profiles, http_result_retry_after(http, plane_now(profiles->plane)), why);
	} else {
		give_up(profiles, DURATION_MS(0),
			reply->result == REPLY_REFUSED ? reply->reason : why);
	}
	if (profiles->learned != NULL)
		profiles->learned(profiles->argument);
}

/* The turn. */

static struct instant
decide(struct plane_service *service, struct instant now)
{
	struct profiles *profiles = CONTAINER_OF(service, struct profiles, service);

	(void)now;
	return profiles->wanted > 0 && profiles->ticket.v == 0 ? profiles->next_at : NEVER;
}

static size_t
choose(struct profiles *profiles, const char *names[static PROFILES_AT_ONCE])
{
	size_t count = 0;

	for (size_t i = 0; i < profiles->known.count && count < PROFILES_AT_ONCE; i++) {
		struct known *known = profiles->known.items[i];

		if (!known->wanted)
			continue;
		known->wanted = false;
		known->asked = true;
		profiles->wanted--;
		names[count++] = known->name;
	}
	return count;
}

static void
act(struct plane_service *service, struct instant now)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       "Accept: application/json" };
	struct profiles *profiles = CONTAINER_OF(service, struct profiles, service);
	struct http_port *http = plane_ports(profiles->plane)->http;
	CLEANUP(text_freep) char *body = NULL;
	const char *names[PROFILES_AT_ONCE];

	if (profiles->wanted == 0 || profiles->ticket.v != 0 || http == NULL ||
	    (instant_is_set(profiles->next_at) && !instant_reached(now, profiles->next_at)))
		return;
	body = profiles_question(names, choose(profiles, names));
	profiles->ticket = plane_expect(profiles->plane, on_answer, profiles);
	http->send(http, profiles->ticket,
		   &(struct http_order){ .method = "POST",
					 .url = profiles->url,
					 .headers = headers,
					 .header_count = ELEMENTS(headers),
					 .body = body,
					 .body_length = strlen(body),
					 .within = ASK_WITHIN,
					 .answer_limit = ANSWER_LIMIT,
					 .reach = HTTP_REACH_ANY });
}

/* Outside. */

struct profiles *
profiles_new(struct plane *plane, const char *url)
{
	struct profiles *profiles = mem_new(sizeof *profiles);

	profiles->plane = plane;
	profiles->url = text_copy(url != NULL ? url : "");
	profiles->service = (struct plane_service){ .decide = decide, .act = act };
	return profiles;
}

void
profiles_free(struct profiles *profiles)
{
	if (profiles == NULL)
		return;
	for (size_t i = 0; i < profiles->known.count; i++)
		mem_free(profiles->known.items[i]);
	keyed_deinit(&profiles->known);
	mem_free(profiles->url);
	mem_free(profiles);
}

void
profiles_load(struct profiles *profiles)
{
	plane_each_loaded(profiles->plane, DOCUMENT_PROFILE, loaded, profiles);
	plane_add_service(profiles->plane, &profiles->service);
}

void
profiles_on_learned(struct profiles *profiles, profiles_learned *learned, void *argument)
{
	profiles->learned = learned;
	profiles->argument = argument;
}
