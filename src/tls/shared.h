/*
 * shared.h - what all contexts of one listener use together while they serve.
 *
 * It belongs to the listener's first SSL_CTX and goes with it; the callbacks of all of them look at
 * it. Never changed once the listener serves: any thread may read it.
 */
#ifndef SECHO_SHARED_H
#define SECHO_SHARED_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "tls/alpn.h"
#include "tls/early.h"
#include "tls/key_log.h"
#include "tls/names.h"
#include "tls/staple.h"
#include "tls/ticket_keys.h"
#include "tls/verify.h"

/* A context, and the set of certificates that it serves (names.h). */
struct shared_served {
    uint64_t set;
    SSL_CTX *context; /* the first is the one that all of this belongs to; the others are owned */
    char *accepted;   /* owned; accepted.h */
};

struct shared {
    SSL_CTX *owner; /* the first one */
    struct alpn alpn;
    struct names names; /* `reference` of a row: index in `served` */
    struct shared_served *served;
    size_t served_count;
    bool refuses_unknown_names;
    X509 **leaves; /* owned, one for each pair of the settings */
    size_t leaf_count;
    struct verify verify;
    struct staples staples;
    struct ticket_keys ticket_keys;
    struct key_log key_log; /* its fd is owned; -1: none */
    struct early early;
};

/* What belongs to `context` from now on: SSL_CTX_free() frees it. NULL: no memory. */
MUST_CHECK struct shared *shared_new(SSL_CTX *context);

/* Makes it known to another context of the same listener, which does not free it. -1: no memory. */
MUST_CHECK int shared_lend(SSL_CTX *context, struct shared *shared);

/* What belongs to the listener of this connection, for callbacks without an argument of ours. */
struct shared *shared_of(const SSL *tls);

/* The same of a context. */
struct shared *shared_of_context(const SSL_CTX *context);

#endif
