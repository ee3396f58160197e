/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CONFIG_TEMPLATE_H
#define ROOST_CONFIG_TEMPLATE_H

/* The configuration's `templates`, and its servers that are made from one. For config.c. */

#include "model/config.h"

/* The list below "/templates"; NULL: there is none. */
void config_templates_read(const json_t *list, struct complaints *complaints,
			   struct config *config);
void config_templates_free(struct config *config);

/*
 * As spec_parse(), also for a declaration that names a template: of the configuration, or one
 * that comes with roost. Errors are about what was written.
 */
size_t config_server_parse(const struct config *config, const json_t *document,
			   const char *base_directory, struct spec_error *errors, size_t max,
			   struct server_spec **ret_spec) must_check;

#endif
