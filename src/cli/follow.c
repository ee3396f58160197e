/* SPDX-License-Identifier: Apache-2.0 */
/* Following the feed across restarts of the daemon: see the header. */

#include "cli/follow.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli/sse.h"

#define FIRST_PAUSE_MS	 250
#define LONGEST_PAUSE_MS 5000

struct following {
	const struct follower *follower;
	struct sse sse;
	bool opened, open_now, enough;
};

static bool
on_open(void *argument)
{
	struct following *f = argument;
	bool again = f->opened;

	sse_again(&f->sse);
	f->opened = f->open_now = true;
	if (f->follower->on_open != NULL && !f->follower->on_open(f->follower->argument, again))
		f->enough = true;
	return !f->enough;
}

static void
on_sse(void *argument, const struct sse_event *event)
{
	struct following *f = argument;
	CLEANUP(json_freep) json_t *json = json_loads(event->data, 0, NULL);

	if (!f->enough && !f->follower->on_event(f->follower->argument, event->type, json))
		f->enough = true;
}

static bool
on_bytes(void *argument, const char *bytes, size_t length)
{
	struct following *f = argument;

	sse_feed(&f->sse, bytes, length, on_sse, f);
	return !f->enough;
}

static bool
on_second(void *argument)
{
	struct following *f = argument;

	if (f->follower->on_second != NULL && !f->follower->on_second(f->follower->argument))
		f->enough = true;
	return !f->enough;
}

/* Wait before trying again, still ticking. */
static void
pause_for(struct following *f, int ms)
{
	while (ms > 0 && !f->enough) {
		int slice = ms < 1000 ? ms : 1000;

		(void)poll(NULL, 0, slice);
		ms -= slice;
		(void)on_second(f);
	}
}

int
follow(struct client *client, const char *path, const char *after, const struct follower *follower)
{
	struct following f = { .follower = follower };
	const struct stream_reader reader = { on_open, on_bytes, on_second, &f };
	int pause = FIRST_PAUSE_MS, status = EXIT_DONE;
	bool lost = false;

	if (after != NULL)
		(void)text_put(f.sse.id, sizeof f.sse.id, after);
	while (!f.enough) {
		struct answer answer;
		enum stream_end end;

		f.open_now = false;
		end = client_stream(client, path, f.sse.id, &reader, &answer);

		if (end == STREAM_REFUSED || (end == STREAM_ENDED && !f.opened)) {
			status = refused("%s", answer.problem);
			f.enough = true;
		}
		answer_deinit(&answer);
		if (f.enough || end == STREAM_STOPPED)
			break;
		/* A stream that ends is nothing (the daemon renews them); one that does not come back is. */
		if (f.open_now)
			pause = FIRST_PAUSE_MS;
		else if (!lost && follower->on_lost != NULL)
			follower->on_lost(follower->argument);
		lost = !f.open_now;
		pause_for(&f, pause);
		pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2 : LONGEST_PAUSE_MS;
	}
	sse_deinit(&f.sse);
	return status;
}
