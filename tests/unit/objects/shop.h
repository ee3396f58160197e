/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEST_SHOP_H
#define ROOST_TEST_SHOP_H

/* A store on a loop of its own, asked one thing after the other; and what every store must do. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "port/objects.h"
#include "sys/courier.h"

struct shop {
	uv_loop_t loop;
	struct objects_port *port;	/* made on the loop with on_shop_fact() and the shop */
	struct reply replies[64];
	size_t count;
	bool inside;
};

void shop_init(struct shop *shop);
void shop_deinit(struct shop *shop);
courier_deliver on_shop_fact;

/* Each waits for its reply, which is the shop's. */
const struct reply *shop_put(struct shop *shop, const char *key, const void *bytes, size_t length);
const struct reply *shop_put_new(struct shop *shop, const char *key, const char *text);
const struct reply *shop_put_source(struct shop *shop, const struct object_put *put);
const struct reply *shop_get(struct shop *shop, const struct object_get *get);
const struct reply *shop_head(struct shop *shop, const char *key);
const struct reply *shop_list(struct shop *shop, const char *prefix, const char *after,
			      unsigned limit);
const struct reply *shop_remove(struct shop *shop, const char *key);
const struct reply *shop_sweep(struct shop *shop, int64_t before_ms);
const struct reply *shop_wait(struct shop *shop);

void assert_is(const struct reply *reply, enum object_is is);
void assert_refused(const struct reply *reply, const char *part);
/* The object is there and has just these bytes. */
void assert_content(struct shop *shop, const char *key, const void *bytes, size_t length);

/* A source that fails after so many bytes. */
struct failing_source {
	struct object_source source;
	size_t left;
};
void failing_source_init(struct failing_source *source, size_t length);

/* All that every store must do, whatever it is made of. */
void it_does_what_every_store_does(struct shop *shop, const char *scratch_directory);

#endif
