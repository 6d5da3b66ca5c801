/* identity.h - a certificate of a listener with what belongs to it: loaded, checked, put to use. */
#ifndef SECHO_IDENTITY_H
#define SECHO_IDENTITY_H

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "tls/build.h"

struct identity {
    X509 *leaf;
    STACK_OF(X509) * issuers; /* sent behind it */
    EVP_PKEY *key;
};

/* Reads the files of pair `index`. What is wrong becomes a problem. identity_done() in any case. */
void identity_load(struct build *build, size_t index, struct identity *identity);

/*
 * Puts it into the context that is made now; a problem when OpenSSL refuses it.
 *
 *   alone  no other one goes into this context
 */
void identity_use(struct build *build, size_t index, const struct identity *identity, bool alone);

void identity_done(struct identity *identity); /* {0} is fine */

#endif
