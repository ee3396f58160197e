/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a push message and around it: origin, topic, payload, and the signed
 * statement of who sends it. Values in, values out.
 */

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "service/push_state.h"

#define TOKEN_LASTS_S (12 * 3600) /* RFC 8292 §2: 24 hours at most; clocks differ */

/* An authority as browsers write it: no user, no escapes; a port only where it is not the usual one. */
static bool
authority_is_plain(const char *text, size_t length)
{
	static const char known[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.-_:[]";

	for (size_t i = 0; i < length; i++) {
		if (memchr(known, text[i], sizeof known - 1) == NULL)
			return false;
	}
	return length > 0 && length <= HOST_MAX && text[0] != ':';
}

bool
push_origin(const char *endpoint, char ret_origin[static PUSH_ORIGIN_SIZE])
{
	bool secure = text_starts_with(endpoint, "https://");
	size_t scheme = secure ? 8 : 7, length;
	const char *usual = secure ? ":443" : ":80";

	if (!secure && !text_starts_with(endpoint, "http://"))
		return false;
	length = strcspn(endpoint + scheme, "/?#");
	if (!authority_is_plain(endpoint + scheme, length) || endpoint[scheme + length] != '/')
		return false;
	for (size_t i = 0; i < scheme + length; i++) {
		char c = endpoint[i];

		ret_origin[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	ret_origin[scheme + length] = '\0';
	if (text_ends_with(ret_origin, usual))
		ret_origin[scheme + length - strlen(usual)] = '\0';
	return true;
}

bool
push_origin_ip(const char *origin, struct ip *ret_ip)
{
	const char *at = strstr(origin, "://");
	char host[IP_TEXT_SIZE];
	size_t length;

	ASSERT(at != NULL);
	at += 3;
	if (*at == '[')
		length = strcspn(++at, "]");
	else
		length = strcspn(at, ":");
	if (length >= sizeof host)
		return false;
	memcpy(host, at, length);
	host[length] = '\0';
	return ip_parse(host, ret_ip);
}

/* RFC 8292 §2: {typ, alg} and {aud, exp, sub}, signed with the key that browsers subscribed with. */
char *
push_authorization(const struct push *push, const char *origin, struct instant now)
{
	static const char head[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
	struct seal_port *seal = plane_ports(push->plane)->seal;
	unsigned char signature[SEAL_SIGNATURE_SIZE];
	CLEANUP(buf_deinit) struct buf token = BUF_NULL;
	CLEANUP(json_freep) json_t *claims = json_object();
	CLEANUP(text_freep) char *text = NULL;

	json_set_text(claims, "aud", origin);
	json_set_integer(claims, "exp", now.ms / 1000 + TOKEN_LASTS_S);
	json_set_text(claims, "sub", push->subject);
	text = json_text(claims);
	base64url_put(&token, head, sizeof head - 1);
	buf_put_byte(&token, '.');
	base64url_put(&token, text, strlen(text));
	seal->sign(seal, &push->pair, token.data, token.length, signature);
	buf_put_byte(&token, '.');
	base64url_put(&token, signature, sizeof signature);
	return text_format("Authorization: vapid t=%s, k=%s", buf_text(&token), push->public_key);
}

char *
push_payload(const struct push_sending *sending, const char *epoch)
{
	CLEANUP(json_freep) json_t *body = json_object();
	CLEANUP(text_freep)
	char *event = text_format("%s:%llu", epoch, (unsigned long long)sending->event);
	CLEANUP(text_freep) char *url = text_copy("/");
	char *text;

	if (server_name_is_valid(sending->server)) {
		mem_free(url);
		url = text_format("/#/servers/%s", sending->server);
	}
	json_set_text(body, "title", sending->title);
	json_set_text(body, "body", sending->text);
	json_set_text(body, "tag", sending->tag);
	json_set_text(body, "url", url);
	json_set_text(body, "server", sending->server);
	json_set_text(body, "event", event);
	text = json_text(body);
	ASSERT(strlen(text) <= SEAL_PLAIN_LIMIT); /* its parts are bounded and printable */
	return text;
}

void
push_topic(const struct push *push, const char *tag, char ret_topic[static 33])
{
	struct secrets_port *secrets = plane_ports(push->plane)->secrets;
	CLEANUP(text_freep) char *text = text_format("%s %s", push->public_key, tag);
	char digest[DIGEST_TEXT_SIZE];

	secrets->digest(secrets, text, digest);
	memcpy(ret_topic, digest, 32);
	ret_topic[32] = '\0';
}
