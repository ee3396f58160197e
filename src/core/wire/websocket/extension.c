/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offers of extensions. permessage-deflate may be offered several times, the client's
 * favourite first; an offer with a parameter that is unknown, given twice or has a
 * wrong value is passed over, not an error (RFC 7692 §7.1). Values may be in quotes.
 */

#include "wire/websocket/extension.h"

#include <string.h>

#include "wire/http1/text.h"
#include "wire/websocket/handshake.h"

#define WORD_SIZE	  40 /* the longest that means something is 26 bytes */
#define WINDOW_BITS_MOST  15 /* RFC 7692 §7.1.2.1; also what our deflater uses */
#define WINDOW_BITS_LEAST 9  /* 8 is allowed, but a window of 256 bytes is worth nothing */

struct scan {
	const char *at, *end;
};

struct word {
	char text[WORD_SIZE]; /* terminated; cut when it is longer than means anything */
	size_t length;
};

enum parameter { SERVER_FORGETS, CLIENT_FORGETS, SERVER_WINDOW, CLIENT_WINDOW, PARAMETER_MAX };
enum value { VALUE_NONE, VALUE_MAY, VALUE_MUST };

static const struct {
	const char *name;
	enum value value;
} parameters[PARAMETER_MAX] = {
	[SERVER_FORGETS] = { "server_no_context_takeover", VALUE_NONE },
	[CLIENT_FORGETS] = { "client_no_context_takeover", VALUE_NONE },
	[SERVER_WINDOW] = { "server_max_window_bits", VALUE_MUST },
	[CLIENT_WINDOW] = { "client_max_window_bits", VALUE_MAY },
};

struct offer {
	bool is_deflate, is_refused;
	bool has[PARAMETER_MAX];
	uint8_t server_window;
};

/* --- the grammar ---------------------------------------------------------------------------- */

static void
skip_space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

/* This character, with white space around it. */
static bool
take_mark(struct scan *s, char mark)
{
	skip_space(s);
	if (s->at == s->end || *s->at != mark)
		return false;
	s->at++;
	skip_space(s);
	return true;
}

static bool
word_put(struct word *w, char c)
{
	if (!http_is_token(&c, 1))
		return false;
	if (w->length + 1 < sizeof w->text)
		w->text[w->length] = c;
	w->length++;
	return true;
}

static bool
take_token(struct scan *s, struct word *ret)
{
	*ret = (struct word){ .length = 0 };
	while (s->at < s->end && word_put(ret, *s->at))
		s->at++;
	return ret->length > 0;
}

/* What is in quotes must be a token when the quotes are gone (RFC 6455 §9.1). */
static bool
take_quoted(struct scan *s, struct word *ret)
{
	*ret = (struct word){ .length = 0 };
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
		if (*s->at == '\\' && ++s->at == s->end)
			return false;
		if (!word_put(ret, *s->at))
			return false;
	}
	return s->at++ < s->end && ret->length > 0;
}

static bool
word_is(const struct word *w, const char *text)
{
	return http_same(w->text, w->length < sizeof w->text ? w->length : 0, text);
}

/* --- what the words mean -------------------------------------------------------------------- */

/* 8 to 15, written shortly; else 0. */
static uint8_t
window_bits(const struct word *w)
{
	if (w->length == 1 && (w->text[0] == '8' || w->text[0] == '9'))
		return (uint8_t)(w->text[0] - '0');
	if (w->length == 2 && w->text[0] == '1' && w->text[1] >= '0' && w->text[1] <= '5')
		return (uint8_t)(10 + w->text[1] - '0');
	return 0;
}

static bool
learn_parameter(struct offer *o, const struct word *name, const struct word *value)
{
	unsigned p = 0;
	bool has_value = value->length > 0;

	while (p < PARAMETER_MAX && !word_is(name, parameters[p].name))
		p++;
	if (p == PARAMETER_MAX || o->has[p])
		return false;
	o->has[p] = true;
	if (has_value ? parameters[p].value == VALUE_NONE : parameters[p].value == VALUE_MUST)
		return false;
	if (!has_value)
		return true;
	if (p == SERVER_WINDOW) {
		o->server_window = window_bits(value);
		return o->server_window >= WINDOW_BITS_LEAST;
	}
	return window_bits(value) != 0; /* any window of the client's is within ours */
}

static bool
take_parameter(struct scan *s, struct offer *o)
{
	struct word name, value = { .length = 0 };

	if (!take_token(s, &name))
		return false;
	if (take_mark(s, '=') &&
	    !(s->at < s->end && *s->at == '"' ? take_quoted(s, &value) : take_token(s, &value)))
		return false;
	if (!learn_parameter(o, &name, &value))
		o->is_refused = true;
	return true;
}

/* One extension with its parameters, and the comma behind it. False: not the grammar. */
static bool
take_offer(struct scan *s, struct offer *ret)
{
	struct word name;

	*ret = (struct offer){ .server_window = WINDOW_BITS_MOST };
	if (!take_token(s, &name))
		return false;
	ret->is_deflate = word_is(&name, "permessage-deflate");
	while (take_mark(s, ';'))
		if (!take_parameter(s, ret))
			return false;
	return s->at == s->end || take_mark(s, ',');
}

/* Empty places of the list are skipped (RFC 9110 §5.6.1.2). */
static bool
has_more(struct scan *s)
{
	while (take_mark(s, ','))
		continue;
	return s->at < s->end;
}

static bool
scan_header(const struct http_head *head, const char *bytes, size_t nth, struct scan *ret)
{
	const struct http_header *header =
		http_header_find(head, bytes, "Sec-WebSocket-Extensions", nth);

	if (header == NULL)
		return false;
	ret->at = bytes + header->value.at;
	ret->end = ret->at + header->value.length;
	return true;
}

bool
websocket_extensions_are_right(const struct http_head *head, const char *bytes)
{
	struct scan s;
	struct offer offer;

	for (size_t n = 0; scan_header(head, bytes, n, &s); n++)
		while (has_more(&s))
			if (!take_offer(&s, &offer))
				return false;
	return true;
}

/* --- the terms ------------------------------------------------------------------------------ */

bool
websocket_terms_agree(const struct http_head *head, const char *bytes, struct websocket_terms *ret)
{
	struct scan s;
	struct offer offer;

	*ret = (struct websocket_terms){ 0 };
	for (size_t n = 0; scan_header(head, bytes, n, &s); n++) {
		while (has_more(&s) && take_offer(&s, &offer)) {
			if (!offer.is_deflate || offer.is_refused)
				continue;
			ret->window_bits = offer.server_window;
			ret->names_window = offer.has[SERVER_WINDOW];
			return true;
		}
	}
	return false;
}

void
websocket_terms_print(const struct websocket_terms *terms, struct buf *to)
{
	ASSERT(terms->window_bits >= WINDOW_BITS_LEAST && terms->window_bits <= WINDOW_BITS_MOST);
	buf_put_text(to, "permessage-deflate; server_no_context_takeover; "
			 "client_no_context_takeover");
	if (terms->names_window)
		buf_format(to, "; server_max_window_bits=%u", terms->window_bits);
}

bool
websocket_terms_fit(const struct websocket_terms *terms, size_t length)
{
	if (terms->window_bits == WINDOW_BITS_MOST)
		return true;
	return terms->window_bits > 0 && length <= (size_t)1 << terms->window_bits;
}
