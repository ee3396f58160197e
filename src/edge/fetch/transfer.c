/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request: see the header. The guard stands twice, since a connection may be fresh
 * (the socket is refused before it is made) or kept from a request that was allowed more
 * (refused before anything is sent over it).
 */

#include "fetch/transfer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reach.h"
#include "fetch/exchange.h"
#include "fetch/fetch_port.h"

/* ---- what transfers share ---- */

void
transfer_terms_deinit(struct transfer_terms *terms)
{
	mem_free(terms->user_agent);
	mem_free(terms->ca_file);
	mem_free(terms->allow);
}

void
transfer_terms_set(struct transfer_terms *terms, const struct fetch_options *options)
{
	bool body_is_lent = terms->body_is_lent;

	transfer_terms_deinit(terms);
	*terms = (struct transfer_terms){ .user_agent = text_copy(options->user_agent),
					  .ca_file = text_copy(options->ca_file),
					  .allow_count = options->allow_count,
					  .body_is_lent = body_is_lent };
	terms->allow = mem_new_array(options->allow_count, sizeof *terms->allow);
	if (options->allow_count > 0)
		memcpy(terms->allow, options->allow, options->allow_count * sizeof *terms->allow);
}

/* ---- the guard ---- */

static bool
address_ip(const struct sockaddr *address, struct ip *ret_ip)
{
	if (address->sa_family == AF_INET) {
		memset(ret_ip, 0, sizeof *ret_ip);
		ret_ip->bytes[10] = ret_ip->bytes[11] = 0xff;
		memcpy(ret_ip->bytes + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
		return true;
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(ret_ip->bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	return true;
}

static bool
may_reach(struct transfer *transfer, const struct ip *ip)
{
	const struct transfer_terms *terms = transfer->terms;
	const char *special;

	if (transfer->reach == HTTP_REACH_ANY)
		return true;
	special = ip_special(ip);
	if (special == NULL)
		return true;
	for (size_t i = 0; i < terms->allow_count; i++)
		if (network_holds(&terms->allow[i], ip))
			return true;
	transfer->forbidden = special;
	return false;
}

static curl_socket_t
on_open_socket(void *argument, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = argument;
	struct ip ip;

	if (purpose != CURLSOCKTYPE_IPCXN || !address_ip(&address->addr, &ip) ||
	    !may_reach(transfer, &ip))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Connected, and about to send: from here on it may have happened. */
static int
on_before_request(void *argument, char *peer, char *local, int peer_port, int local_port)
{
	struct transfer *transfer = argument;
	struct ip ip;

	(void)local;
	(void)peer_port;
	(void)local_port;
	if (!ip_parse(peer, &ip) || !may_reach(transfer, &ip))
		return CURL_PREREQFUNC_ABORT;
	transfer->sent = true;
	return CURL_PREREQFUNC_OK;
}

/* ---- what comes ---- */

static void
result_clear(struct transfer *transfer)
{
	http_result_free(transfer->result);
	transfer->result = mem_new(sizeof *transfer->result);
}

static void
result_add(struct http_result *result, const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);
	const char *value = colon + 1, *end = line + length;
	size_t name_length = (size_t)(colon - line), room;
	char *name;

	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	room = (size_t)(end - value) < FETCH_VALUE_LIMIT ? (size_t)(end - value) + 1
							 : FETCH_VALUE_LIMIT;
	name = text_copy_n(line, name_length);
	for (char *c = name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	result->headers[result->header_count].name = name;
	result->headers[result->header_count].value = mem_new(room);
	text_clean(result->headers[result->header_count].value, room, value, (size_t)(end - value));
	result->header_count++;
}

static size_t
on_header(char *line, size_t one, size_t length, void *argument)
{
	struct transfer *transfer = argument;
	const char *colon;

	(void)one;
	transfer->head_length += length;
	if (transfer->head_length > FETCH_HEAD_LIMIT) {
		transfer->head_too_long = true;
		return 0;
	}
	if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
		result_clear(transfer); /* of an interim answer */
		transfer->head_is_whole = false;
		return length;
	}
	if (length > 0 && length <= 2 && line[length - 1] == '\n')
		transfer->head_is_whole = true;
	colon = memchr(line, ':', length);
	if (colon != NULL && colon > line && line[0] != ' ' && line[0] != '\t' &&
	    transfer->result->header_count < HTTP_RESULT_HEADERS)
		result_add(transfer->result, line, length);
	return length;
}

static bool
is_ok(const struct transfer *transfer)
{
	long status = 0;

	(void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	return status == 200;
}

static size_t
on_body(char *bytes, size_t one, size_t length, void *argument)
{
	struct transfer *transfer = argument;
	size_t room = transfer->answer_limit - transfer->body.length;

	(void)one;
	if (transfer->sink != NULL && is_ok(transfer)) {
		curl_off_t expected = 0;

		(void)curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
					&expected);
		transfer->sink->expected = expected > 0 ? (uint64_t)expected : 0;
		transfer->sink_failed = transfer->sink->take(transfer->sink, bytes, length) < 0;
		return transfer->sink_failed ? 0 : length;
	}
	buf_put(&transfer->body, bytes, length < room ? length : room);
	if (length <= room)
		return length;
	transfer->cut = true; /* and libcurl closes */
	return 0;
}

/* ---- what is asked ---- */

static bool
read_url(struct transfer *transfer, const char *url, char why[static REASON_LIMIT + 1])
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL, *user = NULL;
	bool is_right = false;

	ASSERT(parts != NULL);
	if (strlen(url) > FETCH_URL_LIMIT)
		(void)text_put(why, REASON_LIMIT + 1, "the address is too long");
	else if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
		 curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
		 curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
		 curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		(void)text_put(why, REASON_LIMIT + 1,
			       "the address is not one; expected http:// or https:// and a host");
	else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		(void)text_put(why, REASON_LIMIT + 1,
			       "the address must begin with http:// or https://");
	else if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
		(void)text_put(why, REASON_LIMIT + 1,
			       "the address must be without user and password");
	else if (strlen(host) > HOST_MAX)
		(void)text_put(why, REASON_LIMIT + 1, "the address's host is too long");
	else
		is_right = true;
	if (is_right)
		(void)snprintf(transfer->host, sizeof transfer->host, "%s:%s", host, port);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(user);
	curl_url_cleanup(parts);
	return is_right;
}

static void
add_header(struct transfer *transfer, const char *line)
{
	transfer->headers = curl_slist_append(transfer->headers, line);
	ASSERT(transfer->headers != NULL);
}

/* libcurl leaves out a header that is written without a value; "Name;" is sent empty. */
static bool
take_headers(struct transfer *transfer, const struct http_order *order)
{
	bool has_type = false;

	for (size_t i = 0; i < order->header_count; i++) {
		const char *line = order->headers[i], *colon = strchr(line, ':');
		CLEANUP(text_freep) char *copy = text_copy(line);

		if (colon == NULL || colon == line || strpbrk(line, "\r\n") != NULL)
			return false;
		if (colon[1 + strspn(colon + 1, " \t")] == '\0') {
			copy[colon - line] = ';';
			copy[colon - line + 1] = '\0';
		}
		has_type = has_type || strncasecmp(line, "content-type:", 13) == 0;
		transfer->held += strlen(line);
		add_header(transfer, copy);
	}
	if (!has_type)
		add_header(transfer, "Content-Type:");
	add_header(transfer, "Expect:");
	return true;
}

static void
set_method(struct transfer *transfer, const struct http_order *order)
{
	CURL *curl = transfer->curl;
	bool is_head = strcmp(order->method, "HEAD") == 0;

	if (is_head) {
		(void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	} else if (order->body_length > 0 || strcmp(order->method, "GET") != 0) {
		(void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
				       (curl_off_t)order->body_length);
		ASSERT(curl_easy_setopt(curl,
					transfer->terms->body_is_lent ? CURLOPT_POSTFIELDS
								      : CURLOPT_COPYPOSTFIELDS,
					order->body_length > 0 ? order->body : "") == CURLE_OK);
		(void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, order->method);
	}
	transfer->held += order->body_length;
}

static void
set_callbacks(struct transfer *transfer)
{
	CURL *curl = transfer->curl;

	(void)curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
	(void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	(void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfer);
	(void)curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_before_request);
	(void)curl_easy_setopt(curl, CURLOPT_PREREQDATA, transfer);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
}

static void
set_rules(struct transfer *transfer)
{
	CURL *curl = transfer->curl;

	/* What must not fail: each of these is a wall. */
	ASSERT(curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK);
	ASSERT(curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK);
	ASSERT(curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK);
	ASSERT(curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK);
	ASSERT(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK);
	ASSERT(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK);
	ASSERT(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK);
	ASSERT(curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
	       CURLE_OK);
	(void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* Far beyond any deadline of ours. */
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 600000L);
	/* Not kept long: the shorter, the rarer one that the other side has just closed. */
	(void)curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, 20L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A look-up that is given up is left to its thread, not waited for. */
	(void)curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
#endif
	if (transfer->terms->user_agent != NULL)
		(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, transfer->terms->user_agent);
	if (transfer->terms->ca_file != NULL)
		(void)curl_easy_setopt(curl, CURLOPT_CAINFO, transfer->terms->ca_file);
}

struct transfer *
transfer_new(const struct http_order *order, const struct transfer_terms *terms,
	     char why[static REASON_LIMIT + 1])
{
	struct transfer *transfer = mem_new(sizeof *transfer);

	transfer->terms = terms;
	transfer->reach = order->reach;
	transfer->answer_limit = order->answer_limit;
	if (!read_url(transfer, order->url, why)) {
		transfer_free(transfer);
		return NULL;
	}
	transfer->curl = curl_easy_init();
	ASSERT(transfer->curl != NULL);
	transfer->held = sizeof *transfer + strlen(order->url);
	if (!take_headers(transfer, order)) {
		(void)text_put(why, REASON_LIMIT + 1, "a header of the request is malformed");
		transfer_free(transfer);
		return NULL;
	}
	result_clear(transfer);
	set_rules(transfer);
	set_callbacks(transfer);
	set_method(transfer, order);
	(void)curl_easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, transfer->headers);
	ASSERT(curl_easy_setopt(transfer->curl, CURLOPT_URL, order->url) == CURLE_OK);
	return transfer;
}

void
transfer_close(struct transfer *transfer)
{
	if (transfer->curl != NULL)
		curl_easy_cleanup(TAKE(transfer->curl));
}

void
transfer_free(struct transfer *transfer)
{
	transfer_close(transfer);
	curl_slist_free_all(transfer->headers);
	http_result_free(transfer->result);
	buf_deinit(&transfer->body);
	mem_free(transfer);
}

/* ---- what it came to ---- */

static struct reply
reply_why(const struct transfer *transfer, const char *why)
{
	struct reply reply = { .ticket = transfer->ticket,
			       .result = transfer->sent ? REPLY_UNKNOWN : REPLY_REFUSED };

	(void)snprintf(reply.reason, sizeof reply.reason, "%.100s: %s", transfer->host, why);
	return reply;
}

static const char *
connect_trouble(const struct transfer *transfer)
{
	long error = 0;

	(void)curl_easy_getinfo(transfer->curl, CURLINFO_OS_ERRNO, &error);
	switch (error) {
	case ECONNREFUSED:
		return "nothing listens there";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "there is no way there from this machine";
	default:
		return "no connection could be made";
	}
}

static struct reply
reply_not_sent(const struct transfer *transfer, CURLcode code)
{
	char why[REASON_LIMIT + 1];

	if (transfer->forbidden != NULL) {
		(void)snprintf(why, sizeof why,
			       "its address is %s; what must be reached all the same goes into "
			       "`outbound.allow`",
			       transfer->forbidden);
		return reply_why(transfer, why);
	}
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		return reply_why(transfer, "there is no such name, or the machine's DNS does not "
					   "answer");
	if (code == CURLE_COULDNT_CONNECT)
		return reply_why(transfer, connect_trouble(transfer));
	if (code == CURLE_PEER_FAILED_VERIFICATION) {
		(void)snprintf(why, sizeof why, "its certificate is not trusted (%.120s)",
			       transfer->error);
		return reply_why(transfer, why);
	}
	if (code == CURLE_SSL_CACERT_BADFILE)
		return reply_why(transfer, "the certificates of `outbound.ca_file` cannot be "
					   "read");
	(void)snprintf(why, sizeof why, "no connection could be made (%.120s)",
		       transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(code));
	return reply_why(transfer, why);
}

struct reply
transfer_reply(struct transfer *transfer, CURLcode code)
{
	struct reply reply = { .ticket = transfer->ticket,
			       .result = REPLY_DONE,
			       .holds = REPLY_HTTP };
	char why[REASON_LIMIT + 1];
	long status = 0;

	(void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	if ((code == CURLE_OK || (code == CURLE_WRITE_ERROR && transfer->cut)) && status >= 200 &&
	    transfer->head_is_whole) {
		reply.as.http = TAKE(transfer->result);
		reply.as.http->status = (int)status;
		reply.as.http->body_length = transfer->body.length;
		reply.as.http->body = buf_take_text(&transfer->body);
		return reply;
	}
	if (transfer->head_too_long)
		return reply_why(transfer, "its answer's headers are too long");
	if (transfer->sink_failed) {
		reply.result = REPLY_REFUSED;
		reply.holds = REPLY_NOTHING;
		(void)text_put(reply.reason, sizeof reply.reason, transfer->sink->why);
		return reply;
	}
	if (!transfer->sent)
		return reply_not_sent(transfer, code);
	(void)snprintf(why, sizeof why, "no whole answer came (%.120s)",
		       transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(code));
	return reply_why(transfer, why);
}

struct reply
transfer_late_reply(const struct transfer *transfer)
{
	if (transfer->is == TRANSFER_WAITS)
		return reply_why(transfer, "too much else was being sent; its turn did not come "
					   "in time");
	return reply_why(transfer,
			 transfer->sent ? "no whole answer came in time" : "no connection in time");
}
