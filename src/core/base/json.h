/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_JSON_H
#define ROOST_JSON_H

/* Small conveniences over jansson (values only; no files). */

#include <jansson.h>

#include "base/base.h"
#include "base/instant.h"

/* For CLEANUP(json_freep) json_t *x. */
void json_freep(json_t **value);

/* Compact text of a value, keys in insertion order; the caller frees with mem_free. */
char *json_text(const json_t *value) must_check;

/* Readers with a fallback for a member that is absent or of another type. */
const char *json_get_text(const json_t *object, const char *key, const char *fallback);
int64_t json_get_integer(const json_t *object, const char *key, int64_t fallback);
bool json_get_bool(const json_t *object, const char *key, bool fallback);
struct instant json_get_instant(const json_t *object, const char *key);

/* Are there more than `levels` objects and arrays in one another? */
bool json_is_deeper(const json_t *value, unsigned levels) must_check;

/*
 * Writers. A NULL text and a NEVER instant are written as null. A text that is not UTF-8 (a
 * sentence cut within a character, a file's name) has `?` for what is none: JSON has no other
 * bytes, and what is told to people may hold what others chose.
 */
void json_set_text(json_t *object, const char *key, const char *text);
void json_set_integer(json_t *object, const char *key, int64_t number);
void json_set_bool(json_t *object, const char *key, bool value);
void json_set_instant(json_t *object, const char *key, struct instant t);

#endif
