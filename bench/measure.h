/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MEASURE_H
#define ROOST_MEASURE_H

/* What every load generator measures with: the clock, a process's CPU and memory, percentiles. */

#include <stddef.h>
#include <stdint.h>

uint64_t now_ns(void);
double cpu_seconds(int pid);	/* of all its threads */
double memory_bytes(int pid);	/* resident and its own: no shared pages */

struct samples {
	float *values;
	size_t count, room;
};

void sample_add(struct samples *samples, double value);
/* 0..1; 0 when there are none. Sorts. */
double sample_at(struct samples *samples, double part);

_Noreturn void die(const char *what);

#endif
