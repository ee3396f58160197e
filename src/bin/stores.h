/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_STORES_H
#define ROOST_STORES_H

/* Where backups are kept: the configuration's stores, and the port of archives over them. */

#include "cli/cli.h"
#include "model/config.h"

struct daemon;

/* Says itself why not, and is then false. */
bool stores_open(struct daemon *d) must_check;
void stores_close(struct daemon *d);

/* For struct cli_parts: put something into the store, read it back, and remove it. */
void store_try(const struct config *config, const struct store_spec *store,
	       struct store_trial *ret_told);

#endif
