/* SPDX-License-Identifier: Apache-2.0 */
/* The clock, a process's CPU and memory as the kernel has them, percentiles. */

#include "measure.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"

void
die(const char *what)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double
cpu_seconds(int pid)
{
	char path[300];
	double total = 0;
	struct dirent *entry;
	DIR *tasks;

	(void)snprintf(path, sizeof path, "/proc/%d/task", pid);
	tasks = opendir(path);
	if (tasks == NULL)
		die("the proxy is gone");
	while ((entry = readdir(tasks)) != NULL) {
		unsigned long long ns = 0;
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, entry->d_name);
		file = fopen(path, "re");
		if (file == NULL)
			continue;
		if (fscanf(file, "%llu", &ns) == 1)
			total += (double)ns / 1e9;
		(void)fclose(file);
	}
	(void)closedir(tasks);
	return total;
}

double
memory_bytes(int pid)
{
	char path[64], line[256];
	double total = 0, kib;
	FILE *file;

	(void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
	file = fopen(path, "re");
	if (file == NULL)
		die("the proxy's memory");
	while (fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "Private_Dirty: %lf kB", &kib) == 1 ||
		    sscanf(line, "Private_Clean: %lf kB", &kib) == 1)
			total += kib * 1024;
	}
	(void)fclose(file);
	return total;
}

void
sample_add(struct samples *samples, double value)
{
	if (samples->count == samples->room) {
		samples->room = samples->room == 0 ? 65536 : samples->room * 2;
		samples->values = mem_resize(samples->values, samples->room * sizeof(float));
	}
	samples->values[samples->count++] = (float)value;
}

static int
compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

double
sample_at(struct samples *samples, double part)
{
	if (samples->count == 0)
		return 0;
	qsort(samples->values, samples->count, sizeof(float), compare);
	return samples->values[(size_t)(part * (double)(samples->count - 1))];
}
