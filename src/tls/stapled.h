/* stapled.h - the OCSP response that came with a server's certificate (RFC 6066 8), if one did. */
#ifndef SECHO_STAPLED_H
#define SECHO_STAPLED_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Before the handshake: asks for it, and refuses a certificate that is revoked by it (the alert is
 * bad_certificate_status_response, RFC 6066 8), or that demands one and came without (RFC 7633).
 * One that is outdated or of no use is like none. Where nothing is verified nobody is refused.
 * `context` is that of `tls`.
 */
void stapled_ask(SSL_CTX *context, SSL *tls);

/*
 * After it: "none", "good until 2026-11-29T18:42:15Z", "revoked until ...", "outdated since ...",
 * "of no use: ...". Less than `size` bytes.
 */
void stapled_describe(SSL *tls, char *text, size_t size);

/* Does this certificate demand that a response comes with it (RFC 7633)? */
bool stapled_is_demanded(const X509 *leaf);

#endif
