/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/md5.h"
#include "game/player_uuid.h"

static void
md5_is_as_its_rfc_has_it(void **unused)
{
	/* RFC 1321 §A.5, and both sides of where the padding needs a block of its own. */
	static const struct {
		const char *text, *digest;
	} known[] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "a", "0cc175b9c0f1b6a831c399e269772661" },
		{ "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		  "d174ab98d277d9f5a5611c2c9f419d9f" },
		{ "1234567890123456789012345678901234567890123456789012345678901234567890123456789"
		  "0",
		  "57edf4a22be3c955ac49da2e2107b67a" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "ef1772b6dff9a122358552954ad0df65" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "3b0c8ac703f828b04c6c197006d17218" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(known); i++) {
		unsigned char digest[MD5_SIZE];
		char text[2 * MD5_SIZE + 1];

		md5(known[i].text, strlen(known[i].text), digest);
		for (size_t j = 0; j < MD5_SIZE; j++)
			(void)snprintf(text + 2 * j, 3, "%02x", digest[j]);
		assert_string_equal(text, known[i].digest);
	}
}

static void
an_offline_uuid_follows_from_the_name_as_it_is_written(void **unused)
{
	char uuid[PLAYER_UUID_SIZE];

	(void)unused;
	player_uuid_offline("Notch", uuid);
	assert_string_equal(uuid, "b50ad385-829d-3141-a216-7e7d7539ba7f");
	player_uuid_offline("notch", uuid);
	assert_string_not_equal(uuid, "b50ad385-829d-3141-a216-7e7d7539ba7f");
	assert_int_equal(uuid[14], '3');
	assert_non_null(strchr("89ab", uuid[19]));
}

static void
a_uuid_is_read_with_dashes_and_without(void **unused)
{
	static const char right[] = "069a79f4-44e9-4726-a5be-fca90e38aaf5";
	static const char *const wrong[] = {
		"",
		"069a79f444e94726a5befca90e38aaf",
		"069a79f444e94726a5befca90e38aafg",
		"069a79f4-44e9-4726-a5be-fca90e38aaf",
		"069a79f4-44e9-4726-a5befca90e38aaf5--",
		"069a79f4+44e9+4726+a5be+fca90e38aaf5",
		"069a79f4-44e9-4726-a5be-fca90e38aaf5 ",
	};
	char uuid[PLAYER_UUID_SIZE];

	(void)unused;
	assert_true(player_uuid_parse(right, uuid));
	assert_string_equal(uuid, right);
	assert_true(player_uuid_parse("069A79F444E94726A5BEFCA90E38AAF5", uuid));
	assert_string_equal(uuid, right);
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(player_uuid_parse(wrong[i], uuid));
}

static void
mojang_is_asked_for_many_names_and_those_it_does_not_tell_are_none(void **unused)
{
	static const char *const names[] = { "Notch", "jeb_" };
	static const char answer[] = "[{\"id\":\"069a79f444e94726a5befca90e38aaf5\",\"name\":"
				     "\"Notch\"},{\"id\":\"x\",\"name\":\"Evil\"},{\"id\":"
				     "\"069a79f444e94726a5befca90e38aaf5\",\"name\":\"a b\"},7]";
	struct profile profiles[PROFILES_AT_ONCE];
	char *question = profiles_question(names, 2);
	size_t count;

	(void)unused;
	assert_string_equal(question, "[\"Notch\",\"jeb_\"]");
	mem_free(question);
	assert_true(profiles_parse(answer, strlen(answer), profiles, &count));
	assert_int_equal(count, 1);
	assert_string_equal(profiles[0].name, "Notch");
	assert_string_equal(profiles[0].uuid, "069a79f4-44e9-4726-a5be-fca90e38aaf5");
	for (size_t length = 0; length < strlen(answer); length++)
		assert_false(profiles_parse(answer, length, profiles, &count));
	assert_true(profiles_parse("[]", 2, profiles, &count));
	assert_int_equal(count, 0);
	assert_false(profiles_parse("{}", 2, profiles, &count));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5_is_as_its_rfc_has_it),
		cmocka_unit_test(an_offline_uuid_follows_from_the_name_as_it_is_written),
		cmocka_unit_test(a_uuid_is_read_with_dashes_and_without),
		cmocka_unit_test(
			mojang_is_asked_for_many_names_and_those_it_does_not_tell_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
