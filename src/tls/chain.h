/* chain.h - a certificate and those that lead to its root, from a PEM file to a context. */
#ifndef SECHO_CHAIN_H
#define SECHO_CHAIN_H

#include <openssl/ssl.h>

#include <secho/error.h>

#include "base/attributes.h"

/*
 * chain_load - read the certificates of a file: the first, and the others in their order.
 *
 *   leaf, issuers  set on success; the caller frees them with X509_free() and
 *                  sk_X509_pop_free(issuers, X509_free)
 *
 * Fails with SECHO_ERR_FILE when the file cannot be read, SECHO_ERR_CONFIG when it has no
 * certificate or one of them is damaged: a chain that is served short fails at the clients.
 */
MUST_CHECK int chain_load(const char *path, X509 **leaf, STACK_OF(X509) * *issuers,
                          struct secho_error *err);

/* The same, to be the context's own certificate and what is sent after it. */
MUST_CHECK int chain_use(SSL_CTX *context, const char *path, struct secho_error *err);

#define CHAIN_WARNING_SIZE 512

/*
 * chain_warning - does a certificate of the file live at another time than now?
 *
 *   text  the first such one and what to do; "" when there is none, or the file cannot be read
 *
 * A chain like that can be served, but clients refuse it.
 */
void chain_warning(const char *path, char text[static CHAIN_WARNING_SIZE]);

#endif
