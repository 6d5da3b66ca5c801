/* hello_names.h - the numbers in a hello, and the names that people use for them. Pure tables. */
#ifndef SECHO_HELLO_NAMES_H
#define SECHO_HELLO_NAMES_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "tls/hello.h"

/*
 * "TLSv1.3", "X25519", "ecdsa_secp256r1_sha256", "TLS_AES_128_GCM_SHA256" (OpenSSL's names for the
 * suites of TLS 1.2), "GREASE" for a number that means nothing (RFC 8701). NULL: nobody here knows
 * it. Static.
 *
 *   list  one of those that hold numbers
 *   tls   any SSL: OpenSSL looks suites up in it
 */
const char *hello_name(enum hello_list list, unsigned number, SSL *tls);

/* A signature algorithm, and which key can do it. */
struct hello_signature {
    uint16_t number;
    const char *name;
    const char *key;   /* for EVP_PKEY_is_a(3); NULL: none that a listener could have */
    const char *curve; /* in TLS 1.3 only this one, EVP_PKEY_get_group_name(3); NULL: any */
    bool in_12, in_13; /* a server may sign with it */
};

/* NULL: nobody here knows it. */
const struct hello_signature *hello_signature(unsigned number);

#endif
