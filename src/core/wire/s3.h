/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WIRE_S3_H
#define ROOST_WIRE_S3_H

/*
 * The documents that S3 answers with (Amazon S3 API reference, REST, 2006-03-01): enough of
 * XML for them and no more; no DTD, no entities of its own, every length bounded.
 */

#include "base/buf.h"
#include "base/instant.h"
#include "base/limits.h"

#define S3_TEXT_LIMIT 2048	/* bytes of one element's text: keys have 1024, upload ids under 1100 */

struct s3_error {
	char code[64];			/* "SlowDown"; "" = there is none */
	char message[REASON_LIMIT + 1];	/* printable */
};

/* Is the document an <Error>? Also under status 200, as CompleteMultipartUpload may answer. */
bool s3_error_parse(const char *text, size_t length, struct s3_error *ret_error) must_check;

/* InitiateMultipartUpload's id; false when there is none. */
bool s3_upload_id_parse(const char *text, size_t length,
			char ret_id[static S3_TEXT_LIMIT + 1]) must_check;

/* One item of ListObjectsV2 (<Contents>) or ListMultipartUploads (<Upload>). */
struct s3_item {
	char *key, *upload_id;		/* lent for the call; NULL when it has none */
	uint64_t size;
	struct instant time;		/* last modified, or initiated; NEVER when not told */
};

/* Calls back for each; false when the document is not one of these, whole. */
bool s3_list_parse(const char *text, size_t length,
		   void (*on_item)(void *argument, const struct s3_item *item), void *argument,
		   bool *ret_more) must_check;

#endif
