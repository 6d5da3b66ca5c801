#include "tls/view.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/excerpt.h"
#include "tls/chosen.h"
#include "tls/witness.h"

/* ---- what was offered and chosen ---- */

static void take_offered(const struct witness *witness, struct view *out)
{
    size_t at = 0;

    while (at < witness->offered_len && out->offered_count < VIEW_ALPN_MAX) {
        size_t len = witness->offered[at];

        excerpt_append(out->offered[out->offered_count++], VIEW_TEXT,
                       (const char *)witness->offered + at + 1, len, len);
        at += 1 + len;
    }
}

static void take_choice(SSL *tls, struct view *out)
{
    const char *sni = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
    const struct witness *witness = witness_of(tls);
    char alpn[CHOSEN_ALPN_SIZE];

    chosen_alpn(tls, alpn);
    (void)excerpt_text(out->alpn, sizeof out->alpn, alpn);
    (void)excerpt_text(out->sni, sizeof out->sni, sni != NULL ? sni : "");
    (void)snprintf(out->version, sizeof out->version, "%s", SSL_get_version(tls));
    (void)snprintf(out->suite, sizeof out->suite, "%s", chosen_suite(tls));
    (void)snprintf(out->group, sizeof out->group, "%s", chosen_group(tls));
    out->resumed = SSL_session_reused(tls) == 1;
    /* TLS 1.3 always behaves as if it were there: RFC 8446 D. */
    out->extended_master_secret =
        SSL_version(tls) >= TLS1_3_VERSION || SSL_get_extms_support(tls) == 1;
    if (witness != NULL) {
        out->hello_retry = witness->retried;
        take_offered(witness, out);
    }
}

/* ---- certificates ---- */

static void add_certificate(const X509 *certificate, struct view_chain *chain)
{
    struct view_certificate *out = &chain->items[chain->count];

    if (certificate == NULL || chain->count == VIEW_CHAIN_MAX) {
        return;
    }
    certificate_subject(certificate, out->subject, sizeof out->subject);
    certificate_issuer(certificate, out->issuer, sizeof out->issuer);
    certificate_names(certificate, out->names, sizeof out->names);
    certificate_time(X509_get0_notAfter(certificate), out->not_after, sizeof out->not_after);
    certificate_spki_sha256(certificate, out->spki_sha256);
    out->days_left = certificate_days_left(certificate);
    chain->count++;
}

/* SSL_get_peer_cert_chain(3): at a server it lacks the first, at a client it has it. */
static void take_theirs(const SSL *tls, struct view_chain *chain)
{
    const STACK_OF(X509) *others = SSL_get_peer_cert_chain(tls);

    add_certificate(SSL_get0_peer_certificate(tls), chain);
    for (int i = SSL_is_server(tls) ? 0 : 1; i < sk_X509_num(others); i++) {
        add_certificate(sk_X509_value(others, i), chain);
    }
}

static void take_certificates(SSL *tls, struct view *out)
{
    bool server = SSL_is_server(tls) == 1;
    struct view_chain *ours = server ? &out->server : &out->client;

    take_theirs(tls, server ? &out->client : &out->server);
    if (!out->resumed) { /* else none is shown: RFC 8446 2.2 */
        add_certificate(SSL_get_certificate(tls), ours);
    }
}

/* ---- the proof ---- */

#define EXPORTER_BYTES 32

/*
 * The hash is told, not the value: the other end has the value as well. Without extended master
 * secret a session of TLS 1.2 can be made to have the same secrets as another one (RFC 7627 1).
 */
static void take_exporter(SSL *tls, const void *context, size_t len, struct view *out)
{
    unsigned char value[EXPORTER_BYTES], digest[EXPORTER_BYTES];

    if (!out->extended_master_secret) {
        (void)snprintf(out->exporter_missing, sizeof out->exporter_missing,
                       "TLS 1.2 without extended master secret");
        return;
    }
    if (SSL_export_keying_material(tls, value, sizeof value, VIEW_LABEL, sizeof VIEW_LABEL - 1,
                                   context, len, 1) != 1 ||
        EVP_Digest(value, sizeof value, digest, NULL, EVP_sha256(), NULL) != 1) {
        error_forget_tls();
        (void)snprintf(out->exporter_missing, sizeof out->exporter_missing, "OpenSSL gives none");
        return;
    }
    for (size_t i = 0; i < sizeof digest; i++) {
        (void)snprintf(out->exporter + 2 * i, 3, "%02x", digest[i]);
    }
    OPENSSL_cleanse(value, sizeof value);
}

void view_take(SSL *tls, const void *context, size_t len, struct view *out)
{
    *out = (struct view){0};
    take_choice(tls, out);
    take_certificates(tls, out);
    take_exporter(tls, context, len, out);
}
