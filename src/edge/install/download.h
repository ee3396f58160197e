/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INSTALL_DOWNLOAD_H
#define ROOST_INSTALL_DOWNLOAD_H

/*
 * Files and JSON documents from elsewhere, for a thread that may wait. Only https, and only
 * the public Internet (and `outbound.allow`); redirects are followed as long as they keep to
 * that. A host may have a mirror (`outbound.mirrors`): then the mirror is asked instead, at
 * whatever address the operator gave it. What a checksum is given for is taken only when it is right.
 */

#include <stdatomic.h>

#include "base/json.h"
#include "fetch/fetch_port.h"

struct downloader;

struct downloader_options {
	struct fetch_options fetch;
	char *const *mirrors;		/* NULL-terminated "host=https://mirror/path"; or NULL */
};

/* Used by one thread at a time; the options are copied. exchange_start() came before. */
struct downloader *downloader_new(const struct downloader_options *options) must_check;
void downloader_free(struct downloader *downloader);

/* Lent for the call. */
struct download {
	const char *url;
	const char *sha1, *sha256, *sha512;	/* hexadecimal; or NULL */
	uint64_t most;				/* bytes: more is refused */
	const atomic_bool *cancelled;
	_Atomic uint64_t *bytes, *bytes_expected;	/* told as it goes on; 0 expected = not known */
};

/* Into an open file. 0, or negative with one sentence. */
int download_file(struct downloader *downloader, const struct download *download, int fd,
		  char ret_why[static REASON_LIMIT + 1]) must_check;

/* A document of at most DOWNLOAD_JSON_LIMIT bytes, the caller's; NULL with one sentence. */
#define DOWNLOAD_JSON_LIMIT 16777216	/* all builds of a long-lived project, with their changes */
json_t *download_json(struct downloader *downloader, const struct download *download,
		      char ret_why[static REASON_LIMIT + 1]) must_check;

/* Has the file one of these checksums, the strongest that is given? False when none is. */
bool download_fits(const char *sha1, const char *sha256, const char *sha512, int fd) must_check;

#endif
