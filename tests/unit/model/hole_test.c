/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/hole.h"
#include "model/pattern.h"

#define VALUES                                                                              \
	"{\"name\":\"survival\",\"n\":7,\"yes\":true,\"memory\":\"2GiB\",\"wait\":\"90s\"," \
	"\"motd\":\"a ${n} & b/?c\",\"dots\":\"..\",\"pass\":{\"secret_file\":\"/etc/secret\"}}"

static json_t *
fill(const char *text)
{
	CLEANUP(json_freep) json_t *values = json_loads(VALUES, 0, NULL);
	char why[REASON_LIMIT + 1] = "";

	assert_non_null(values);
	return hole_fill(text, values, HOLE_PLAIN, why);
}

static void
assert_filled(const char *text, const char *expected)
{
	CLEANUP(json_freep) json_t *is = fill(text);
	CLEANUP(text_freep) char *written = is != NULL ? json_text(is) : NULL;

	if (!text_equal(written, expected))
		fail_msg("%s became %s, not %s", text, written != NULL ? written : "nothing",
			 expected);
}

static void
a_hole_becomes_its_value_and_alone_its_type(void **unused)
{
	(void)unused;
	assert_filled("${n}", "7");
	assert_filled("n=${n}", "\"n=7\"");
	assert_filled("${yes}", "true");
	assert_filled("${yes}${yes}", "\"truetrue\"");
	assert_filled("", "\"\"");
	assert_filled("no hole, $5 and a } {", "\"no hole, $5 and a } {\"");
	assert_filled("$", "\"$\"");
	assert_filled("$$", "\"$$\"");
	assert_filled("$${n}", "\"${n}\"");
	assert_filled("$$${n}", "\"$${n}\"");
}

static void
sizes_and_durations_are_counted_in_units(void **unused)
{
	(void)unused;
	assert_filled("-Xmx${memory.MiB}M", "\"-Xmx2048M\"");
	assert_filled("${memory.GiB}", "2");
	assert_filled("${memory}", "\"2GiB\"");
	assert_filled("${wait.s}", "90");
	assert_filled("${wait.m}", "1");
}

static void
what_comes_out_of_a_hole_makes_no_other(void **unused)
{
	(void)unused;
	assert_filled("${motd}", "\"a ${n} & b/?c\"");
	assert_filled("${motd}${n}", "\"a ${n} & b/?c7\"");
}

static void
what_cannot_be_filled_is_refused(void **unused)
{
	static const char *const bad[] = { "${",	  "${}",	 "a ${n",  "${N}",
					   "${n.MiB}",	  "${wait.MiB}", "${a b}", "${pass}",
					   "x${pass}",	  "${other}",	 "${n.}",  "${.s}",
					   "${memory.MB}" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_null(fill(bad[i]));
}

static void
a_value_cannot_change_an_address(void **unused)
{
	CLEANUP(json_freep) json_t *values = json_loads(VALUES, 0, NULL);
	char why[REASON_LIMIT + 1];
	CLEANUP(text_freep)
	char *part = hole_fill_text("https://a.test/${motd}/x?q=${n}", values, HOLE_OF_URL, why);
	CLEANUP(text_freep) char *whole = hole_fill_text("${motd}", values, HOLE_OF_URL, why);

	(void)unused;
	assert_string_equal(part, "https://a.test/a%20%24%7Bn%7D%20%26%20b%2F%3Fc/x?q=7");
	assert_string_equal(whole, "a ${n} & b/?c");
	assert_null(hole_fill_text("https://a.test/${dots}/x", values, HOLE_OF_URL, why));
}

static void
the_place_of_what_cannot_be_filled_is_told(void **unused)
{
	CLEANUP(json_freep) json_t *values = json_loads(VALUES, 0, NULL);
	CLEANUP(json_freep)
	json_t *from = json_loads("{\"a/b\":[1,{\"c\":\"${none}\"}],\"d\":\"${n}\"}", 0, NULL);
	char pointer[HOLE_POINTER_SIZE], why[REASON_LIMIT + 1];

	(void)unused;
	assert_null(holes_fill(from, values, pointer, why));
	assert_string_equal(pointer, "/a~1b/1/c");
}

static void
patterns_are_bounded(void **unused)
{
	static const char *const bad[] = {
		"(",
		"[",
		"a{2000}",
		"((a{100}){100})",
		"(a)\\1",
		"x{1,1001}",
		"a+++++++++++++++++++++++++++++++",
		"a**",
		"a+?",
		"a{2}{3}",
		"(((((a*)*)*)*)*)",
		"((((((((((a*)b)c)*d)*e)*f)*g)*h)*",
		"((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+",
		"(a{1,40}b){1,40}{2}",
		"[]+*{]{1000}[[:alpha:]]{1000}x",
		"((((((((((((((((((((((((((((((((((((((((((((((((((((((("
	};
	static const char *const good[] = {
		"[A-Za-z0-9_.-]{1,64}@[a-z0-9-]{1,63}(\\.[a-z0-9-]{1,63})+",
		"(a+b+)+c+",
		"[]+*{]{1000}",
		"\\+\\{\\(+",
		"([0-9]{1,3}\\.){3}[0-9]{1,3}(:[0-9]{1,5})?",
		"[[.-.]{]{2,3}",
		"((((a*)+b)?c){2}d)e+",
		"(a*)(b*)(c*)(d*)(e*)(f*)",
	};
	char why[REASON_LIMIT + 1];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		if (pattern_is_valid(bad[i], why))
			fail_msg("%s was accepted", bad[i]);
	}
	for (size_t i = 0; i < ELEMENTS(good); i++) {
		if (!pattern_is_valid(good[i], why))
			fail_msg("%s: %s", good[i], why);
	}
	assert_true(pattern_is_valid("latest|[0-9]+(\\.[0-9]+){1,3}", why));
	assert_true(pattern_matches("a|b", "b"));
	assert_false(pattern_matches("a|b", "ab"));
	assert_false(pattern_matches("[a-z]+", "ab c"));
}

static void
a_pattern_finds_its_first_group(void **unused)
{
	CLEANUP(text_freep)
	char *found = pattern_find("version \"([0-9]+)", "openjdk version \"21.0.5\" 2024");

	(void)unused;
	assert_string_equal(found, "21");
	assert_null(pattern_find("version \"([0-9]+)", "nothing"));
	assert_null(pattern_find("nothing", "nothing"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hole_becomes_its_value_and_alone_its_type),
		cmocka_unit_test(sizes_and_durations_are_counted_in_units),
		cmocka_unit_test(what_comes_out_of_a_hole_makes_no_other),
		cmocka_unit_test(what_cannot_be_filled_is_refused),
		cmocka_unit_test(a_value_cannot_change_an_address),
		cmocka_unit_test(the_place_of_what_cannot_be_filled_is_told),
		cmocka_unit_test(patterns_are_bounded),
		cmocka_unit_test(a_pattern_finds_its_first_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
