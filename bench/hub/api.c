/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a small request takes while five events a second go to SUBSCRIBERS:
 * asked from a process of its own, so that the crowd's own work does not stand between.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crowd.h"

#define EVERY_NS 200000000u

static void
ask(const struct crowd *crowd, unsigned seconds)
{
	static struct samples samples;
	uint64_t until = now_ns() + (uint64_t)seconds * 1000000000u;
	int fd = hub_connect(crowd);

	while (now_ns() < until) {
		sample_add(&samples, hub_request(crowd, fd));
		(void)poll(NULL, 0, 2);
	}
	printf("p50_ms=%.3f p99_ms=%.3f max_ms=%.3f\n", sample_at(&samples, 0.5),
	       sample_at(&samples, 0.99), sample_at(&samples, 1));
}

int
main(int argc, char **argv)
{
	static struct crowd crowd;
	uint64_t until;
	pid_t child;

	crowd_start(&crowd, argc, argv);
	crowd_grow(&crowd, crowd.wanted);
	crowd_publishers(&crowd, 1);
	child = fork();
	if (child == 0) {
		ask(&crowd, (unsigned)crowd.seconds);
		exit(0);
	}
	until = now_ns() + (uint64_t)(crowd.seconds * 1e9);
	while (now_ns() < until) {
		uint64_t next = now_ns() + EVERY_NS;

		publish(&crowd, &crowd.publishers[0]);
		crowd_settle(&crowd);
		crowd_listen(&crowd, next, false);
	}
	return waitpid(child, NULL, 0) == child ? 0 : 1;
}
