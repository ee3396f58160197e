/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_DIGEST_H
#define ROOST_ARCHIVE_DIGEST_H

/* SHA-256 of bytes that come in pieces: OpenSSL's, which uses what the processor has for it. */

#include "wire/manifest.h"

struct digest;

struct digest *digest_new(void) must_check;	/* begun */
void digest_free(struct digest *digest);
void digest_begin(struct digest *digest);	/* once more from nothing */
void digest_add(struct digest *digest, const void *bytes, size_t length);
void digest_end(struct digest *digest, char ret_text[static DIGEST_TEXT_SIZE]);

#endif
