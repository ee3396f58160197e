/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a line of a console: what is kept of it holds no escape sequence but
 * colours, ends with none in force, is the same when it is cleaned again, and says the
 * same without its colours. However little room there is.
 */

#include "fuzz.h"

#include "wire/ansi.h"

/* Nothing but printable text and `ESC [ digits and semicolons m`. */
static void
check_kept(const char *text)
{
	bool in_force = false;

	while (*text != '\0') {
		size_t plain = strcspn(text, "\033"), numbers;

		ASSERT(text_is_printable(text, plain));
		text += plain;
		if (*text == '\0')
			break;
		ASSERT(text[1] == '[');
		numbers = strspn(text + 2, "0123456789;");
		ASSERT(text[2 + numbers] == 'm');
		in_force = numbers > 0;
		text += numbers + 3;
	}
	ASSERT(!in_force);
}

static void
check(const char *bytes, size_t length, size_t size)
{
	char *kept = malloc(size), *again = malloc(size), *plain = malloc(size);
	bool styled;

	ASSERT(kept != NULL && again != NULL && plain != NULL);
	styled = ansi_keep(kept, size, bytes, length);
	ASSERT(strlen(kept) < size && styled == (strchr(kept, '\033') != NULL));
	check_kept(kept);
	(void)ansi_keep(again, size, kept, strlen(kept));
	ASSERT(strcmp(again, kept) == 0 && ansi_is_kept(kept));
	ansi_strip(plain, size, bytes, length);
	ASSERT(text_is_printable(plain, strlen(plain)));
	ansi_strip(again, size, kept, strlen(kept));
	ASSERT(size <= 2 * length + 8 || strcmp(again, plain) == 0);
	free(kept);
	free(again);
	free(plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = fuzz_copy(data, size);

	check((const char *)copy, size, 2 * size + 16);
	check((const char *)copy, size, 8);
	check((const char *)copy, size, size / 2 + 8);
	free(copy);
	return 0;
}
