/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of a run for later: the head, and a chart of at most
 * SAMPLES_LIMIT points. When it is full every second point goes and the
 * distance doubles, so a chart of a week costs what one of an hour does.
 */

#include "keeper/history.h"

#include <stdio.h>
#include <string.h>

#include "keeper/plane_inside.h"

#define SAMPLE_FIRST_EVERY DURATION_S(10)

static json_t *
samples_json(const struct server_live *live)
{
	json_t *list = json_array();

	for (size_t i = 0; i < live->sample_count; i++) {
		const struct sample *sample = &live->samples[i];
		json_t *point = json_object();

		json_set_integer(point, "t", sample->t.ms);
		json_set_integer(point, "players", sample->players);
		json_set_integer(point, "memory", sample->memory_bytes);
		json_set_integer(point, "cpu", sample->cpu_millis);
		ASSERT(json_array_append_new(list, point) == 0);
	}
	return list;
}

json_t *
history_json(const char *server, const struct run *run, const struct server_live *live,
	     struct instant ended_at)
{
	json_t *to = json_object();

	json_set_text(to, "id", run->id);
	json_set_text(to, "server", server);
	json_set_text(to, "by", run->by);
	json_set_text(to, "cause", cause_word(run->cause));
	json_set_instant(to, "started_at", run->started_at);
	json_set_instant(to, "ready_at", run->ready_at);
	json_set_instant(to, "ended_at", ended_at);
	json_set_integer(to, "restarts", run->restarts);
	json_set_integer(to, "peak_players", live->peak_players);
	json_set_integer(to, "peak_memory", live->peak_memory);
	ASSERT(json_object_set_new(to, "samples", samples_json(live)) == 0);
	return to;
}

void
history_put(struct plane *plane, struct kept *kept, const struct run *run, struct instant ended_at)
{
	CLEANUP(json_freep) json_t *body = NULL;
	char key[SERVER_NAME_LIMIT + 1 + ID_TEXT_SIZE];

	if (run->id[0] == '\0')
		return;
	body = history_json(kept->server.spec->name, run, &kept->server.live, ended_at);
	(void)snprintf(key, sizeof key, "%s/%s", kept->server.spec->name, run->id);
	plane_put(plane, DOCUMENT_RUN, key, body);
	if (instant_is_set(ended_at)) {
		(void)snprintf(key, sizeof key, "%s/", kept->server.spec->name);
		batch_prune(&plane->next, DOCUMENT_RUN, key, RUNS_KEPT_LIMIT);
	}
	kept->history_at = plane->now;
}

static void
thin(struct server_live *live)
{
	size_t left = 0;

	for (size_t i = 0; i < live->sample_count; i += 2)
		live->samples[left++] = live->samples[i];
	live->sample_count = left;
	live->sample_every.ms *= 2;
}

void
history_sample(struct kept *kept, struct instant now)
{
	struct server_live *live = &kept->server.live;

	if (live->sample_every.ms == 0)
		live->sample_every = SAMPLE_FIRST_EVERY;
	if (instant_is_set(kept->sampled_at) &&
	    instant_since(now, kept->sampled_at).ms < live->sample_every.ms)
		return;
	if (live->sample_count == SAMPLES_LIMIT)
		thin(live);
	live->samples[live->sample_count++] = (struct sample){
		.t = now,
		.players = live->online,
		.memory_bytes = live->memory_bytes,
		.cpu_millis = live->cpu_millis,
	};
	kept->sampled_at = now;
}

void
history_resume(struct kept *kept, const json_t *document)
{
	struct server_live *live = &kept->server.live;
	const json_t *samples = json_object_get(document, "samples");
	size_t count = json_array_size(samples);

	live->peak_players = (unsigned)json_get_integer(document, "peak_players", 0);
	live->peak_memory = json_get_integer(document, "peak_memory", 0);
	for (size_t i = 0; i < count && i < SAMPLES_LIMIT; i++) {
		const json_t *point = json_array_get(samples, i);

		live->samples[live->sample_count++] = (struct sample){
			.t = { json_get_integer(point, "t", 0) },
			.players = (unsigned)json_get_integer(point, "players", 0),
			.memory_bytes = json_get_integer(point, "memory", 0),
			.cpu_millis = json_get_integer(point, "cpu", 0),
		};
	}
	live->sample_every = SAMPLE_FIRST_EVERY;
	if (live->sample_count > 1)
		live->sample_every = instant_since(live->samples[live->sample_count - 1].t,
						   live->samples[live->sample_count - 2].t);
	if (live->sample_every.ms < SAMPLE_FIRST_EVERY.ms)
		live->sample_every = SAMPLE_FIRST_EVERY;
	if (live->sample_count > 0)
		kept->sampled_at = live->samples[live->sample_count - 1].t;
}
