/* SPDX-License-Identifier: Apache-2.0 */
/* The file with a password in it: see the header. */

#include "rcon/password.h"

#include "sys/secret_file.h"

bool
rcon_password_read(const char *path, char ret_password[static RCON_PASSWORD_SIZE], char *why,
		   size_t size)
{
	char *password;

	if (!secret_file_read(path, "the RCON password", RCON_COMMAND_LIMIT, &password, why, size))
		return false;
	(void)text_put(ret_password, RCON_PASSWORD_SIZE, password);
	secret_free(password);
	return true;
}
