/* SPDX-License-Identifier: Apache-2.0 */
/* Made when first wanted, kept while empty, closed when given back with bytes in them. */

#include "relay/pipes.h"

#include <fcntl.h>
#include <unistd.h>

#define PIPE_SIZE 262144 /* a wish; the kernel gives less to the unprivileged when it is short */

static bool
pair_open(struct pipe_pair *pair)
{
	int ends[2];

	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
		return false;
	pair->out = ends[0];
	pair->in = ends[1];
	pair->bytes = 0;
	(void)fcntl(pair->in, F_SETPIPE_SZ, PIPE_SIZE); /* smaller is slower, not wrong */
	return true;
}

static bool
pair_is_open(const struct pipe_pair *pair)
{
	return pair->in > 0;
}

struct pipe_pair *
pipes_take(struct pipes *pipes)
{
	struct pipe_pair *pair = pipes->free;

	if (pair == NULL && pipes->made < RELAY_PIPES_LIMIT) {
		pair = &pipes->pairs[pipes->made++];
		pair->next = NULL;
		pipes->free = pair;
	}
	if (pair == NULL || (!pair_is_open(pair) && !pair_open(pair)))
		return NULL;
	pipes->free = pair->next;
	return pair;
}

void
pipes_give(struct pipes *pipes, struct pipe_pair *pair)
{
	if (pair->bytes > 0) {
		(void)close(pair->in);
		(void)close(pair->out);
		*pair = (struct pipe_pair){ 0 };
	}
	pair->next = pipes->free;
	pipes->free = pair;
}

void
pipes_deinit(struct pipes *pipes)
{
	for (unsigned i = 0; i < pipes->made; i++) {
		if (!pair_is_open(&pipes->pairs[i]))
			continue;
		(void)close(pipes->pairs[i].in);
		(void)close(pipes->pairs[i].out);
	}
	*pipes = (struct pipes){ 0 };
}
