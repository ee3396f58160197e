/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sys/chance.h"
#include "sys/secrets.h"

struct heard {
	bool inside; /* a call to the port is under way */
	size_t count;
	struct reply last;
};

static void
on_fact(void *argument, const struct fact *fact)
{
	struct heard *heard = argument;

	assert_false(heard->inside);
	assert_int_equal(fact->kind, FACT_REPLY);
	reply_deinit(&heard->last);
	heard->last = fact->as.reply;
	heard->count++;
}

static void
wait_for(uv_loop_t *loop, struct heard *heard, size_t count)
{
	while (heard->count < count)
		(void)uv_run(loop, UV_RUN_ONCE);
}

static void
check(struct secrets_port *port, struct heard *heard, const char *hash, const char *password)
{
	heard->inside = true;
	port->check_password(port, (struct ticket){ 7 }, hash, password);
	heard->inside = false;
}

static void
a_password_is_known_again_and_another_is_not(void **unused)
{
	struct heard heard = { 0 };
	uv_loop_t loop;
	struct secrets_port *port;
	CLEANUP(text_freep) char *hash = NULL;
	char long_password[PASSWORD_LIMIT + 2];

	(void)unused;
	assert_int_equal(uv_loop_init(&loop), 0);
	port = secrets_new(&loop, on_fact, &heard);
	heard.inside = true;
	port->hash_password(port, (struct ticket){ 5 }, "correct horse");
	heard.inside = false;
	wait_for(&loop, &heard, 1);
	assert_int_equal(heard.last.ticket.v, 5);
	assert_int_equal(heard.last.holds, REPLY_TEXT);
	assert_true(text_starts_with(heard.last.as.text, "$argon2id$"));
	hash = text_copy(heard.last.as.text);

	check(port, &heard, hash, "correct horse");
	wait_for(&loop, &heard, 2);
	assert_true(heard.last.holds == REPLY_YES_OR_NO && heard.last.as.yes);
	check(port, &heard, hash, "correct horsf");
	wait_for(&loop, &heard, 3);
	assert_true(heard.last.holds == REPLY_YES_OR_NO && !heard.last.as.yes);
	check(port, &heard, "not a hash", "correct horse");
	wait_for(&loop, &heard, 4);
	assert_true(heard.last.holds == REPLY_YES_OR_NO && !heard.last.as.yes);

	memset(long_password, 'x', sizeof long_password - 1);
	long_password[sizeof long_password - 1] = '\0';
	check(port, &heard, hash, long_password);
	wait_for(&loop, &heard, 5);
	assert_int_equal(heard.last.result, REPLY_REFUSED);

	/* Freed while one is being checked: nothing comes, nothing leaks. */
	check(port, &heard, hash, "correct horse");
	secrets_free(port);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(heard.count, 5);
	reply_deinit(&heard.last);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void
a_digest_is_sha_256(void **unused)
{
	struct heard heard = { 0 };
	uv_loop_t loop;
	struct secrets_port *port;
	char text[DIGEST_TEXT_SIZE];

	(void)unused;
	assert_int_equal(uv_loop_init(&loop), 0);
	port = secrets_new(&loop, on_fact, &heard);
	port->digest(port, "abc", text); /* FIPS 180-2, appendix B.1 */
	assert_string_equal(text,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	secrets_free(port);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void
chance_does_not_repeat(void **unused)
{
	struct chance_port *chance = sys_chance();
	unsigned char a[32], b[32];

	(void)unused;
	chance->fill(chance, a, sizeof a);
	chance->fill(chance, b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_known_again_and_another_is_not),
		cmocka_unit_test(a_digest_is_sha_256),
		cmocka_unit_test(chance_does_not_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
