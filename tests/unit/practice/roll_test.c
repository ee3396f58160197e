/* SPDX-License-Identifier: Apache-2.0 */
/* Who may come in, from files as a vanilla server has them and by the console's commands. */

#include "../wire/bytes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "practice/inner.h"
#include "practice/roll.h"
#include "sys/files.h"

#define NOTCH "b50ad385-829d-3141-a216-7e7d7539ba7f" /* as offline servers have it */
#define NOW   ((struct instant){ 1000000 })

static int
a_directory_of_its_own(void **state)
{
	char path[] = "/tmp/roost-practice-XXXXXX";

	if (mkdtemp(path) == NULL || chdir(path) != 0)
		return -1;
	*state = text_copy(path);
	return 0;
}

static int
it_goes(void **state)
{
	static const char *const files[] = { "whitelist.json", "ops.json", "banned-players.json",
					     "banned-ips.json", "server.properties" };

	for (size_t i = 0; i < ELEMENTS(files); i++)
		(void)unlink(files[i]);
	(void)!chdir("/");
	(void)rmdir(*state);
	mem_free(*state);
	return 0;
}

static void
put(const char *file, const char *text)
{
	assert_int_equal(file_write(AT_FDCWD, file, text, strlen(text), FILE_SURVIVES_PROCESS), 0);
}

static bool
may_come(const struct practice *practice, const char *name, const char *ip)
{
	unsigned char uuid[16];
	char text[UUID_TEXT_SIZE], why[256];

	offline_uuid(name, uuid);
	uuid_text(uuid, text);
	return !rolls_refuse(&practice->rolls, text, ip, why, sizeof why);
}

static void
a_name_has_the_uuid_that_offline_servers_give_it(void **unused)
{
	unsigned char uuid[16];
	char text[UUID_TEXT_SIZE];

	(void)unused;
	offline_uuid("Notch", uuid);
	uuid_text(uuid, text);
	assert_string_equal(text, NOTCH);
}

static void
commands_say_who_may_and_the_files_keep_it(void **unused)
{
	struct practice practice = { 0 }, again = { 0 };

	(void)unused;
	rolls_read(&practice.rolls);
	assert_true(may_come(&practice, "Notch", "192.0.2.1"));
	console_run(&practice, "ban Notch for the lava", NOW);
	console_run(&practice, "ban-ip 192.0.2.7", NOW);
	console_run(&practice, "ban-ip nowhere", NOW);
	console_run(&practice, "op Wren", NOW);
	console_run(&practice, "whitelist add Robin", NOW);
	rolls_read(&again.rolls);
	assert_false(may_come(&again, "Notch", "192.0.2.1"));
	assert_true(may_come(&again, "notch", "192.0.2.1"));
	assert_false(may_come(&again, "Robin", "192.0.2.7"));
	assert_true(may_come(&again, "Stranger", "192.0.2.1"));
	console_run(&again, "whitelist on", NOW);
	assert_false(may_come(&again, "Stranger", "192.0.2.1"));
	assert_true(may_come(&again, "Robin", "192.0.2.1"));
	assert_true(may_come(&again, "Wren", "192.0.2.1"));
	console_run(&again, "pardon Notch", NOW);
	console_run(&again, "whitelist remove Robin", NOW);
	console_run(&again, "whitelist off", NOW);
	assert_true(may_come(&again, "Notch", "192.0.2.1"));
	rolls_deinit(&practice.rolls);
	rolls_deinit(&again.rolls);
}

static void
files_of_others_are_read_and_a_ban_may_end(void **unused)
{
	struct practice practice = { 0 };

	(void)unused;
	put("server.properties", "motd=x\nwhite-list=true\n");
	put("whitelist.json", "[{\"uuid\":\"" NOTCH "\",\"name\":\"Notch\"}]");
	put("banned-players.json", "[{\"uuid\":\"" NOTCH "\",\"name\":\"Notch\","
				   "\"expires\":\"2020-01-01 00:00:00 +0000\"}]");
	put("ops.json", "no JSON");
	rolls_read(&practice.rolls);
	assert_true(may_come(&practice, "Notch", "192.0.2.1"));
	assert_false(may_come(&practice, "Robin", "192.0.2.1"));
	put("whitelist.json", "[]");
	assert_true(may_come(&practice, "Notch", "192.0.2.1"));
	console_run(&practice, "whitelist reload", NOW);
	assert_false(may_come(&practice, "Notch", "192.0.2.1"));
	rolls_deinit(&practice.rolls);
}

static void
saving_makes_the_console_wait_unless_it_never_ends(void **unused)
{
	struct practice practice = { .is_ready = true };

	(void)unused;
	practice.options.slow_save = DURATION_S(5);
	console_run(&practice, "save-off", NOW);
	assert_true(practice.is_save_off);
	console_run(&practice, "save-all flush", NOW);
	assert_true(save_is_on(&practice));
	assert_int_equal(save_due(&practice).ms, NOW.ms + 5000);
	save_tick(&practice, instant_add(NOW, DURATION_MS(4999)));
	assert_true(save_is_on(&practice));
	save_tick(&practice, save_due(&practice));
	assert_false(save_is_on(&practice));
	practice.options.never_saves = true;
	console_run(&practice, "save-all", NOW);
	assert_false(save_is_on(&practice));
	console_run(&practice, "save-on", NOW);
	assert_false(practice.is_save_off);
}

#define TRIED(test) cmocka_unit_test_setup_teardown(test, a_directory_of_its_own, it_goes)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_the_uuid_that_offline_servers_give_it),
		TRIED(commands_say_who_may_and_the_files_keep_it),
		TRIED(files_of_others_are_read_and_a_ban_may_end),
		TRIED(saving_makes_the_console_wait_unless_it_never_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
