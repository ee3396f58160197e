/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page, out of the binary. Its files change only with the program, but their
 * names do not; so browsers keep them and ask each time whether they still hold.
 */

#include "web/asset.h"
#include "web/web_inner.h"

#include <stdlib.h>
#include <string.h>

#include "wire/http1/print.h"
#include "wire/http1/text.h"

/* Nothing from elsewhere, nothing inline: what gets into a text cannot become a script. */
static const char page_headers[] =
	"Cache-Control: no-cache\r\n"
	"Vary: Accept-Encoding\r\n"
	"X-Content-Type-Options: nosniff\r\n"
	"X-Frame-Options: DENY\r\n"
	"Referrer-Policy: same-origin\r\n"
	"Cross-Origin-Opener-Policy: same-origin\r\n"
	"Cross-Origin-Resource-Policy: same-origin\r\n"
	"Permissions-Policy: camera=(), microphone=(), geolocation=()\r\n"
	"Content-Security-Policy: default-src 'self'; img-src 'self' data:; object-src 'none'; "
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n";

static int
compare(const void *path, const void *asset)
{
	return strcmp(path, ((const struct web_asset *)asset)->path);
}

static const struct web_asset *
find(const char *path)
{
	if (strcmp(path, "/") == 0)
		path = "/index.html";
	return bsearch(path, web_assets, web_asset_count, sizeof *web_assets, compare);
}

static bool
is_known(const struct http_request *request, const struct web_asset *asset)
{
	CLEANUP(text_freep) char *tags = web_header(request, "if-none-match");

	/* The comparison is weak, so it is made without the mark. */
	return tags != NULL && http_etag_matches(tags, strlen(tags), asset->etag + 2);
}

static bool
takes_gzip(const struct http_request *request)
{
	CLEANUP(text_freep) char *codings = web_header(request, "accept-encoding");

	return codings != NULL && http_accepts(codings, strlen(codings), "gzip");
}

bool
assets_answer(struct web *web, struct http_exchange *exchange, const struct http_request *request)
{
	const struct web_asset *asset = find(request->path);
	CLEANUP(buf_deinit) struct buf headers = BUF_NULL;
	struct http_response response = { .status = 200 };

	if (asset == NULL)
		return false;
	web->counters.asset_requests++;
	buf_put_text(&headers, page_headers);
	http_print_header(&headers, "ETag", asset->etag);
	response.content_type = asset->type;
	response.body = asset->bytes;
	response.body_length = asset->length;
	if (is_known(request, asset)) {
		response = (struct http_response){ .status = 304 };
	} else if (asset->gzip != NULL && takes_gzip(request)) {
		http_print_header(&headers, "Content-Encoding", "gzip");
		response.body = asset->gzip;
		response.body_length = asset->gzip_length;
	}
	response.headers = buf_text(&headers);
	http_answer(exchange, &response);
	return true;
}
