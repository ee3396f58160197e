/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEB_ASSET_H
#define ROOST_WEB_ASSET_H

/* The page's files, put into the binary by tools/embed.c. */

#include <stddef.h>

struct web_asset {
	const char *path;		/* "/main.js" */
	const char *type;		/* Content-Type */
	const char *etag;		/* weak, of the bytes: the same for both forms */
	const unsigned char *bytes;
	size_t length;
	const unsigned char *gzip;	/* NULL when it is not smaller */
	size_t gzip_length;
};

extern const struct web_asset web_assets[];	/* sorted by path (strcmp) */
extern const size_t web_asset_count;

#endif
