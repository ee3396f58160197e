/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes, decimal numbers and signal names: see the header. */

#include "model/quantity.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *suffix;
	int64_t bytes;
} size_units[] = { { "B", 1 },
		   { "KiB", INT64_C(1) << 10 },
		   { "MiB", INT64_C(1) << 20 },
		   { "GiB", INT64_C(1) << 30 },
		   { "TiB", INT64_C(1) << 40 } };

/* Digits at the start of `text`; returns how many, 0 when there are none or too many. */
static size_t
digits_parse(const char *text, int64_t *ret_number)
{
	int64_t number = 0;
	size_t digits;

	for (digits = 0; text[digits] >= '0' && text[digits] <= '9'; digits++) {
		if (digits >= 15)
			return 0;
		number = number * 10 + (text[digits] - '0');
	}
	*ret_number = number;
	return digits;
}

bool
size_parse(const char *text, int64_t *ret_bytes)
{
	int64_t number;
	size_t digits = digits_parse(text, &number);

	if (digits == 0)
		return false;
	if (text[digits] == '\0' && number == 0) {
		*ret_bytes = 0;
		return true;
	}
	for (size_t i = 0; i < ELEMENTS(size_units); i++) {
		if (strcmp(text + digits, size_units[i].suffix) == 0) {
			if (number > INT64_MAX / size_units[i].bytes)
				return false;
			*ret_bytes = number * size_units[i].bytes;
			return true;
		}
	}
	return false;
}

void
size_text(int64_t bytes, char text[static QUANTITY_TEXT_SIZE])
{
	size_t i = ELEMENTS(size_units) - 1;

	if (bytes == 0) {
		(void)text_put(text, QUANTITY_TEXT_SIZE, "0");
		return;
	}
	while (i > 0 && bytes % size_units[i].bytes != 0)
		i--;
	(void)snprintf(text, QUANTITY_TEXT_SIZE, "%lld%s", (long long)(bytes / size_units[i].bytes),
		       size_units[i].suffix);
}

bool
thousandths_parse(const char *text, int64_t *ret_thousandths)
{
	int64_t whole, part = 0;
	size_t digits = digits_parse(text, &whole), decimals = 0;

	if (digits == 0 || whole > INT64_MAX / 10000)
		return false;
	text += digits;
	if (*text == '.') {
		decimals = digits_parse(text + 1, &part);
		if (decimals == 0 || decimals > 3)
			return false;
		text += 1 + decimals;
	}
	if (*text != '\0')
		return false;
	for (; decimals < 3; decimals++)
		part *= 10;
	*ret_thousandths = whole * 1000 + part;
	return true;
}

void
thousandths_text(int64_t thousandths, char text[static QUANTITY_TEXT_SIZE])
{
	int length = snprintf(text, QUANTITY_TEXT_SIZE, "%lld.%03lld",
			      (long long)(thousandths / 1000), (long long)(thousandths % 1000));

	while (text[length - 1] == '0')
		text[--length] = '\0';
	if (text[length - 1] == '.')
		text[--length] = '\0';
}

static const struct {
	const char *word;
	int signal;
} signals[] = { { "TERM", SIGTERM }, { "INT", SIGINT },	  { "HUP", SIGHUP },  { "QUIT", SIGQUIT },
		{ "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "KILL", SIGKILL } };

bool
signal_parse(const char *text, int *ret_signal)
{
	if (text_starts_with(text, "SIG"))
		text += 3;
	for (size_t i = 0; i < ELEMENTS(signals); i++) {
		if (strcmp(signals[i].word, text) == 0) {
			*ret_signal = signals[i].signal;
			return true;
		}
	}
	return false;
}

const char *
signal_word(int signal)
{
	for (size_t i = 0; i < ELEMENTS(signals); i++) {
		if (signals[i].signal == signal)
			return signals[i].word;
	}
	return NULL;
}
