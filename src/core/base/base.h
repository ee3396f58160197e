/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_BASE_H
#define ROOST_BASE_H

/*
 * The words every file uses: assertions that stay on, ownership that is visible
 * at the call, and allocation that aborts when there is no memory (crashing is
 * a tested path; a thousand untested branches are not).
 *
 * Errors: 0 is fine; negative means the machine failed (-errno), pass it up
 * unchanged; positive is part of a function's contract, an enum in its header.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define must_check __attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))

/* Run `function(&variable)` when the variable goes out of scope. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Hand over what a cleaned-up local owns: its value, and NULL left behind. */
#define TAKE(pointer)                                  \
	(__extension__({                               \
		__typeof__(pointer) *take_ = &(pointer); \
		__typeof__(pointer) taken_ = *take_;   \
		*take_ = NULL;                         \
		taken_;                                \
	}))

#define CONTAINER_OF(member_pointer, type, member) \
	((type *)(void *)((char *)(member_pointer) - offsetof(type, member)))

/* Always on; never about a peer's bytes. Prints where and what, then aborts. */
#define ASSERT(condition)                                              \
	do {                                                           \
		if (!(condition))                                      \
			assert_failed(__FILE__, __LINE__, #condition); \
	} while (0)

_Noreturn void assert_failed(const char *file, int line, const char *what);

/* Zeroed memory; never NULL. `mem_free(NULL)` is nothing. */
void *mem_new(size_t size) must_check;
void *mem_new_array(size_t count, size_t size) must_check;
void *mem_resize(void *memory, size_t size) must_check;
void mem_free(void *memory);

/* Copies of text; `text_copy(NULL)` is NULL. The caller owns them. */
char *text_copy(const char *text) must_check;
char *text_copy_n(const char *text, size_t length) must_check;
char *text_format(const char *format, ...) printf_like(1, 2) must_check;

/*
 * Lists of texts, NULL-terminated: a copy (of NULL: an empty list), and the end
 * of one with all its texts (NULL is nothing).
 */
char **texts_copy(char *const *list) must_check;
void texts_free(char **list);

/* Cleanup for `CLEANUP(text_freep) char *x` and any other malloc'd memory. */
void text_freep(char **text);

/*
 * Copy `text` into `to`, cut to `size - 1` bytes (never inside a UTF-8
 * character), always terminated. Returns false when it was cut.
 */
bool text_put(char *to, size_t size, const char *text);
bool text_equal(const char *a, const char *b);		/* NULL equals NULL only */
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/*
 * Is it valid UTF-8 without control characters (0x00-0x1f, 0x7f, C1)? What came
 * from a wire and goes to a log, a terminal or a page is checked or cleaned.
 */
bool text_is_printable(const char *text, size_t length);

/* How many bytes from the beginning on are: `length` when all. */
size_t text_printable_length(const char *text, size_t length);

/*
 * Copy bytes of any origin as printable UTF-8: every byte that is not part of a
 * printable character becomes '?'. Cut to fit `size`, always terminated.
 */
void text_clean(char *to, size_t size, const char *from, size_t length);

#endif
