/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_VARINT_H
#define ROOST_MINECRAFT_VARINT_H

/*
 * Minecraft's variable-length integers: 7 bits a byte, lowest first, the top
 * bit says that another byte follows; the value is a signed 32-bit number.
 * Longer encodings than needed are right, as they are for the game itself;
 * a sixth byte is not.
 */

#include "base/base.h"
#include "wire/wire.h"

#define VARINT_LIMIT 5

enum wire_result varint_parse(const unsigned char *bytes, size_t length, int32_t *ret_value,
			      size_t *ret_used) must_check;

/* Writes the shortest form; returns its length. */
size_t varint_print(unsigned char bytes[static VARINT_LIMIT], int32_t value);

#endif
