#include "tls/verify.h"

#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tls/certificate.h"
#include "tls/readmission.h"
#include "tls/stream.h"

#define NEVER_SENT   0xff5e                         /* an extension for private use (RFC 8446 11) */
#define OTHER_REASON X509_V_ERR_PERMITTED_VIOLATION /* OpenSSL makes certificate_unknown of it */
#define DEPTH_MAX    10 /* intermediates of a chain: more is no chain but an attack on our time */

/* ---- the policy, and its hash ---- */

static void take_in_text(EVP_MD_CTX *digest, const char *text)
{
    if (text != NULL) {
        (void)EVP_DigestUpdate(digest, text, strlen(text) + 1);
    }
}

static void take_in_settings(EVP_MD_CTX *digest, const struct verify_settings *settings)
{
    const char mode[] = {(char)('0' + settings->mode), '\0'};

    take_in_text(digest, "secho client auth 1");
    take_in_text(digest, settings->listener);
    take_in_text(digest, mode);
    for (size_t rule = 0; rule < ALLOW_RULES; rule++) {
        const struct allow_list *list = &settings->allow.lists[rule];

        for (size_t i = 0; i < list->count; i++) {
            take_in_text(digest, list->items[i]);
        }
        take_in_text(digest, ""); /* the end of this list: no entry is empty */
    }
}

static int load(struct verify *verify, const struct verify_settings *settings,
                enum verify_fault *fault, struct secho_error *err)
{
    *fault = VERIFY_FAULT_CA;
    if (authorities_add(&verify->authorities, settings->ca, err) != 0) {
        return -1;
    }
    *fault = VERIFY_FAULT_CRL;
    return settings->crl[0] == '\0'
               ? 0
               : authorities_add_revocations(&verify->authorities, settings->crl, err);
}

int verify_init(struct verify *verify, const struct verify_settings *settings,
                enum verify_fault *fault, struct secho_error *err)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    int rc = -1;

    *verify = (struct verify){.mode = settings->mode, .allow = settings->allow};
    *fault = VERIFY_FAULT_MEMORY;
    if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1 ||
        authorities_init(&verify->authorities, digest) != 0) {
        error_tls(err, "no memory for the CAs of clients");
    } else {
        take_in_settings(digest, settings);
        rc = settings->mode == VERIFY_NONE ? 0 : load(verify, settings, fault, err);
        (void)EVP_DigestFinal_ex(digest, verify->policy, NULL);
    }
    verify->authorities.digest = NULL;
    EVP_MD_CTX_free(digest);
    return rc;
}

void verify_done(struct verify *verify)
{
    authorities_done(&verify->authorities);
    *verify = (struct verify){0};
}

/* ---- a refusal in words ---- */

static void describe_time(const X509 *at, int error, char *text, size_t size)
{
    bool early = error == X509_V_ERR_CERT_NOT_YET_VALID;
    char when[32];

    certificate_time(early ? X509_get0_notBefore(at) : X509_get0_notAfter(at), when, sizeof when);
    (void)snprintf(text, size, early ? "it is not valid before %s" : "it expired on %s", when);
}

static void describe_issuer(const X509 *at, const char *before, const char *after, char *text,
                            size_t size)
{
    char issuer[128];

    certificate_issuer(at, issuer, sizeof issuer);
    (void)snprintf(text, size, "%s '%s' %s", before, issuer, after);
}

static void describe_unknown(const X509 *at, int error, char *text, size_t size)
{
    if (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
        error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) {
        (void)snprintf(text, size, "it is self-signed, and not known (client_auth/ca)");
    } else {
        describe_issuer(at, "its issuer", "is not known (client_auth/ca)", text, size);
    }
}

/* What is wrong with certificate `at` of a chain, and which setting says so. */
static void describe_fault(X509 *at, enum fault fault, int error, char *text, size_t size)
{
    switch (fault) {
    case FAULT_EXPIRED:
    case FAULT_NOT_YET_VALID:
    case FAULT_CLOCK:
        describe_time(at, error, text, size);
        break;
    case FAULT_REVOKED:
        describe_issuer(at, "its issuer", "has revoked it (client_auth/crl)", text, size);
        break;
    case FAULT_CRL_MISSING:
        describe_issuer(at, "there is no revocation list of its issuer", "in client_auth/crl", text,
                        size);
        break;
    case FAULT_CRL_OUTDATED:
        describe_issuer(at, "the revocation list of its issuer", "is outdated", text, size);
        break;
    case FAULT_UNKNOWN_ISSUER:
    case FAULT_CHAIN_INCOMPLETE:
    case FAULT_SELF_SIGNED:
        describe_unknown(at, error, text, size);
        break;
    case FAULT_WRONG_USAGE:
        (void)snprintf(text, size, "it is not made for clients (extended key usage)");
        break;
    case FAULT_OTHER:
    case FAULT_WRONG_NAME:
    case FAULT_STAPLE_MISSING:
    case FAULT_NOT_ALLOWED:
    case FAULT_NOT_A_CA:
    case FAULT_PATH_TOO_LONG:
    case FAULT_NAME_NOT_PERMITTED:
    case FAULT_WEAK_KEY:
    case FAULT_WEAK_DIGEST:
    case FAULT_BAD_SIGNATURE:
    case FAULT_COUNT:
        fault_describe(fault, error, at, text, size);
        break;
    }
}

/* Since when, and what to do. */
static void describe_outdated(const struct authorities *authorities, const X509 *at,
                              struct stream_refusal *refusal)
{
    const ASN1_TIME *end = authorities_next_update(authorities, at);
    size_t used = strlen(refusal->why);
    char when[32];

