/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEMPLATES_H
#define ROOST_TEMPLATES_H

/*
 * The templates there are: one's own, a document of the record each, and those that come with
 * roost; one's own stands in front of one that comes with roost and has the same name.
 *
 * Changes take effect in memory at once and are durable with the next commit.
 */

#include "keeper/plane.h"
#include "model/template.h"

struct templates;

struct templates *templates_new(struct plane *plane) must_check;
void templates_free(struct templates *templates);	/* behind the plane's last turn */
void templates_load(struct templates *templates);	/* once the plane is loaded */

/* In the order of their names. Valid until one is put or removed. */
size_t templates_count(const struct templates *templates);
const struct template *templates_at(const struct templates *templates, size_t index);
const struct template *templates_find(const struct templates *templates, const char *name);

/* Does it come with roost, and is it not replaced? */
bool templates_is_builtin(const struct templates *templates, const char *name);

/* Takes the template. False: there are as many as may be. */
bool templates_put(struct templates *templates, struct template *template) must_check;
/* One's own; false: there is no such. One of roost's of that name is there again then. */
bool templates_remove(struct templates *templates, const char *name) must_check;

#endif
