/* missing.h - what a client lacks for whom no cipher suite was found. */
#ifndef SECHO_MISSING_H
#define SECHO_MISSING_H

#include "tls/stream.h"

/*
 * `tls` is a server's, and its handshake has failed with SSL_R_NO_SHARED_CIPHER. In TLS 1.2 a suite
 * stands for the key of a certificate and for a key exchange, too: OpenSSL says the same when the
 * client knows none of our groups, or cannot check the signatures of our certificates.
 *
 * Returns STREAM_REASON_NO_COMMON_SUITE, _GROUP or _SIGNATURE; of a client's always the first.
 */
enum stream_reason missing_in_common(SSL *tls);

#endif
