/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEST_CERTIFICATE_H
#define ROOST_TEST_CERTIFICATE_H

/* Certificates for tests, in files of this process's own. */

#include <stdio.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/base.h"

/* A self-signed certificate for `name`, and its key, as PEM files. `alternative`: "IP:127.0.0.1". */
static inline void
certificate_make(const char *name, const char *alternative, const char *certificate_path,
		 const char *key_path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);
	FILE *file;

	ASSERT(key != NULL && X509_set_version(certificate, 2) == 1);
	ASSERT(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1);
	ASSERT(X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL);
	ASSERT(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) != NULL);
	ASSERT(X509_set_pubkey(certificate, key) == 1);
	ASSERT(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name,
					  -1, -1, 0) == 1);
	ASSERT(X509_set_issuer_name(certificate, subject) == 1);
	if (alternative != NULL) {
		X509_EXTENSION *extension =
			X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);

		ASSERT(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
		X509_EXTENSION_free(extension);
	}
	ASSERT(X509_sign(certificate, key, EVP_sha256()) > 0);
	file = fopen(certificate_path, "w");
	ASSERT(file != NULL && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
	file = fopen(key_path, "w");
	ASSERT(file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
	       fclose(file) == 0);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

struct certificate_files {
	char certificate[64], key[64];
};

static inline struct certificate_files
certificate_files_new(const char *name, const char *alternative)
{
	struct certificate_files files;

	(void)snprintf(files.certificate, sizeof files.certificate, "/tmp/roost-tls-%d.pem",
		       (int)getpid());
	(void)snprintf(files.key, sizeof files.key, "/tmp/roost-tls-%d.key", (int)getpid());
	certificate_make(name, alternative, files.certificate, files.key);
	return files;
}

static inline void
certificate_files_remove(const struct certificate_files *files)
{
	(void)unlink(files->certificate);
	(void)unlink(files->key);
}

#endif
