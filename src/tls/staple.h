/*
 * staple.h - OCSP responses from files, sent with a certificate to the clients that ask for them
 * (RFC 6066 8, RFC 8446 4.4.2.1).
 */
#ifndef SECHO_STAPLE_H
#define SECHO_STAPLE_H

#include <openssl/ssl.h>
#include <stddef.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "tls/answer.h"

struct staple {
    X509 *leaf; /* owned: whose it is */
    unsigned char *der;
    size_t len;
    struct answer answer;
};

struct staples {
    struct staple *each;
    size_t count;
};

/*
 * staples_add - read and check the response for a certificate.
 *
 * SECHO_ERR_FILE: cannot be read; SECHO_ERR_CONFIG: it is none, or about another certificate, or
 * signed by somebody else. One that is outdated is taken; while it is, it is not sent.
 */
MUST_CHECK int staples_add(struct staples *staples, const char *path, X509 *leaf,
                           STACK_OF(X509) * issuers, struct secho_error *err);

/* Makes the context send them; they must live as long. */
void staples_use(SSL_CTX *context, struct staples *staples);

/* After the handshake: OpenSSL would keep what was sent as long as the connection. */
void staple_forget(SSL *tls);

void staples_done(struct staples *staples); /* {0} is fine */

#define STAPLE_WARNING_SIZE 512 /* as CHAIN_WARNING_SIZE */

/*
 * What is wrong with the response (no path: none) for the first certificate of `chain`, but can be
 * served: "" when nothing is, or a file cannot be read. Clients that insist on a response will
 * refuse.
 */
void staple_warning(const char *path, const char *chain, char text[static STAPLE_WARNING_SIZE]);

#endif
