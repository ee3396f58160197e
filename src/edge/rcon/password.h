/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RCON_PASSWORD_H
#define ROOST_RCON_PASSWORD_H

#include "base/base.h"
#include "wire/rcon/packet.h"

#define RCON_PASSWORD_SIZE (RCON_COMMAND_LIMIT + 1)

/*
 * The password in a file, without the line's end; wipe it after use. False when it
 * is not to be had, with why and what to do: the file cannot be read, others than its
 * owner may read it, or it holds no password.
 */
bool rcon_password_read(const char *path, char ret_password[static RCON_PASSWORD_SIZE],
			char *why, size_t size) must_check;

#endif
