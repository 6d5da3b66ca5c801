/*
 * rehearsal.h - one handshake in memory with a context that was just made.
 *
 * Shows that its certificate, key, suites, groups and versions go together, before any client has
 * to find out that they do not; and has OpenSSL load, once and for all workers to come, what a
 * handshake needs.
 */
#ifndef SECHO_REHEARSAL_H
#define SECHO_REHEARSAL_H

#include <openssl/ssl.h>

#include <secho/error.h>

#include "base/attributes.h"

/*
 * rehearsal_hold - shake hands between `server` and `client`, which verifies nothing.
 *
 *   client  has the very lists of the server: what it offers is what the server accepts, and is
 *           noted as that (accepted.h)
 *
 * Fails with SECHO_ERR_CONFIG and OpenSSL's words of the server's side.
 */
MUST_CHECK int rehearsal_hold(SSL_CTX *server, SSL_CTX *client, struct secho_error *err);

#endif
