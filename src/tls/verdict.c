#include "tls/verdict.h"

#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdio.h>

#include "tls/certificate.h"

/* Where an SSL keeps its verdict. */
static int verdict_index = -1;
static pthread_once_t verdict_once = PTHREAD_ONCE_INIT;

static void make_verdict_index(void)
{
    verdict_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* `at` is the certificate that is wrong, `leaf` the server's own. */
static void describe(struct trust_verdict *verdict, const X509 *at, const X509 *leaf)
{
    certificate_subject(at, verdict->subject, sizeof verdict->subject);
    certificate_issuer(at, verdict->issuer, sizeof verdict->issuer);
    certificate_names(leaf, verdict->names, sizeof verdict->names);
    certificate_time(X509_get0_notBefore(at), verdict->not_before, sizeof verdict->not_before);
    certificate_time(X509_get0_notAfter(at), verdict->not_after, sizeof verdict->not_after);
}

/* X509_STORE_CTX_set_verify_cb(3): told of each certificate and of each thing that is wrong. */
static int note_verdict(int ok, X509_STORE_CTX *chain)
{
    SSL *tls = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct trust_verdict *verdict = SSL_get_ex_data(tls, verdict_index);
    X509 *at = X509_STORE_CTX_get_current_cert(chain);
    X509 *leaf = X509_STORE_CTX_get0_cert(chain);
    bool insecure = SSL_get_verify_mode(tls) == SSL_VERIFY_NONE;

    if (ok == 1 || verdict == NULL || verdict->error != X509_V_OK) {
        return ok == 1 || insecure;
    }
    verdict->error = X509_STORE_CTX_get_error(chain);
    verdict->depth = X509_STORE_CTX_get_error_depth(chain);
    verdict->fault = fault_of(chain);
    verdict->sent = sk_X509_num(X509_STORE_CTX_get0_untrusted(chain));
    at = at != NULL ? at : leaf;
    describe(verdict, at, leaf);
    fault_describe(verdict->fault, verdict->error, at, verdict->why, sizeof verdict->why);
    if (!insecure) {
        fault_choose_alert(chain);
    }
    return insecure;
}

int verdict_watch(SSL *tls, bool insecure, struct trust_verdict *verdict)
{
    (void)pthread_once(&verdict_once, make_verdict_index);
    *verdict = (struct trust_verdict){.error = X509_V_OK};
    SSL_set_verify(tls, insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, note_verdict);
    return SSL_set_ex_data(tls, verdict_index, verdict) == 1 ? 0 : -1;
}

void verdict_note(SSL *tls, long error, enum fault fault, const char *why)
{
    struct trust_verdict *verdict = SSL_get_ex_data(tls, verdict_index);
    const X509 *leaf = SSL_get0_peer_certificate(tls);

    if (verdict != NULL && leaf != NULL && verdict->error == X509_V_OK) {
        verdict->error = error;
        verdict->fault = fault;
        verdict->sent = sk_X509_num(SSL_get_peer_cert_chain(tls));
        (void)snprintf(verdict->why, sizeof verdict->why, "%s", why);
        describe(verdict, leaf, leaf);
    }
}
