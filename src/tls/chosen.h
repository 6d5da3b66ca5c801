/* chosen.h - what a handshake has chosen, in the names that people use. */
#ifndef SECHO_CHOSEN_H
#define SECHO_CHOSEN_H

#include <openssl/ssl.h>

/* "X25519", "P-256", "X25519MLKEM768" ...; "" when there was no key exchange. */
const char *chosen_group(SSL *tls);

/* "TLS_AES_128_GCM_SHA256"; OpenSSL's name for TLS 1.2 suites. "" before there is one. */
const char *chosen_suite(const SSL *tls);

#define CHOSEN_SIGNATURE_SIZE 64

/* How the peer has signed, RFC 8446 4.2.3: "ecdsa_secp256r1_sha256"; "" in a resumed session. */
void chosen_signature(SSL *tls, char text[static CHOSEN_SIGNATURE_SIZE]);

#define CHOSEN_ALPN_SIZE 256

/* The protocol of ALPN, or "". May hold any byte of the peer: escape it. */
void chosen_alpn(const SSL *tls, char text[static CHOSEN_ALPN_SIZE]);

#endif
