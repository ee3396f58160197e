/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include "certificate.h"
#include "server_fixture.h"

/* Says how long the body was, and sends a long answer to "/long". */
static void
answer(void *argument, struct http_exchange *exchange, const struct http_request *r)
{
	static char text[300000];
	struct http_response response = { .status = 200, .body = text };

	(void)argument;
	memset(text, 'x', sizeof text);
	response.body_length = (size_t)snprintf(text, sizeof text, "[%s %zu %s]", r->path,
						r->body_length, r->secure ? "secure" : "plain");
	if (strcmp(r->path, "/long") == 0) {
		memset(text, 'x', sizeof text);
		text[sizeof text - 1] = ']';
		response.body_length = sizeof text;
	}
	http_answer(exchange, &response);
}

struct client {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
};

static bool
client_open(struct client *client, unsigned short port, const char *protocols, int version)
{
	struct timeval patience = { .tv_sec = 5 };

	client->context = SSL_CTX_new(TLS_client_method());
	ASSERT(SSL_CTX_set_max_proto_version(client->context, version) == 1);
	SSL_CTX_set_security_level(client->context, 0);
	ASSERT(SSL_CTX_set_min_proto_version(client->context, TLS1_VERSION) == 1);
	client->ssl = SSL_new(client->context);
	client->fd = client_connect(port);
	ASSERT(setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
	if (protocols != NULL)
		ASSERT(SSL_set_alpn_protos(client->ssl, (const unsigned char *)protocols,
					   (unsigned)strlen(protocols)) == 0);
	ASSERT(SSL_set_fd(client->ssl, client->fd) == 1);
	return SSL_connect(client->ssl) == 1;
}

static void
client_close(struct client *client)
{
	(void)SSL_shutdown(client->ssl);
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	(void)close(client->fd);
}

static size_t
client_ask(struct client *client, const char *request, char *text, size_t size)
{
	size_t length = 0;
	int got;

	ASSERT(SSL_write(client->ssl, request, (int)strlen(request)) == (int)strlen(request));
	do {
		got = SSL_read(client->ssl, text + length, (int)(size - 1 - length));
		if (got > 0)
			length += (size_t)got;
		text[length] = '\0';
	} while (got > 0 && strchr(text, ']') == NULL);
	return length;
}

static struct server_fixture
fixture(void)
{
	return (struct server_fixture){ .settings = HTTP_SETTINGS_DEFAULT, .handle = answer };
}

static void
a_request_travels_through_tls(void **unused)
{
	struct certificate_files files = certificate_files_new("first", NULL);
	char why[REASON_LIMIT + 1] = "";
	struct http_tls *tls = http_tls_new(files.certificate, files.key, why);
	struct server_fixture f = fixture();
	static char text[400000];
	struct client c;
	const unsigned char *protocol;
	unsigned protocol_length;

	(void)unused;
	assert_non_null(tls);
	fixture_start(&f, tls, NULL);
	assert_true(client_open(&c, f.port, "\x02h2\x08http/1.1", TLS1_3_VERSION));
	SSL_get0_alpn_selected(c.ssl, &protocol, &protocol_length);
	assert_int_equal(protocol_length, 8);
	assert_memory_equal(protocol, "http/1.1", 8);
	(void)client_ask(&c, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", text, sizeof text);
	assert_non_null(strstr(text, "[/a 0 secure]"));
	(void)client_ask(&c, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", text,
			 sizeof text);
	assert_non_null(strstr(text, "[/b 3 secure]"));
	assert_true(client_ask(&c, "GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			       text, sizeof text) > 100000);
	client_close(&c);
	fixture_stop(&f);
	http_tls_free(tls);
	certificate_files_remove(&files);
}

static void
old_versions_and_other_protocols_are_refused(void **unused)
{
	struct certificate_files files = certificate_files_new("first", NULL);
	char why[REASON_LIMIT + 1] = "";
	struct http_tls *tls = http_tls_new(files.certificate, files.key, why);
	struct server_fixture f = fixture();
	struct client c;
	int fd;

	(void)unused;
	fixture_start(&f, tls, NULL);
	assert_false(client_open(&c, f.port, NULL, TLS1_1_VERSION));
	client_close(&c);
	assert_false(client_open(&c, f.port, "\x02h2", TLS1_3_VERSION));
	client_close(&c);
	assert_true(client_open(&c, f.port, NULL, TLS1_2_VERSION));
	client_close(&c);
	fd = client_connect(f.port); /* plain HTTP at the TLS door */
	client_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_null(strstr(client_read(fd, NULL), "HTTP/1.1"));
	(void)close(fd);
	fixture_stop(&f);
	http_tls_free(tls);
	certificate_files_remove(&files);
}

static void
common_name(struct client *c, char name[static 64])
{
	X509 *certificate = SSL_get1_peer_certificate(c->ssl);

	ASSERT(X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
					 64) > 0);
	X509_free(certificate);
}

static void
a_new_certificate_is_taken_without_closing_the_old_connections(void **unused)
{
	struct certificate_files files = certificate_files_new("first", NULL);
	char why[REASON_LIMIT + 1] = "", name[64];
	struct http_tls *tls = http_tls_new(files.certificate, files.key, why);
	struct server_fixture f = fixture();
	struct client before, after;
	char text[1000];
	FILE *file;

	(void)unused;
	fixture_start(&f, tls, NULL);
	assert_true(client_open(&before, f.port, NULL, TLS1_3_VERSION));
	(void)client_ask(&before, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n", text, sizeof text);
	certificate_make("second", NULL, files.certificate, files.key);
	assert_true(http_tls_reload(tls, why)); /* the server's thread is idle */
	assert_true(client_open(&after, f.port, NULL, TLS1_3_VERSION));
	common_name(&before, name);
	assert_string_equal(name, "first");
	common_name(&after, name);
	assert_string_equal(name, "second");
	(void)client_ask(&before, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n", text, sizeof text);
	assert_non_null(strstr(text, "[/2 0 secure]"));
	client_close(&before);
	client_close(&after);

	file = fopen(files.certificate, "w");
	ASSERT(file != NULL && fclose(file) == 0);
	assert_false(http_tls_reload(tls, why));
	assert_non_null(strstr(why, files.certificate));
	assert_true(client_open(&after, f.port, NULL, TLS1_3_VERSION)); /* the old one stays */
	client_close(&after);
	fixture_stop(&f);
	http_tls_free(tls);
	certificate_files_remove(&files);
}

static void
a_certificate_that_cannot_be_used_is_named(void **unused)
{
	struct certificate_files files = certificate_files_new("first", NULL);
	char why[REASON_LIMIT + 1] = "";

	(void)unused;
	assert_null(http_tls_new("/tmp/roost-none.pem", files.key, why));
	assert_string_equal(why, "the certificate /tmp/roost-none.pem cannot be used: "
				 "No such file or directory");
	assert_null(http_tls_new(files.certificate, "/tmp/roost-none.key", why));
	assert_non_null(strstr(why, "/tmp/roost-none.key"));
	assert_null(http_tls_new(files.certificate, files.certificate, why));
	assert_non_null(strstr(why, "there is no PEM block of that kind in it"));
	certificate_make("other", NULL, "/tmp/roost-other.pem", "/tmp/roost-other.key");
	assert_null(http_tls_new(files.certificate, "/tmp/roost-other.key", why));
	assert_non_null(strstr(why, "the key /tmp/roost-other.key cannot be used: "
				    "it does not belong to the certificate"));
	(void)unlink("/tmp/roost-other.pem");
	(void)unlink("/tmp/roost-other.key");
	certificate_files_remove(&files);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_travels_through_tls),
		cmocka_unit_test(old_versions_and_other_protocols_are_refused),
		cmocka_unit_test(a_new_certificate_is_taken_without_closing_the_old_connections),
		cmocka_unit_test(a_certificate_that_cannot_be_used_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
