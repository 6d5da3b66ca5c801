#include "tls/stapled.h"

#include <stdio.h>

#include "tls/answer.h"

void stapled_ask(SSL *tls)
{
    (void)SSL_set_tlsext_status_type(tls, TLSEXT_STATUSTYPE_ocsp);
}

/* Where the issuer is looked for: what was verified has the root, too. */
static STACK_OF(X509) * chain_of(const SSL *tls)
{
    STACK_OF(X509) *verified = SSL_get0_verified_chain(tls);

    return verified != NULL ? verified : SSL_get_peer_cert_chain(tls);
}

void stapled_describe(SSL *tls, char *text, size_t size)
{
    X509 *leaf = SSL_get0_peer_certificate(tls);
    const unsigned char *der = NULL;
    long len = SSL_get_tlsext_status_ocsp_resp(tls, &der);
    struct secho_error err = {0};
    struct answer answer;

    if (der == NULL || len <= 0 || leaf == NULL) {
        (void)snprintf(text, size, "none");
        return;
    }
    const struct answer_question question = {der, (size_t)len, leaf, chain_of(tls)};

    if (answer_read(&question, &answer, &err) != 0) {
        (void)snprintf(text, size, "of no use: %s", err.text);
    } else {
        answer_describe(&answer, text, size);
    }
}
