/*
 * accepted.h - what a listener accepts, in the words of hello_text.h: made once, when its context
 * is made, for the lines of handshakes that fail.
 */
#ifndef SECHO_ACCEPTED_H
#define SECHO_ACCEPTED_H

#include <openssl/ssl.h>

#include "base/attributes.h"
#include "tls/hello.h"

/*
 * accepted_note - keep it with the listener (shared.h).
 *
 *   tls    a server, whose context is one of a listener's
 *   hello  of a client with the very lists of the listener
 *
 * Of the suites and signatures only those are left that a certificate of this context can do; what
 * it can do in TLS 1.2 only is said to be so. Names are told where an unknown one is refused, ALPN
 * where the listener has a list. -1: no memory.
 */
MUST_CHECK int accepted_note(SSL *tls, const struct hello *hello);

/* What the context of this connection accepts; "" when nobody has noted it. Any thread. */
const char *accepted_of(const SSL *tls);

#endif
