/* lists.h - lists of suites, groups and signatures in OpenSSL's names, each name checked. */
#ifndef SECHO_LISTS_H
#define SECHO_LISTS_H

#include <openssl/ssl.h>

#include <secho/error.h>

#include "base/attributes.h"

enum lists_kind {
    LISTS_CIPHERS,      /* TLS 1.2 */
    LISTS_CIPHERSUITES, /* TLS 1.3 */
    LISTS_GROUPS,
    LISTS_SIGNATURE_ALGORITHMS,
};

/*
 * Puts a list into the context. -1, SECHO_ERR_CONFIG and the first name that OpenSSL does not know,
 * when there is one.
 */
MUST_CHECK int lists_set(SSL_CTX *context, enum lists_kind kind, const char *list,
                         struct secho_error *err);

#endif
