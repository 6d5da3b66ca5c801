/* authorities.h - whom a server believes about its clients: CAs and their revocation lists. */
#ifndef SECHO_AUTHORITIES_H
#define SECHO_AUTHORITIES_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include <secho/error.h>

#include "base/attributes.h"

struct authorities {
    X509_STORE *store;           /* owned: everything is in it, nothing is opened later */
    STACK_OF(X509_NAME) * names; /* owned: what a client is told of them */
    EVP_MD_CTX *digest;          /* not owned: takes in all that is read, or NULL */
    STACK_OF(X509_CRL) * lists;  /* owned: those in the store */
};

/* An empty store. -1: no memory; authorities_done() in any case. */
MUST_CHECK int authorities_init(struct authorities *authorities, EVP_MD_CTX *digest);

/*
 * Adds the certificates of a PEM file, or of each file in a folder whose name ends in .pem, .crt or
 * .cer. SECHO_ERR_FILE: cannot be read; SECHO_ERR_CONFIG: no certificate there, or a damaged one.
 */
MUST_CHECK int authorities_add(struct authorities *authorities, const char *path,
                               struct secho_error *err);

/* Does a file of this name count where a folder is added? */
bool authorities_counts(const char *name);

/*
 * Adds revocation lists, PEM (several) or DER, and has every certificate of a chain looked up from
 * now on. SECHO_ERR_CONFIG also for a list that is outdated: it would refuse everybody.
 */
MUST_CHECK int authorities_add_revocations(struct authorities *authorities, const char *path,
                                           struct secho_error *err);

/* Until when the list of this certificate's issuer is good; NULL: there is none, or it has no end.
 */
const ASN1_TIME *authorities_next_update(const struct authorities *authorities,
                                         const X509 *certificate);

/*
 * Until when a chain that was verified is good for sure: the earliest notAfter of its certificates,
 * and nextUpdate of the lists that they were looked up in. Unix time; INT64_MAX: no end.
 */
int64_t authorities_until(const struct authorities *authorities, const STACK_OF(X509) * chain);

void authorities_done(struct authorities *authorities); /* {0} is fine */

#endif
