/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim --seed N [--trace]       one seed
 * sim --seeds FROM..TO         many; some of them twice, to see that nothing slipped in
 * sim --seeds-from FILE        those that once failed
 * sim --scenarios              the named ones
 * sim --mutants [TEXT]         (in the build with them) is each broken guard rail (with TEXT) noticed?
 *
 * A failure prints one line that replays it; exit status 1.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mutant.h"
#include "memory.h"
#include "run.h"
#include "scenario/scenario.h"

#define TWICE_EVERY   32    /* one seed in so many is run twice */
#define RATE_OF_READY 70    /* percent of the wakes that came to an end which end well */
#define RATE_LEAST    1000  /* wakes before the rate says anything */
#define MUTANT_SEEDS  20000 /* each mutant is noticed within so many */

struct sum {
	uint64_t seeds, turns, crashes, commits, readies, fails;
};

static bool
report(uint64_t seed, const char *failure)
{
	if (failure[0] != '\0')
		printf("sim --seed %llu --trace   # %s\n", (unsigned long long)seed, failure);
	return failure[0] == '\0';
}

static bool
try_seed(uint64_t seed, bool trace, struct sum *sum)
{
	struct run_result first, second;

	run_seed(seed, trace, &first);
	sum->seeds++;
	sum->turns += first.turns;
	sum->crashes += first.crashes;
	sum->commits += first.commits;
	sum->readies += first.readies;
	sum->fails += first.fails;
	if (!report(seed, first.failure))
		return false;
	if (seed % TWICE_EVERY != 0 || trace)
		return true;
	run_seed(seed, false, &second);
	return report(seed, first.hash == second.hash ? "" : "two runs of one seed differ");
}

static unsigned
rate(const struct sum *sum)
{
	uint64_t all = sum->readies + sum->fails;

	return all > 0 ? (unsigned)(100 * sum->readies / all) : 100;
}

static bool
rate_is_sane(const struct sum *sum)
{
	return sum->readies + sum->fails < RATE_LEAST || rate(sum) >= RATE_OF_READY;
}

static int
try_seeds(uint64_t from, uint64_t to)
{
	struct sum sum = { 0 };

	for (uint64_t seed = from; seed <= to; seed++) {
		if (!try_seed(seed, false, &sum))
			return 1;
	}
	printf("%llu seeds, %llu turns, %llu commits, %llu crashes, %llu wakes, %u %% of them "
	       "well\n",
	       (unsigned long long)sum.seeds, (unsigned long long)sum.turns,
	       (unsigned long long)sum.commits, (unsigned long long)sum.crashes,
	       (unsigned long long)(sum.readies + sum.fails), rate(&sum));
	if (!rate_is_sane(&sum)) {
		printf("sim --seeds %llu..%llu   # fewer than %d %% of the wakes end well\n",
		       (unsigned long long)from, (unsigned long long)to, RATE_OF_READY);
		return 1;
	}
	return 0;
}

static int
try_file(const char *path)
{
	FILE *file = fopen(path, "r");
	struct sum sum = { 0 };
	char line[256];
	bool good = true;

	if (file == NULL) {
		perror(path);
		return 2;
	}
	while (fgets(line, sizeof line, file) != NULL) {
		if (line[0] >= '0' && line[0] <= '9')
			good = try_seed(strtoull(line, NULL, 10), false, &sum) && good;
	}
	(void)fclose(file);
	printf("%llu seeds that once failed\n", (unsigned long long)sum.seeds);
	return good ? 0 : 1;
}

static int
try_scenarios(bool trace)
{
	int failed = 0;

	for (size_t i = 0; i < scenario_count; i++) {
		struct run_result result;

		scenario_run(&scenarios[i], trace, &result);
		printf("%s %s%s%s\n", result.failure[0] == '\0' ? "ok" : "FAILED",
		       scenarios[i].name, result.failure[0] == '\0' ? "" : ": ", result.failure);
		failed += result.failure[0] != '\0';
	}
	return failed > 0;
}

#ifdef ROOST_MUTANTS
static const char *const mutants[] = {
#define MUTANT_ROW(name, what) [MUTANT_##name] = what,
#include "base/mutant.def"
};

enum mutant mutant_now;

/* An assertion is a way of noticing too: its abort comes back here. */
static sigjmp_buf aborted;

static void
on_abort(int number)
{
	siglongjmp(aborted, number);
}

static bool
live_as(enum mutant mutant)
{
	struct sum sum = { 0 };
	struct run_result result;

	mutant_now = mutant;
	for (uint64_t seed = 1; seed <= MUTANT_SEEDS; seed++) {
		run_seed(seed, false, &result);
		sum.readies += result.readies;
		sum.fails += result.fails;
		if (result.failure[0] != '\0' || !rate_is_sane(&sum)) {
			printf("noticed at seed %llu: %s: %s\n", (unsigned long long)seed,
			       mutants[mutant],
			       result.failure[0] != '\0' ? result.failure
							 : "too few wakes end well");
			return true;
		}
	}
	printf("NOT NOTICED in %d seeds: %s\n", MUTANT_SEEDS, mutants[mutant]);
	return false;
}

static bool
is_noticed(enum mutant mutant)
{
	(void)signal(SIGABRT, on_abort);
	if (sigsetjmp(aborted, 1) == 0)
		return live_as(mutant);
	(void)memory_is_planes(false);
	memory_forget();
	printf("noticed by an assertion: %s\n", mutants[mutant]);
	return true;
}

static int
try_mutants(const char *which)
{
	bool all = true;

	for (enum mutant m = MUTANT_NONE + 1; m < MUTANT_MAX; m++)
		all = (strstr(mutants[m], which) == NULL || is_noticed(m)) && all;
	return all ? 0 : 1;
}
#endif

static int
usage(void)
{
	fprintf(stderr, "usage: sim --seed N [--trace] | --seeds FROM..TO | --seeds-from FILE | "
			"--scenarios [--trace] | --mutants [TEXT]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	bool trace = argc > 2 && strcmp(argv[argc - 1], "--trace") == 0;
	unsigned long long from, to;
	struct sum sum = { 0 };

	memory_begin();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc >= 3 && strcmp(argv[1], "--seed") == 0)
		return try_seed(strtoull(argv[2], NULL, 10), trace, &sum) ? 0 : 1;
	if (argc == 3 && strcmp(argv[1], "--seeds") == 0 &&
	    sscanf(argv[2], "%llu..%llu", &from, &to) == 2)
		return try_seeds(from, to);
	if (argc == 3 && strcmp(argv[1], "--seeds-from") == 0)
		return try_file(argv[2]);
	if (argc >= 2 && strcmp(argv[1], "--scenarios") == 0)
		return try_scenarios(trace);
#ifdef ROOST_MUTANTS
	if (argc >= 2 && strcmp(argv[1], "--mutants") == 0)
		return try_mutants(argc > 2 ? argv[2] : "");
#endif
	return usage();
}
