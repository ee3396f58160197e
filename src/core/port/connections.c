/* SPDX-License-Identifier: Apache-2.0 */
/* The names of connections: 88 random bits in base64url (RFC 4648 §5), 15 characters and one pad. */

#include "port/connections.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#define SIGNS (CONNECTION_ID_SIZE - 2)

bool
connection_id_is_valid(const char *text)
{
	return strspn(text, alphabet) == SIGNS && strcmp(text + SIGNS, "=") == 0;
}

void
connection_id_text(const unsigned char random[static 11], char ret_id[static CONNECTION_ID_SIZE])
{
	unsigned bits = 0, held = 0;
	size_t put = 0;

	for (size_t i = 0; i < 11; i++) {
		bits = bits << 8 | random[i];
		for (held += 8; held >= 6; held -= 6)
			ret_id[put++] = alphabet[bits >> (held - 6) & 63u];
	}
	ret_id[put++] = alphabet[bits << (6 - held) & 63u];
	ASSERT(put == SIGNS);
	ret_id[put++] = '=';
	ret_id[put] = '\0';
}
