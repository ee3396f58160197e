/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MODEL_STORE_H
#define ROOST_MODEL_STORE_H

/* The places that an operator declares under `stores`, where backups are kept. */

#include "model/config.h"

#define CONFIG_STORES_LIMIT 31		/* and STORE_LOCAL */

/* Always there: DATA/backups, unless the configuration declares one of that name. */
#define STORE_LOCAL "local"

/* Read the list, as websocket_endpoints_read() does. */
void stores_read(const json_t *list, const char *pointer, struct complaints *complaints,
		 struct store_spec **ret_stores, size_t *ret_count);
void stores_free(struct store_spec *stores, size_t count);
bool stores_equal(const struct store_spec *a, size_t a_count, const struct store_spec *b,
		  size_t b_count);

/* May a server's backups be kept there? */
bool store_is_known(const struct config *config, const char *name);

/* Where an S3 store is asked: its endpoint or Amazon's of its region; the caller's. */
char *store_endpoint(const struct store_spec *store) must_check;

/* The table, for the printed reference. */
const struct setting_table *store_settings(void);

#endif
