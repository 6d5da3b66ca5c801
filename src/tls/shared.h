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
#include "tls/names.h"
#include "tls/staple.h"
#include "tls/verify.h"

/* A context, and the set of certificates that it serves (names.h). */
struct shared_served {
    uint64_t set;
    SSL_CTX *context; /* the first is the one that all of this belongs to; the others are owned */
};

struct shared {
    struct alpn alpn;
    struct names names; /* `reference` of a row: index in `served` */
    struct shared_served *served;
    size_t served_count;
    bool refuses_unknown_names;
    struct verify verify;
    struct staples staples;
};

/* What belongs to `context` from now on: SSL_CTX_free() frees it. NULL: no memory. */
MUST_CHECK struct shared *shared_new(SSL_CTX *context);

#endif
