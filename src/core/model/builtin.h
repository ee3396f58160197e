/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_BUILTIN_H
#define ROOST_BUILTIN_H

/* The files of templates/ as they are written, made while building (tools/embed_text.c). */

#include <stddef.h>

struct builtin_text {
	const char *text;	/* terminated */
	size_t length;
};

extern const struct builtin_text builtin_texts[];
extern const size_t builtin_text_count;

#endif
