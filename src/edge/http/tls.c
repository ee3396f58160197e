/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL over memory BIOs. A reload makes a whole new context and swaps it in;
 * sessions under way keep the old one by OpenSSL's own reference.
 */

#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>
#include <stdio.h>
#include <string.h>

struct http_tls {
	SSL_CTX *context;
	char *certificate_path, *key_path;
};

struct tls_session {
	SSL *ssl;
	BIO *received, *to_send; /* owned by ssl */
};

static void
context_freep(SSL_CTX **context)
{
	SSL_CTX_free(*context);
}

/* The first error of the queue is the cause; what follows says who passed it on. */
static const char *
cause_of(unsigned long error)
{
	const char *reason;

	if (ERR_SYSTEM_ERROR(error))
		return strerror(ERR_GET_REASON(error));
	/* A key that is none ends in the decoders, as "unsupported". */
	if ((ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) ||
	    ERR_GET_REASON(error) == ERR_R_UNSUPPORTED)
		return "there is no PEM block of that kind in it";
	if (ERR_GET_LIB(error) == ERR_LIB_X509 &&
	    ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH)
		return "it does not belong to the certificate";
	reason = ERR_reason_error_string(error);
	return reason != NULL ? reason : "OpenSSL does not say why";
}

static void
say_why(char why[static REASON_LIMIT + 1], const char *what, const char *path)
{
	(void)snprintf(why, REASON_LIMIT + 1, "%s %s cannot be used: %s", what, path,
		       cause_of(ERR_peek_error()));
	ERR_clear_error();
}

static int
select_protocol(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_length,
		const unsigned char *offered, unsigned offered_length, void *unused)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)unused;
	if (SSL_select_next_proto(&chosen, ret_length, ours, sizeof ours - 1, offered,
				  offered_length) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret_name = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
context_new(const char *certificate_path, const char *key_path, char why[static REASON_LIMIT + 1])
{
	CLEANUP(context_freep) SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	ASSERT(context != NULL);
	ERR_clear_error();
	ASSERT(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
	(void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	(void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
	if (SSL_CTX_use_certificate_chain_file(context, certificate_path) != 1) {
		say_why(why, "the certificate", certificate_path);
		return NULL;
	}
	if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) != 1) {
		say_why(why, "the key", key_path);
		return NULL;
	}
	if (SSL_CTX_check_private_key(context) != 1) {
		say_why(why, "the key", key_path);
		return NULL;
	}
	return TAKE(context);
}

struct http_tls *
http_tls_new(const char *certificate_path, const char *key_path,
	     char ret_why[static REASON_LIMIT + 1])
{
	SSL_CTX *context = context_new(certificate_path, key_path, ret_why);
	struct http_tls *tls;

	if (context == NULL)
		return NULL;
	tls = mem_new(sizeof *tls);
	tls->context = context;
	tls->certificate_path = text_copy(certificate_path);
	tls->key_path = text_copy(key_path);
	return tls;
}

void
http_tls_free(struct http_tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	mem_free(tls->certificate_path);
	mem_free(tls->key_path);
	mem_free(tls);
}

bool
http_tls_reload(struct http_tls *tls, char ret_why[static REASON_LIMIT + 1])
{
	SSL_CTX *context = context_new(tls->certificate_path, tls->key_path, ret_why);

	if (context == NULL)
		return false;
	SSL_CTX_free(tls->context);
	tls->context = context;
	return true;
}

struct tls_session *
tls_session_new(struct http_tls *tls)
{
	struct tls_session *session = mem_new(sizeof *session);

	session->ssl = SSL_new(tls->context);
	session->received = BIO_new(BIO_s_mem());
	session->to_send = BIO_new(BIO_s_mem());
	ASSERT(session->ssl != NULL && session->received != NULL && session->to_send != NULL);
	/* An empty memory BIO means "no more yet", not the end. */
	(void)BIO_set_mem_eof_return(session->received, -1);
	SSL_set_bio(session->ssl, session->received, session->to_send);
	SSL_set_accept_state(session->ssl);
	return session;
}

void
tls_session_free(struct tls_session *session)
{
	if (session == NULL)
		return;
	SSL_free(session->ssl);
	mem_free(session);
}

/* Move what OpenSSL wants to send. */
static void
collect(struct tls_session *session, struct buf *cipher)
{
	char *bytes;
	long length = BIO_get_mem_data(session->to_send, &bytes);

	if (length <= 0)
		return;
	buf_put(cipher, bytes, (size_t)length);
	(void)BIO_reset(session->to_send);
}

/* Read plaintext until OpenSSL wants more ciphertext. */
static bool
read_plain(struct tls_session *session, struct buf *plain, bool *ret_ended)
{
	for (;;) {
		size_t got = 0;

		buf_reserve(plain, 4096);
		ERR_clear_error();
		if (SSL_read_ex(session->ssl, plain->data + plain->length,
				plain->capacity - plain->length, &got) == 1) {
			plain->length += got;
			continue;
		}
		switch (SSL_get_error(session->ssl, 0)) {
		case SSL_ERROR_WANT_READ:
			return true;
		case SSL_ERROR_ZERO_RETURN:
			*ret_ended = true;
			return true;
		default:
			ERR_clear_error();
			return false;
		}
	}
}

bool
tls_session_take(struct tls_session *session, const void *bytes, size_t length, struct buf *plain,
		 struct buf *cipher, bool *ret_ended)
{
	bool fine;

	ASSERT(length <= INT32_MAX);
	ASSERT(BIO_write(session->received, bytes, (int)length) == (int)length);
	fine = read_plain(session, plain, ret_ended);
	collect(session, cipher);
	return fine;
}

bool
tls_session_put(struct tls_session *session, const void *bytes, size_t length, struct buf *cipher)
{
	size_t written = 0;
	bool fine = true;

	ERR_clear_error();
	if (length > 0)
		fine = SSL_write_ex(session->ssl, bytes, length, &written) == 1 &&
		       written == length;
	ERR_clear_error();
	collect(session, cipher);
	return fine;
}

void
tls_session_end(struct tls_session *session, struct buf *cipher)
{
	ERR_clear_error();
	(void)SSL_shutdown(session->ssl);
	ERR_clear_error();
	collect(session, cipher);
}
