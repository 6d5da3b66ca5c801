/*
 * defaults.h - the lists that an empty setting means: Mozilla's intermediate level, without DHE.
 *
 * All in OpenSSL's names, best first. Server and client use the same.
 */
#ifndef SECHO_DEFAULTS_H
#define SECHO_DEFAULTS_H

#define DEFAULTS_CIPHERS                                                                           \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

#define DEFAULTS_CIPHERSUITES                                                                      \
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

/* X25519 first; X25519MLKEM768 before it where this OpenSSL has it (3.5). A constant. */
const char *defaults_groups(void);

/*
 * The same groups for a client, which sends keys of X25519 too where it begins with X25519MLKEM768:
 * a server that has only that needs no second ClientHello. A constant.
 */
const char *defaults_groups_offered(void);

/* The groups of both whose keys are small: a ClientHello with them fits into a segment. */
const char *defaults_groups_small(void);

/*
 * ECDSA, Ed25519 and RSA; ML-DSA before them where this OpenSSL has it (3.5): who configures such a
 * certificate wants it to be seen by whoever can verify it. A constant.
 */
const char *defaults_signature_algorithms(void);

#endif
