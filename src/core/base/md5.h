/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MD5_H
#define ROOST_MD5_H

/*
 * MD5 (RFC 1321), for what others have defined by it: version 3 UUIDs. It keeps no
 * secret and proves nothing.
 */

#include "base/base.h"

#define MD5_SIZE 16

void md5(const void *bytes, size_t length, unsigned char ret_digest[static MD5_SIZE]);

#endif
