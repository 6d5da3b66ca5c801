/* stapled.h - the OCSP response that came with a server's certificate (RFC 6066 8), if one did. */
#ifndef SECHO_STAPLED_H
#define SECHO_STAPLED_H

#include <openssl/ssl.h>
#include <stddef.h>

/* Before the handshake: asks for it. */
void stapled_ask(SSL *tls);

/*
 * After it: "none", "good until 2026-11-29T18:42:15Z", "revoked until ...", "outdated since ...",
 * "of no use: ...". Nothing is decided by it. Less than `size` bytes.
 */
void stapled_describe(SSL *tls, char *text, size_t size);

#endif
