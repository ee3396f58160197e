/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it takes to tell SUBSCRIBERS of an event, with PUBLISHERS events under way
 * at once: deliveries a second, CPU for each, and when the last one heard.
 */

#include <stdio.h>

#include "crowd.h"

int
main(int argc, char **argv)
{
	static struct crowd crowd;
	uint64_t begun, delivered;
	double cpu, took;

	crowd_start(&crowd, argc, argv);
	crowd_grow(&crowd, crowd.wanted);
	crowd_publishers(&crowd, crowd.publishing);
	/* The first round warms caches and pools; it is not counted. */
	for (unsigned i = 0; i < crowd.publishing; i++)
		publish(&crowd, &crowd.publishers[i]);
	crowd_settle(&crowd);
	crowd.last.count = 0;
	crowd.bytes = 0;
	delivered = crowd.delivered;
	cpu = cpu_seconds(crowd.pid);
	begun = now_ns();
	for (unsigned i = 0; i < crowd.publishing; i++)
		publish(&crowd, &crowd.publishers[i]);
	crowd_listen(&crowd, begun + (uint64_t)(crowd.seconds * 1e9), true);
	crowd_settle(&crowd);
	took = (double)(now_ns() - begun) / 1e9;
	cpu = cpu_seconds(crowd.pid) - cpu;
	delivered = crowd.delivered - delivered;
	printf("per_s=%.0f cpu_s_per_million=%.3f last_p50_ms=%.3f last_p99_ms=%.3f "
	       "bytes_each=%.0f\n",
	       (double)delivered / took, cpu * 1e6 / (double)delivered, sample_at(&crowd.last, 0.5),
	       sample_at(&crowd.last, 0.99), (double)crowd.bytes / (double)delivered);
	return 0;
}
