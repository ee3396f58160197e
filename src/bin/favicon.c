/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Icons for the server list. A client shows nothing for a picture of another
 * size, so the size is checked here, where somebody can be told
 * (PNG: https://www.w3.org/TR/png/ §5.2, §11.2.2).
 */

#include "favicon.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "sys/files.h"

static const char prefix[] = "data:image/png;base64,";

static uint32_t
number_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static bool
is_right_picture(const struct buf *png)
{
	static const unsigned char signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

	return png->length > 24 && memcmp(png->data, signature, sizeof signature) == 0 &&
	       memcmp(png->data + 12, "IHDR", 4) == 0 && number_at(png->data + 16) == 64 &&
	       number_at(png->data + 20) == 64;
}

char *
favicon_read(const char *path, char why[static REASON_LIMIT + 1])
{
	CLEANUP(buf_deinit) struct buf png = BUF_NULL;
	int error = file_read(AT_FDCWD, path, FAVICON_LIMIT, &png);
	size_t room;
	char *url;

	if (error == -EFBIG || (error == 0 && !is_right_picture(&png))) {
		(void)snprintf(why, REASON_LIMIT + 1,
			       "icon '%.150s' is not a PNG of 64x64 points and at most %d bytes",
			       path, FAVICON_LIMIT);
		return NULL;
	}
	if (error < 0) {
		file_explain(error, "read", path, why, REASON_LIMIT + 1);
		return NULL;
	}
	room = sodium_base64_encoded_len(png.length, sodium_base64_VARIANT_ORIGINAL);
	url = mem_new(sizeof prefix + room);
	memcpy(url, prefix, sizeof prefix);
	(void)sodium_bin2base64(url + sizeof prefix - 1, room, png.data, png.length,
				sodium_base64_VARIANT_ORIGINAL);
	return url;
}