    if (end != NULL) {
        certificate_time(end, when, sizeof when);
        (void)snprintf(refusal->why + used, sizeof refusal->why - used, " since %s", when);
        used = strlen(refusal->why);
    }
    (void)snprintf(refusal->why + used, sizeof refusal->why - used,
                   "; get a new one for client_auth/crl");
}

static void describe_chain(const struct verify *verify, X509_STORE_CTX *chain, X509 *leaf,
                           struct stream_refusal *refusal)
{
    X509 *at = X509_STORE_CTX_get_current_cert(chain);
    int depth = X509_STORE_CTX_get_error_depth(chain), used = 0;
    char subject[128];

    at = at != NULL ? at : leaf;
    refusal->fault = fault_of(chain);
    if (depth > 0 && at != leaf) {
        certificate_subject(at, subject, sizeof subject);
        used = snprintf(refusal->why, sizeof refusal->why,
                        "about '%s', %d above it in the chain: ", subject, depth);
    }
    describe_fault(at, refusal->fault, X509_STORE_CTX_get_error(chain), refusal->why + used,
                   sizeof refusal->why - (size_t)used);
    if (refusal->fault == FAULT_CRL_OUTDATED) {
        describe_outdated(&verify->authorities, at, refusal);
    }
}

static void describe_lists(X509 *leaf, struct stream_refusal *refusal)
{
    char words[STREAM_REFUSAL_SIZE - 64];

    refusal->fault = FAULT_NOT_ALLOWED;
    allow_describe(leaf, words, sizeof words);
    (void)snprintf(refusal->why, sizeof refusal->why,
                   "it is on no list of client_auth/allow; it would be with %s", words);
}

/* ---- the decision ---- */

/* Keeps who was refused. NULL without memory: then the log has only the code. */
static struct stream_refusal *refuse(SSL *tls, X509 *leaf)
{
    struct stream_refusal *refusal = stream_refuse(tls);

    if (refusal != NULL) {
        certificate_subject(leaf, refusal->subject, sizeof refusal->subject);
    }
    return refusal;
}

/*
 * OpenSSL says certificate_expired of an outdated list and unknown_ca of a missing one, so people
 * would search the certificate of the client for what is wrong with a file of the server. This
 * becomes certificate_unknown: "some other issue" (RFC 8446 6.2).
 */
static void spare_the_client(X509_STORE_CTX *chain)
{
    enum fault fault = fault_of(chain);

    if (fault == FAULT_CRL_OUTDATED || fault == FAULT_CRL_MISSING) {
        X509_STORE_CTX_set_error(chain, OTHER_REASON);
    }
    fault_choose_alert(chain);
}

/* SSL_CTX_set_cert_verify_callback(3): in place of OpenSSL's own verification. 1: come in. */
static int decide(X509_STORE_CTX *chain, void *arg)
{
    const struct verify *verify = arg;
    SSL *tls = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *leaf = X509_STORE_CTX_get0_cert(chain);
    struct stream_refusal *refusal;

    if (X509_verify_cert(chain) != 1) {
        refusal = refuse(tls, leaf);
        if (refusal != NULL) {
            describe_chain(verify, chain, leaf, refusal);
        }
        spare_the_client(chain);
        return 0;
    }
    if (allow_admits(&verify->allow, leaf)) {
        return 1;
    }
    refusal = refuse(tls, leaf);
    if (refusal != NULL) {
        describe_lists(leaf, refusal);
    }
    if (refusal != NULL && SSL_version(tls) == TLS1_3_VERSION && SSL_set_num_tickets(tls, 1) == 1) {
        return 1; /* only as far as the ticket: deny() */
    }
    X509_STORE_CTX_set_error(chain, OTHER_REASON); /* RFC 5246 7.2.2 has nothing nearer */
    return 0;
}

/*
 * RFC 8446 6.2 has access_denied for a good certificate that may not come in, and OpenSSL has one
 * place where a server can still choose such an alert: an extension of the session ticket
 * (SSL_CTX_add_custom_ext(3)). So who is on no list is given a ticket, which fails here. Should it
 * ever not come to that, stream_handshake() refuses all the same.
 */
/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
static int deny(SSL *tls, unsigned type, unsigned context, const unsigned char **out, size_t *len,
                X509 *certificate, size_t index, int *alert, void *arg)
{
    (void)type, (void)context, (void)out, (void)len, (void)certificate, (void)index, (void)arg;
    if (!stream_is_refused(tls)) {
        return 0; /* no extension */
    }
    *alert = SSL_AD_ACCESS_DENIED;
    return -1;
}

static void ask(SSL_CTX *context, struct verify *verify)
{
    STACK_OF(X509_NAME) *names = SSL_dup_CA_list(verify->authorities.names);
    int must = verify->mode == VERIFY_REQUIRE ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | must, NULL);
    SSL_CTX_set_verify_depth(context, DEPTH_MAX);
    SSL_CTX_set_cert_verify_callback(context, decide, verify);
    (void)SSL_CTX_add_custom_ext(context, NEVER_SENT, SSL_EXT_TLS1_3_NEW_SESSION_TICKET, deny, NULL,
                                 NULL, NULL, NULL);
    (void)SSL_CTX_set1_cert_store(context, verify->authorities.store);
    SSL_CTX_set_client_CA_list(context, names); /* owns them; NULL is fine */
}

void verify_use(SSL_CTX *context, struct verify *verify)
{
    (void)SSL_CTX_set_session_id_context(context, verify->policy, sizeof verify->policy);
    if (verify->mode != VERIFY_NONE) {
        ask(context, verify);
        readmission_use(context, verify);
    }
}
