/*
 * witness.h - what OpenSSL does not keep of a handshake, for those who are going to tell of it
 * (secho-client report). Nobody else pays for it.
 */
#ifndef SECHO_WITNESS_H
#define SECHO_WITNESS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/attributes.h"

#define WITNESS_OFFERED_MAX 1024 /* bytes of the client's ALPN list that are kept */

struct witness {
    bool retried;                               /* a HelloRetryRequest was sent (RFC 8446 4.1.4) */
    unsigned char offered[WITNESS_OFFERED_MAX]; /* ALPN as the client offered it: a byte of length
                                                   before each name (RFC 7301 3.1) */
    size_t offered_len;
};

/*
 * Begins to note what happens on `tls`: before the handshake, or in one of its callbacks. What is
 * noted lives as long as the SSL. -1: no memory.
 */
MUST_CHECK int witness_watch(SSL *tls);

/* Keeps what a client has offered: as many whole names as there is room for. */
void witness_note_offered(SSL *tls, const unsigned char *offered, size_t len);

/* What was noted; NULL where nobody watched. */
const struct witness *witness_of(const SSL *tls);

#endif
