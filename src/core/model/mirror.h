/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MIRROR_H
#define ROOST_MIRROR_H

/*
 * Places that stand in for hosts from which games are installed (`outbound.mirrors`):
 * "piston-data.mojang.com=http://10.0.0.5/mojang".
 */

#include "base/base.h"

/* Each a host, and an http:// or https:// address without user, query and fragment? NULL is fine. */
bool mirrors_are_valid(char *const *mirrors) must_check;
#define MIRRORS_EXPECTED                                               \
	"expected a host and the place that stands in for it, such as " \
	"piston-data.mojang.com=http://10.0.0.5/mojang"

/*
 * Where to ask instead, the caller's; NULL: none stands in for it. Only for https:// and the
 * whole host with its port. `mirrors` is NULL-terminated, or NULL.
 */
char *mirror_of(char *const *mirrors, const char *url) must_check;

#endif
