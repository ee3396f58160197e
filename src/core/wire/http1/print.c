/* SPDX-License-Identifier: Apache-2.0 */
/* Response heads: see the header. The calendar comes from instant_text(), which is UTC. */

#include "wire/http1/print.h"

#include <stdio.h>
#include <string.h>

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{ 100, "Continue" },
	{ 101, "Switching Protocols" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
};

const char *
http_status_phrase(int status)
{
	for (size_t i = 0; i < ELEMENTS(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Status";
}

void
http_date(struct instant t, char ret_text[static HTTP_DATE_SIZE])
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char iso[INSTANT_TEXT_SIZE]; /* 2026-11-20T21:16:00.123Z */
	int64_t day = t.ms / 86400000;
	int month;

	ASSERT(t.ms >= 0);
	instant_text(t, iso);
	month = (iso[5] - '0') * 10 + (iso[6] - '0') - 1;
	ASSERT(month >= 0 && month < 12);
	(void)snprintf(ret_text, HTTP_DATE_SIZE, "%.3s, %.2s %.3s %.4s %.8s GMT",
		       days + day % 7 * 3, iso + 8, months + month * 3, iso, iso + 11);
}

void
http_print_status(struct buf *to, int status)
{
	ASSERT(status >= 100 && status <= 599);
	buf_format(to, "HTTP/1.1 %d %s\r\n", status, http_status_phrase(status));
}

void
http_print_header(struct buf *to, const char *name, const char *value)
{
	ASSERT(strpbrk(value, "\r\n") == NULL);
	buf_put_text(to, name);
	buf_put(to, ": ", 2);
	buf_put_text(to, value);
	buf_put(to, "\r\n", 2);
}
