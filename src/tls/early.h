/*
 * early.h - early data (0-RTT, RFC 8446 2.3): how much is taken, and whose.
 *
 * OpenSSL's own guard against replays is the session cache of one process, which excludes stateless
 * tickets; replay.h takes its place.
 */
#ifndef SECHO_EARLY_H
#define SECHO_EARLY_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "tls/replay.h"

/* Of one listener. Set before it serves. */
struct early {
    uint32_t bytes;        /* of a connection; 0: none is taken */
    struct replay *window; /* NULL: none is taken */
};

/*
 * Makes `context` take it. What is not taken (by who sends none, a hello that came before, a
 * ticket of more than `bytes`) is no error: OpenSSL skips it and the client sends it again.
 * `early` must outlive the context.
 */
void early_use(SSL_CTX *context, struct early *early);

#endif
