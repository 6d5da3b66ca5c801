#include "tls/stapled.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "tls/answer.h"
#include "tls/verdict.h"

/* ---- what came ---- */

/* Where the issuer is looked for: what was verified has the root, too. */
static STACK_OF(X509) * chain_of(const SSL *tls)
{
    STACK_OF(X509) *verified = SSL_get0_verified_chain(tls);

    return verified != NULL ? verified : SSL_get_peer_cert_chain(tls);
}

enum came { CAME_NOTHING, CAME_OF_NO_USE, CAME_ANSWER };

static enum came take(SSL *tls, struct answer *answer, struct secho_error *why)
{
    X509 *leaf = SSL_get0_peer_certificate(tls);
    const unsigned char *der = NULL;
    long len = SSL_get_tlsext_status_ocsp_resp(tls, &der);

    if (der == NULL || len <= 0 || leaf == NULL) {
        return CAME_NOTHING;
    }
    const struct answer_question question = {der, (size_t)len, leaf, chain_of(tls)};

    return answer_read(&question, answer, why) == 0 ? CAME_ANSWER : CAME_OF_NO_USE;
}

/* ---- what follows from it ---- */

/* RFC 7633 4.2.1: the extension names the extensions of TLS that have to come with it. */
bool stapled_is_demanded(const X509 *leaf)
{
    TLS_FEATURE *features = X509_get_ext_d2i(leaf, NID_tlsfeature, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++) {
        found = found ||
                ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == TLSEXT_TYPE_status_request;
    }
    TLS_FEATURE_free(features);
    return found;
}

/* SSL_CTX_set_tlsext_status_cb(3), on a client: 1 for satisfied, 0 for the alert. */
static int judge(SSL *tls, void *ignored)
{
    struct answer answer = {.status = ANSWER_UNKNOWN};
    struct secho_error why = {0};

    (void)ignored;
    /* Who resumes shows no certificate, and so no response to it. */
    if (SSL_get_verify_mode(tls) == SSL_VERIFY_NONE || SSL_session_reused(tls) == 1) {
        return 1;
    }
    enum came came = take(tls, &answer, &why);

    if (came == CAME_ANSWER && answer.status == ANSWER_REVOKED) {
        char words[64];

        answer_describe(&answer, words, sizeof words);
        verdict_note(tls, X509_V_ERR_CERT_REVOKED, FAULT_REVOKED, words);
        return 0;
    }
    bool proven = came == CAME_ANSWER && answer.status == ANSWER_GOOD && answer_is_current(&answer);

    if (!proven && stapled_is_demanded(SSL_get0_peer_certificate(tls))) {
        verdict_note(tls, X509_V_ERR_OCSP_VERIFY_NEEDED, FAULT_STAPLE_MISSING,
                     came == CAME_NOTHING ? "none came" : "the one that came proves nothing");
        return 0;
    }
    return 1;
}

void stapled_ask(SSL_CTX *context, SSL *tls)
{
    (void)SSL_set_tlsext_status_type(tls, TLSEXT_STATUSTYPE_ocsp);
    (void)SSL_CTX_set_tlsext_status_cb(context, judge);
}

/* ---- in words ---- */

void stapled_describe(SSL *tls, char *text, size_t size)
{
    struct secho_error err = {0};
    struct answer answer;

    switch (take(tls, &answer, &err)) {
    case CAME_NOTHING:
        (void)snprintf(text, size, "none");
        return;
    case CAME_OF_NO_USE:
        (void)snprintf(text, size, "of no use: %s", err.text);
        return;
    case CAME_ANSWER:
        answer_describe(&answer, text, size);
        return;
    }
}
