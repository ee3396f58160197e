/* SPDX-License-Identifier: Apache-2.0 */
/* RCON: its packets, and one command from the sign-in to the end of the answer. */

#include "bytes.h"

#include "wire/rcon/talk.h"

static enum wire_result
parse(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct rcon_packet packet;

	return rcon_packet_parse(bytes, length, &packet, ret_used);
}

static void
a_packet_is_read_at_every_split(void **unused)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct packet packet = hex("11000000 00000000 03000000 706173737772640000");
	struct rcon_packet to;
	size_t used;

	(void)unused;
	walk_prefixes(parse, packet);
	assert_int_equal(rcon_packet_parse(packet.bytes, packet.length, &to, &used), WIRE_DONE);
	assert_int_equal(to.id, 0);
	assert_int_equal(to.type, RCON_SIGN_IN);
	assert_int_equal(to.length, 7);
	assert_memory_equal(to.text, "passwrd", 7);
	rcon_packet_print(&printed, &to);
	assert_bytes(&printed, "11000000 00000000 03000000 706173737772640000");
}

static void
what_is_no_packet_is_refused(void **unused)
{
	static const char *const wrong[] = { "09000000",
					     "ffffffff",
					     "00000000",
					     "fd3f0000",
					     "0a000000 00000000 00000000 0001",
					     "0a000000 00000000 00000000 0100" };
	size_t used;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct packet packet = hex(wrong[i]);

		assert_int_equal(parse(packet.bytes, packet.length, &used), WIRE_BAD);
	}
}

static void
say(struct buf *to, int32_t id, int32_t type, const char *text)
{
	rcon_packet_print(to, &(struct rcon_packet){ id, type, text, strlen(text) });
}

/* What is to be sent now, as the packets it holds. */
static void
assert_sends(struct rcon_talk *talk, int32_t type, const char *text)
{
	struct rcon_packet packet;
	size_t used;

	assert_int_equal(rcon_packet_parse(talk->out.data, talk->out.length, &packet, &used),
			 WIRE_DONE);
	assert_int_equal(used, talk->out.length); /* never two at once */
	assert_int_equal(packet.type, type);
	assert_int_equal(packet.length, strlen(text));
	assert_memory_equal(packet.text, text, packet.length);
	rcon_talk_sent(talk);
	assert_int_equal(talk->out.length, 0);
}

static enum rcon_talk_is
hear(struct rcon_talk *talk, struct buf *bytes, size_t piece)
{
	enum rcon_talk_is is = talk->is;

	for (size_t at = 0; at < bytes->length; at += piece) {
		size_t part = bytes->length - at < piece ? bytes->length - at : piece;

		is = rcon_talk_hear(talk, bytes->data + at, part);
	}
	buf_clear(bytes);
	return is;
}

static void
a_long_answer_is_put_together_up_to_the_sentinel(void **unused)
{
	(void)unused;
	for (size_t piece = 1; piece < 40; piece++) {
		CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
		struct rcon_talk talk;

		rcon_talk_init(&talk, "secret", "list");
		assert_sends(&talk, RCON_SIGN_IN, "secret");
		say(&bytes, 1, RCON_ANSWER, ""); /* as Source does */
		say(&bytes, 1, RCON_SIGNED_IN, "");
		assert_int_equal(hear(&talk, &bytes, piece), RCON_ASKED);
		assert_sends(&talk, RCON_COMMAND, "list");
		assert_false(rcon_talk_has_answer(&talk));
		say(&bytes, 2, RCON_ANSWER, "There are ");
		assert_int_equal(hear(&talk, &bytes, piece), RCON_ANSWERING);
		assert_true(rcon_talk_has_answer(&talk));
		assert_sends(&talk, RCON_ANSWER, "");
		say(&bytes, 2, RCON_ANSWER, "2 players");
		say(&bytes, 3, RCON_ANSWER, "Unknown request 0"); /* as Minecraft does */
		assert_int_equal(hear(&talk, &bytes, piece), RCON_OVER);
		assert_string_equal(buf_text(&talk.answer), "There are 2 players");
		rcon_talk_deinit(&talk);
	}
}

static void
a_wrong_password_is_told_and_nothing_is_asked(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	struct rcon_talk talk;

	(void)unused;
	rcon_talk_init(&talk, "wrong", "stop");
	assert_sends(&talk, RCON_SIGN_IN, "wrong");
	say(&bytes, -1, RCON_SIGNED_IN, "");
	assert_int_equal(hear(&talk, &bytes, 100), RCON_WRONG_PASSWORD);
	assert_int_equal(talk.out.length, 0);
	rcon_talk_deinit(&talk);
}

static void
something_else_is_known_as_such(void **unused)
{
	struct rcon_talk talk;

	(void)unused;
	rcon_talk_init(&talk, "secret", "stop");
	assert_int_equal(rcon_talk_hear(&talk, "SSH-2.0-OpenSSH_9", 17), RCON_NO_RCON);
	rcon_talk_deinit(&talk);
}

static void
an_answer_without_end_is_bounded(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	char long_text[4097];
	struct rcon_talk talk;

	(void)unused;
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	rcon_talk_init(&talk, "secret", "help");
	say(&bytes, 1, RCON_SIGNED_IN, "");
	(void)hear(&talk, &bytes, 4096);
	for (unsigned i = 0; i < 100; i++) {
		say(&bytes, 2, RCON_ANSWER, long_text);
		assert_int_equal(hear(&talk, &bytes, 65536), RCON_ANSWERING);
	}
	assert_int_equal(talk.answer.length, RCON_ANSWER_LIMIT);
	rcon_talk_deinit(&talk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_is_read_at_every_split),
		cmocka_unit_test(what_is_no_packet_is_refused),
		cmocka_unit_test(a_long_answer_is_put_together_up_to_the_sentinel),
		cmocka_unit_test(a_wrong_password_is_told_and_nothing_is_asked),
		cmocka_unit_test(something_else_is_known_as_such),
		cmocka_unit_test(an_answer_without_end_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
