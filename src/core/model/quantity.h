/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_QUANTITY_H
#define ROOST_QUANTITY_H

/*
 * Quantities as people write them in configuration, beside durations
 * (base/instant.h). Printing and reading back gives the same value.
 */

#include "base/base.h"

#define QUANTITY_TEXT_SIZE 32

/* `0`, `512MiB`, `2GiB`, `64KiB`, `1TiB`, `100B`. Whole numbers only. */
bool size_parse(const char *text, int64_t *ret_bytes) must_check;
void size_text(int64_t bytes, char text[static QUANTITY_TEXT_SIZE]);

/* A decimal number with at most three decimals, in thousandths: `1.5` is 1500. */
bool thousandths_parse(const char *text, int64_t *ret_thousandths) must_check;
void thousandths_text(int64_t thousandths, char text[static QUANTITY_TEXT_SIZE]);

/* TERM, INT, HUP, QUIT, USR1, USR2, KILL; with or without SIG. */
bool signal_parse(const char *text, int *ret_signal) must_check;
const char *signal_word(int signal);	/* NULL: none of these */

#endif
