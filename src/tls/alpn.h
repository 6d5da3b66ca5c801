/* alpn.h - the application protocol that a listener chooses (ALPN, RFC 7301). */
#ifndef SECHO_ALPN_H
#define SECHO_ALPN_H

#include <openssl/ssl.h>
#include <stddef.h>

#include "base/attributes.h"

#define ALPN_NAME_MAX 255 /* bytes of a name: RFC 7301 3.1 */

struct alpn {
    unsigned char *wire; /* a byte of length before each name, best first; NULL: any or none */
    unsigned len;
};

/*
 * alpn_init - take the names, best first, 1..ALPN_NAME_MAX bytes each.
 *
 * -1: no memory; then there is nothing to be done with alpn_done() either.
 */
MUST_CHECK int alpn_init(struct alpn *alpn, char *const *names, size_t count);

/*
 * Makes the context choose from the list, which must live as long; without names it does not look
 * at what a client offers. A client without ALPN is fine, one that offers nothing of ours gets the
 * alert no_application_protocol.
 */
void alpn_use(SSL_CTX *context, struct alpn *alpn);

void alpn_done(struct alpn *alpn);

#endif
