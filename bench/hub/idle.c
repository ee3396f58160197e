/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SUBSCRIBERS cost while nothing happens: the hub's own memory for each, its
 * CPU to let one in, and what a small request costs beside them.
 */

#include <poll.h>
#include <stdio.h>

#include "crowd.h"

#define WARM	 200 /* pay for code and tables, and are not counted */
#define REQUESTS 4000

int
main(int argc, char **argv)
{
	static struct crowd crowd;
	static struct samples requests;
	double before, after, entering, cpu;
	int fd;

	crowd_start(&crowd, argc, argv);
	crowd_grow(&crowd, WARM);
	before = memory_bytes(crowd.pid);
	entering = cpu_seconds(crowd.pid);
	crowd_grow(&crowd, crowd.wanted);
	entering = cpu_seconds(crowd.pid) - entering;
	(void)poll(NULL, 0, 500);
	after = memory_bytes(crowd.pid);
	cpu = cpu_seconds(crowd.pid);
	(void)poll(NULL, 0, (int)(crowd.seconds * 1000));
	cpu = cpu_seconds(crowd.pid) - cpu;
	printf("bytes_each=%.0f enter_cpu_us=%.1f idle_cpu_percent=%.2f ",
	       (after - before) / crowd.wanted, entering * 1e6 / crowd.wanted,
	       cpu * 100 / crowd.seconds);
	fd = hub_connect(&crowd);
	cpu = cpu_seconds(crowd.pid);
	for (unsigned i = 0; i < REQUESTS; i++)
		sample_add(&requests, hub_request(&crowd, fd));
	cpu = cpu_seconds(crowd.pid) - cpu;
	printf("request_cpu_us=%.2f request_p50_ms=%.3f\n", cpu * 1e6 / REQUESTS,
	       sample_at(&requests, 0.5));
	return 0;
}
