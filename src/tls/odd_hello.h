/*
 * odd_hello.h - a ClientHello that is unusual on purpose, to see who on the way stumbles over it
 * (secho-client path).
 */
#ifndef SECHO_ODD_HELLO_H
#define SECHO_ODD_HELLO_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include <secho/error.h>

#include "base/attributes.h"

#define ODD_HELLO_PADDING_MAX 4096

/* {0} is nothing unusual. */
struct odd_hello {
    size_t padding; /* so many bytes longer than it had to be: 0..ODD_HELLO_PADDING_MAX */
    bool nameless;  /* no server name (SNI); the certificate must have the name all the same */
};

/* Before an SSL is made of the context. `odd` must outlive it. -1: no memory. */
MUST_CHECK int odd_hello_pad(SSL_CTX *context, const struct odd_hello *odd,
                             struct secho_error *err);

/* After trust_session(), before the handshake. */
void odd_hello_hide_name(SSL *tls, const struct odd_hello *odd);

#endif
