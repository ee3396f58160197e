/* SPDX-License-Identifier: Apache-2.0 */
/* From a host to a server: the order of patterns, walked whole. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/route.h"

static void
assert_cleaned(const char *raw, size_t length, const char *want)
{
	char host[HOST_MAX + 1];

	assert_true(route_clean(raw, length, host));
	assert_string_equal(host, want);
}

#define CLEANED(raw, want) assert_cleaned(raw, sizeof(raw) - 1, want)

static void
what_hangs_behind_a_host_is_cut_off(void **unused)
{
	(void)unused;
	CLEANED("mc.example", "mc.example");
	CLEANED("MC.Example.", "mc.example");
	CLEANED("mc.example..", "mc.example.");
	CLEANED("mc.example\0FML\0", "mc.example");
	CLEANED("mc.example.\0FML2\0", "mc.example");
	CLEANED("mc.example\0FORGE", "mc.example");
	CLEANED("mc.example\0"
		"192.0.2.1\0"
		"0123\0[]",
		"mc.example");
	CLEANED("mc.example///192.0.2.1:1///1700000000", "mc.example");
	CLEANED("mc.example.///192.0.2.1:1", "mc.example");
	CLEANED("mc.example\\\\x", "mc.example");
	CLEANED("a//b", "a//b");
	CLEANED("a\\b", "a\\b");
	CLEANED("", "");
	CLEANED(".", "");
	CLEANED("\0FML\0", "");
	CLEANED("127.0.0.1", "127.0.0.1");
}

static void
a_host_that_is_no_name_is_nobodys(void **unused)
{
	char host[HOST_MAX + 1], longest[HOST_MAX + 2];

	(void)unused;
	assert_false(route_clean("a b", 3, host));
	assert_false(route_clean("a\x1b[31m", 6, host));
	assert_string_equal(host, "a?[31m");
	assert_false(route_clean("\xc3\xa9", 2, host));
	memset(longest, 'a', sizeof longest);
	assert_true(route_clean(longest, HOST_MAX, host));
	assert_int_equal(strlen(host), HOST_MAX);
	assert_false(route_clean(longest, HOST_MAX + 1, host));
	assert_int_equal(strlen(host), HOST_MAX);
}

static struct gate_table *
table_of(size_t count, const char *const *const *hosts)
{
	struct gate_table *table = gate_table_new(count);

	for (size_t i = 0; i < count; i++) {
		size_t n = 0;

		while (hosts[i][n] != NULL)
			n++;
		table->servers[i].hosts = mem_new_array(n + 1, sizeof(char *));
		for (size_t h = 0; h < n; h++)
			table->servers[i].hosts[h] = text_copy(hosts[i][h]);
	}
	route_prepare(table);
	return table;
}

/* The rule again, in the plainest words: for each pattern how well it fits. */
static int
fit(const char *pattern, const char *host)
{
	if (strcmp(pattern, "*") == 0)
		return 1;
	if (pattern[0] == '*' && pattern[1] == '.')
		return text_ends_with(host, pattern + 1) && strlen(host) > strlen(pattern + 1)
			       ? 1 + (int)strlen(pattern)
			       : 0;
	return strcmp(pattern, host) == 0 ? 1000 : 0;
}

static const struct gate_server *
find_plainly(const struct gate_table *table, const char *host)
{
	const struct gate_server *best = NULL;
	int best_fit = 0;

	for (size_t i = 0; i < table->server_count; i++) {
		for (char **pattern = table->servers[i].hosts; *pattern != NULL; pattern++) {
			int is = fit(*pattern, host);

			if (is > best_fit) {
				best_fit = is;
				best = &table->servers[i];
			}
		}
	}
	return best;
}

static const char *const patterns[] = { "a.b.c", "b.c", "c", "*.b.c", "*.c", "*", "x.b.c" };
static const char *const hosts[] = { "a.b.c", "b.c",  "c",	 "x.b.c", "x.y.b.c", "x.c",
				     "d",     "",     ".b.c",	 ".c",	  "*.b.c",   "*",
				     "abc",   "ab.c", "a.b.c.d", ".",	  "a..c",    "x.a.b.c" };

/* Every set of patterns, each with a server of its own, in both orders, for every host. */
static void
the_best_pattern_wins_whatever_is_declared(void **unused)
{
	(void)unused;
	for (unsigned set = 0; set < 1u << ELEMENTS(patterns); set++) {
		for (unsigned reversed = 0; reversed < 2; reversed++) {
			const char *lists[ELEMENTS(patterns)][2] = { { NULL } };
			const char *const *all[ELEMENTS(patterns)];
			size_t count = 0;

			for (size_t i = 0; i < ELEMENTS(patterns); i++) {
				size_t p = reversed ? ELEMENTS(patterns) - 1 - i : i;

				if ((set & 1u << p) == 0)
					continue;
				lists[count][0] = patterns[p];
				all[count] = lists[count];
				count++;
			}
			struct gate_table *table = table_of(count, all);

			for (size_t h = 0; h < ELEMENTS(hosts); h++)
				assert_ptr_equal(route_find(table, hosts[h]),
						 find_plainly(table, hosts[h]));
			gate_table_unref(table);
		}
	}
}

static void
of_two_servers_with_one_pattern_the_first_has_it(void **unused)
{
	static const char *const same[] = { "a.b.c", "*.c", "*", NULL };
	static const char *const *const both[] = { same, same };
	struct gate_table *table = table_of(2, both);

	(void)unused;
	assert_ptr_equal(route_find(table, "a.b.c"), &table->servers[0]);
	assert_ptr_equal(route_find(table, "z.c"), &table->servers[0]);
	assert_ptr_equal(route_find(table, "q"), &table->servers[0]);
	gate_table_unref(table);
}

static void
a_server_without_hosts_is_never_found(void **unused)
{
	struct gate_table *table = gate_table_new(1);

	(void)unused;
	route_prepare(table);
	route_prepare(table);
	assert_null(route_find(table, ""));
	assert_null(route_find(table, "a.b"));
	gate_table_unref(table);
}

static void
a_full_table_finds_every_host(void **unused)
{
	struct gate_table *table = gate_table_new(SERVERS_LIMIT);
	char host[64];

	(void)unused;
	for (size_t i = 0; i < SERVERS_LIMIT; i++) {
		table->servers[i].hosts = mem_new_array(SERVER_HOSTS_LIMIT + 1, sizeof(char *));
		for (unsigned h = 0; h < SERVER_HOSTS_LIMIT; h++)
			table->servers[i].hosts[h] = text_format(
				h % 2 ? "h%u.s%zu.example" : "*.h%u.s%zu.example", h, i);
	}
	route_prepare(table);
	for (size_t i = 0; i < SERVERS_LIMIT; i++) {
		for (unsigned h = 0; h < SERVER_HOSTS_LIMIT; h++) {
			(void)snprintf(host, sizeof host,
				       h % 2 ? "h%u.s%zu.example" : "any.h%u.s%zu.example", h, i);
			assert_ptr_equal(route_find(table, host), &table->servers[i]);
		}
	}
	assert_null(route_find(table, "h1.s1000.example"));
	gate_table_unref(table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_hangs_behind_a_host_is_cut_off),
		cmocka_unit_test(a_host_that_is_no_name_is_nobodys),
		cmocka_unit_test(the_best_pattern_wins_whatever_is_declared),
		cmocka_unit_test(of_two_servers_with_one_pattern_the_first_has_it),
		cmocka_unit_test(a_server_without_hosts_is_never_found),
		cmocka_unit_test(a_full_table_finds_every_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
