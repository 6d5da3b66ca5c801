/*
 * context.h - settings to a server's SSL_CTX. Made once, never changed, shared by threads.
 *
 * Where several certificates serve different names there is one for each set of certificates that
 * serve a name together; all else is the same in all of them.
 *
 * The client's side of it is trust.h.
 */
#ifndef SECHO_CONTEXT_H
#define SECHO_CONTEXT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "tls/ratchet.h"
#include "tls/replay.h"
#include "tls/verify.h"

struct context_pair {
    const char *chain;  /* path, PEM: the certificate, then those that lead to the root */
    const char *key;    /* path, PEM */
    char *const *names; /* server names (SNI) it answers; none: the DNS names in the certificate */
    size_t name_count;
    const char *ocsp; /* path of a response to staple, DER; NULL or "": none */
};

struct context_settings {
    const struct context_pair *pairs; /* the first is the default one */
    size_t pair_count;                /* 1..NAMES_CERTIFICATES_MAX */
    bool refuse_unknown_names;        /* an alert for a name that nobody has; else the default */
    int min_version, max_version;     /* TLS1_2_VERSION, TLS1_3_VERSION */
    const char *ciphers;              /* OpenSSL's lists; "": the default of defaults.h */
    const char *ciphersuites;
    const char *groups;
    const char *signature_algorithms;
    char *const *alpn; /* protocols, best first: alpn.h */
    size_t alpn_count; /* 0: any or none */
    bool report;       /* ALPN_REPORT is agreed to when it is offered */
    struct verify_settings client_auth;
    int tickets;               /* sent after each full handshake, 0..16; 0: nothing is resumed */
    const char *ticket_keys;   /* path (ticket_keys.h); NULL or "": the ratchet's */
    struct ratchet *ratchet;   /* must outlive the context; NULL: keys of OpenSSL's own */
    uint32_t early_data_bytes; /* of a connection; 0: none is taken (early.h) */
};

/* Which setting was refused: for the JSON pointer of the message. */
enum context_setting {
    CONTEXT_OTHER,
    CONTEXT_CHAIN,
    CONTEXT_KEY,
    CONTEXT_OCSP,
    CONTEXT_CIPHERS,
    CONTEXT_CIPHERSUITES,
    CONTEXT_GROUPS,
    CONTEXT_SIGNATURE_ALGORITHMS,
    CONTEXT_CLIENT_CA,
    CONTEXT_CLIENT_CRL,
    CONTEXT_TICKET_KEYS,
    CONTEXT_KEY_LOG,
    CONTEXT_SETTINGS, /* how many there are */
};

struct context_problem {
    enum context_setting setting;
    size_t pair; /* index of the pair, where the setting is one of a pair */
    struct secho_error err;
};

/*
 * context_server - load everything and make the SSL_CTX.
 *
 *   out       set on success: the default context, which owns those for other names; the caller
 *             frees it with SSL_CTX_free()
 *   problems  filled with up to `max` problems, all that were found
 *
 * Returns the number of problems; 0 is success.
 */
MUST_CHECK size_t context_server(const struct context_settings *settings, SSL_CTX **out,
                                 struct context_problem *problems, size_t max);

/*
 * Appends the secrets of all sessions of the listener to `path` from now on (key_log.h).
 *
 *   context  the default one; nobody uses it yet
 *
 * Fails with SECHO_ERR_FILE, SECHO_ERR_MEMORY.
 */
MUST_CHECK int context_log_keys(SSL_CTX *context, const char *path, struct secho_error *err);

/* The descriptor of that file, which stays the context's; -1: there is none. */
int context_key_log(const SSL_CTX *context);

/*
 * The certificates of the listener, one for each pair of the settings, as they were loaded.
 *
 *   context  the default one; NULL has none
 *   index    below context_certificates(); the certificate stays the context's
 */
size_t context_certificates(const SSL_CTX *context);
const X509 *context_certificate(const SSL_CTX *context, size_t index);

/*
 * Where the callbacks of `context`, and of those that it owns, look for early data that is sent
 * again: replay.h. Before it serves; without it none is taken.
 */
void context_watch_replays(SSL_CTX *context, struct replay *window);

/*
 * An SSL for one accepted connection, over `bio` (owned by the SSL from now on, also when this
 * fails). NULL without memory.
 */
SSL *context_accept(SSL_CTX *context, BIO *bio);

#endif
