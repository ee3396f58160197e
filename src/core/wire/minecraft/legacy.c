/* SPDX-License-Identifier: Apache-2.0 */
/* Clients before 1.7: see the header. Everything is fixed-width and UTF-16BE. */

#include "wire/minecraft/legacy.h"

#include <stdio.h>
#include <string.h>

#include "wire/minecraft/unicode.h"

#define LEGACY_PROTOCOL	 "127" /* no client has it */
#define HOST_UNITS_LIMIT 255
#define MOTD_UNITS_LIMIT 160 /* leaves room for the version and two numbers */

/* Reads in the same manner as a frame's body, but may also run out without being wrong. */
struct run {
	const unsigned char *bytes;
	size_t length, at;
	bool is_short;
};

static uint32_t
run_number(struct run *run, size_t size)
{
	uint32_t value = 0;

	if (run->is_short || run->length - run->at < size) {
		run->is_short = true;
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		value = value << 8 | run->bytes[run->at++];
	return value;
}

static const unsigned char *
run_units(struct run *run, size_t units)
{
	const unsigned char *bytes = run->bytes + run->at;

	if (run->is_short || run->length - run->at < 2 * units) {
		run->is_short = true;
		return run->bytes;
	}
	run->at += 2 * units;
	return bytes;
}

static const unsigned char ping_head[] = { 0xfe, 0x01, 0xfa, 0x00, 0x0b, 0,   'M', 0,	'C',
					   0,	 '|',  0,    'P',  0,	 'i', 0,   'n', 0,
					   'g',	 0,    'H',  0,	   'o',	 0,   's', 0,	't' };

enum wire_result
legacy_ping_parse(const unsigned char *bytes, size_t length, struct legacy_ping *ret_ping,
		  size_t *ret_used)
{
	struct run run = { .bytes = bytes, .length = length, .at = sizeof ping_head };
	size_t known = length < sizeof ping_head ? length : sizeof ping_head;
	struct legacy_ping ping;
	uint32_t size, units;

	if (memcmp(bytes, ping_head, known) != 0)
		return WIRE_BAD;
	if (known < sizeof ping_head)
		return WIRE_MORE;
	size = run_number(&run, 2);
	ping.protocol = (int)run_number(&run, 1);
	units = run_number(&run, 2);
	if (run.is_short)
		return WIRE_MORE;
	if (units > HOST_UNITS_LIMIT || size != 7 + 2 * units)
		return WIRE_BAD;
	const unsigned char *host = run_units(&run, units);

	ping.port = (int32_t)run_number(&run, 4);
	if (run.is_short)
		return WIRE_MORE;
	(void)!utf16_ascii(host, units, ping.host, sizeof ping.host);
	*ret_ping = ping;
	*ret_used = run.at;
	return WIRE_DONE;
}

enum wire_result
legacy_login_parse(const unsigned char *bytes, size_t length, struct legacy_login *ret_login,
		   size_t *ret_used)
{
	struct run run = { .bytes = bytes, .length = length };
	struct legacy_login login;
	const unsigned char *name, *host;
	uint32_t units;

	if (length > 0 && run_number(&run, 1) != 0x02)
		return WIRE_BAD;
	login.protocol = (int)run_number(&run, 1);
	units = run_number(&run, 2);
	if (units > MINECRAFT_NAME_LIMIT)
		return WIRE_BAD;
	name = run_units(&run, units);
	if (!run.is_short && !utf16_ascii(name, units, login.name, sizeof login.name))
		return WIRE_BAD;
	units = run_number(&run, 2);
	if (units > HOST_UNITS_LIMIT)
		return WIRE_BAD;
	host = run_units(&run, units);
	login.port = (int32_t)run_number(&run, 4);
	if (run.is_short || length == 0)
		return WIRE_MORE;
	(void)!utf16_ascii(host, units, login.host, sizeof login.host);
	*ret_login = login;
	*ret_used = run.at;
	return WIRE_DONE;
}

/* Append at most `limit` units of `text`; returns how many. `§` is dropped when `plain`. */
static size_t
put_units(struct buf *to, const char *text, size_t limit, bool plain)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t left = strlen(text), units = 0;

	while (left > 0) {
		uint32_t code;
		size_t step = utf8_next(bytes, left, &code);

		bytes += step;
		left -= step;
		if (plain && code == 0xa7)
			continue;
		if (units + (code > 0xffff ? 2 : 1) > limit)
			break;
		units += utf16_put(to, code);
	}
	return units;
}

static void
kick_units(struct buf *to, const struct buf *text)
{
	size_t units = text->length / 2;

	buf_put_byte(to, 0xff);
	buf_put_byte(to, (unsigned char)(units >> 8));
	buf_put_byte(to, (unsigned char)units);
	buf_put(to, text->data, text->length);
}

void
legacy_answer_print(struct buf *to, enum legacy_kind kind, const struct legacy_answer *answer)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	char online[12], max[12];

	(void)snprintf(online, sizeof online, "%u", answer->online);
	(void)snprintf(max, sizeof max, "%u", answer->max);
	if (kind == LEGACY_1_3) {
		const char *const pieces[] = { online, max };

		/* Counts are parted from the text by §, so the text must have none. */
		(void)put_units(&text, answer->motd, MOTD_UNITS_LIMIT, true);
		for (size_t i = 0; i < ELEMENTS(pieces); i++) {
			(void)utf16_put(&text, 0xa7);
			(void)put_units(&text, pieces[i], sizeof online, false);
		}
	} else {
		const char *const pieces[] = { LEGACY_PROTOCOL, answer->version, answer->motd,
					       online, max };
		static const size_t limits[] = { 3, 32, MOTD_UNITS_LIMIT, 11, 11 };

		(void)put_units(&text,
				"\xc2\xa7"
				"1",
				2, false);
		for (size_t i = 0; i < ELEMENTS(pieces); i++) {
			(void)utf16_put(&text, 0);
			(void)put_units(&text, pieces[i], limits[i], false);
		}
	}
	ASSERT(text.length <= 2 * LEGACY_TEXT_LIMIT);
	kick_units(to, &text);
}

void
legacy_kick_print(struct buf *to, const char *text)
{
	CLEANUP(buf_deinit) struct buf units = BUF_NULL;

	(void)put_units(&units, text, LEGACY_TEXT_LIMIT, false);
	kick_units(to, &units);
}
