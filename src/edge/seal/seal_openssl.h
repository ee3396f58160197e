/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SEAL_OPENSSL_H
#define ROOST_SEAL_OPENSSL_H

/* port/seal.h by OpenSSL 3 (its EVP interface only). Any thread may ask. */

#include "port/seal.h"

/* One for the whole program; never freed. */
struct seal_port *seal_openssl(void);

#endif
