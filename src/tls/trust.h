/*
 * trust.h - the client's side of TLS: what we trust, who we are, what we offer.
 *
 * The server's side is context.h.
 */
#ifndef SECHO_TRUST_H
#define SECHO_TRUST_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "tls/fault.h"

/* NULL is the default everywhere. */
struct trust_settings {
    const char *ca_file;          /* PEM; NULL: SSL_CERT_FILE, SSL_CERT_DIR or the system's store */
    const char *cert_file;        /* PEM: our certificate, then those that lead to the root */
    const char *key_file;         /* PEM; NULL: in cert_file */
    int min_version, max_version; /* TLS1_2_VERSION, TLS1_3_VERSION; 0: 1.2, 1.3 */
    const char *ciphers;          /* OpenSSL's lists; NULL: defaults.h */
    const char *ciphersuites;
    const char *groups;
    const char *alpn; /* names separated by commas */
};

/*
 * trust_new - an SSL_CTX for connections to servers.
 *
 * Fails with SECHO_ERR_FILE (cannot be opened), SECHO_ERR_CONFIG (what is in a file is of no use),
 * SECHO_ERR_USAGE (a list has a name that OpenSSL does not know), SECHO_ERR_MEMORY.
 * The caller frees *out with SSL_CTX_free().
 */
MUST_CHECK int trust_new(const struct trust_settings *settings, SSL_CTX **out,
                         struct secho_error *err);

#define TRUST_TEXT_SIZE 256

/*
 * What the handshake was about certificates: whether ours was wanted, and the first thing that was
 * wrong with the server's. Texts are printable ASCII, the rest is escaped.
 */
struct trust_verdict {
    bool asked;       /* the server asked for our certificate */
    long error;       /* X509_V_ERR_..., or X509_V_OK */
    enum fault fault; /* its kind */
    int depth;        /* 0: the server's own certificate */
    int sent;         /* how many certificates it sent */
    char subject[TRUST_TEXT_SIZE];
    char issuer[TRUST_TEXT_SIZE];
    char names[TRUST_TEXT_SIZE]; /* what the server's own certificate is for: "a.test, 192.0.2.1" */
    char not_before[32], not_after[32]; /* RFC 3339 */
    char why[160];                      /* what more is known, or "" */
};

/*
 * trust_session - an SSL that insists on `name`.
 *
 *   name      a name or an address (zone allowed): for the check, and for SNI when it is a name
 *   insecure  whoever answers is fine
 *   verdict   written during the handshake; must live as long as the SSL
 *
 * NULL without memory or when `name` cannot be one (err).
 */
MUST_CHECK SSL *trust_session(SSL_CTX *context, const char *name, bool insecure,
                              struct trust_verdict *verdict, struct secho_error *err);

#define TRUST_KNOWN_MAX 8192 /* bytes; a larger certificate is verified each time */

/* A server's own certificate, after its chain and its name were found good. {0} is none. */
struct trust_known {
    unsigned char der[TRUST_KNOWN_MAX];
    size_t len;
};

/*
 * trust_remember - for many connections to one name: the certificate that was verified last is not
 * verified again. (That the server has its key is proven in each handshake, whatever is known.)
 *
 *   known  lives as long as the context; all sessions of the context insist on the same name and
 *          belong to one thread
 */
void trust_remember(SSL_CTX *context, struct trust_known *known);

/* One line for certificate `at` of the peer's chain; false when there is none. For -v. */
bool trust_describe(const SSL *tls, int at, char *line, size_t size);

#endif
