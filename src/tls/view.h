/*
 * view.h - one end's view of its TLS session, as plain texts: what was offered, what was chosen,
 * who showed which certificate, and a proof that it is this session (RFC 5705, RFC 8446 7.5).
 *
 * Texts hold nothing that moves a terminal: what a peer or a certificate says is escaped.
 */
#ifndef SECHO_VIEW_H
#define SECHO_VIEW_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "tls/certificate.h"

#define VIEW_TEXT      256
#define VIEW_CHAIN_MAX 8                           /* certificates of a chain; more are left out */
#define VIEW_ALPN_MAX  16                          /* names; more are left out */
#define VIEW_LABEL     "EXPERIMENTAL-secho-report" /* of the exporter: RFC 5705 4 */

struct view_certificate {
    char subject[VIEW_TEXT], issuer[VIEW_TEXT];
    char names[VIEW_TEXT]; /* "a.test, 192.0.2.1" */
    char not_after[32];    /* RFC 3339 */
    char spki_sha256[CERTIFICATE_SPKI_SIZE];
    int days_left; /* negative: it has expired */
};

struct view_chain {
    struct view_certificate items[VIEW_CHAIN_MAX]; /* the first is whose it is */
    size_t count;                                  /* 0: none was shown, or it is not known here */
};

struct view {
    char version[16], suite[80], group[40]; /* "TLSv1.3"; "" when there is none */
    char sni[VIEW_TEXT], alpn[VIEW_TEXT];
    char offered[VIEW_ALPN_MAX][VIEW_TEXT]; /* ALPN, as far as a witness has seen it */
    size_t offered_count;
    bool hello_retry; /* likewise */
    bool resumed, extended_master_secret;
    /* SHA-256 of the exporter's value in hexadecimal digits; "": no such proof, and why. */
    char exporter[65], exporter_missing[64];
    struct view_chain server, client;
};

/*
 * view_take - after the handshake.
 *
 *   context, len  for the exporter: the same bytes at both ends
 *
 * There is no exporter in TLS 1.2 without extended master secret (RFC 7627 6.1).
 */
void view_take(SSL *tls, const void *context, size_t len, struct view *out);

#endif
