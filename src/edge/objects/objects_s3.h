/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_OBJECTS_S3_H
#define ROOST_OBJECTS_S3_H

/*
 * port/objects.h as a bucket of S3, or of anything that speaks it. What is put goes up in
 * parts of one size, each held in memory until it is known to have arrived: its SHA-256 is
 * signed, and the ETag that comes back must be its MD5 (unless the server encrypts by a key
 * of its own: then it is another). What was begun and does not end is aborted.
 *
 * Each call is tried again, with growing waits, when it was lost, throttled, or failed at
 * the server's; also when S3 says so under status 200 (CompleteMultipartUpload). When the
 * answer to a write was lost, the object's ETag tells whether it is ours.
 */

#include "fetch/fetch_port.h"
#include "objects/desk.h"

/* Copied. */
struct s3_options {
	const char *endpoint;		/* "https://s3.eu-central-1.amazonaws.com", no path */
	const char *bucket, *region;
	const char *prefix;		/* before each key, ending in '/'; or NULL */
	bool in_host;			/* bucket.host/key; else host/bucket/key */
	const char *key, *secret;
	const char *token;		/* of temporary credentials; or NULL */
	struct fetch_options fetch;
	struct duration within;		/* an answer without a byte; 0 = 30 s */
	struct duration wait;		/* before the second try, growing; 0 = 500 ms */
	unsigned tries;			/* 0 = 7 */
};

/* Freed by desk_port_free(). Options are not checked: a wrong one fails each call, as the server says. */
struct objects_port *objects_s3_new(uv_loop_t *loop, const struct s3_options *options,
				    courier_deliver *deliver, void *argument) must_check;

/*
 * By how much the server's clock is ahead of ours, as its last answer said (to the second);
 * false when none said. At more than 15 minutes calls are refused, and then signed with its time.
 */
bool objects_s3_skew(struct objects_port *port, struct duration *ret_ahead) must_check;

#endif
