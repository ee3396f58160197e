/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PROCESS_TAKEN_H
#define ROOST_PROCESS_TAKEN_H

/* Whether somebody else's program has the port that a game is to listen on. */

#include "base/address.h"

/*
 * True when a program of this machine listens there. A name that is not a
 * literal address, and an address of another machine, are never taken; nor is
 * port 0. UDP has ports of its own.
 */
bool address_is_taken(const struct endpoint *address, bool is_datagrams);

#endif
