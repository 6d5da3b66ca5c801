#include "tls/session.h"

#include <openssl/x509_vfy.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "tls/certificate.h"
#include "tls/stapled.h"

void session_done(struct session *session)
{
    SSL_SESSION_free(session->tls);
    sk_X509_pop_free(session->chain, X509_free);
    *session = (struct session){0};
}

static int no_memory(struct secho_error *err)
{
    error_forget_tls();
    return error_set(err, SECHO_ERR_MEMORY, "no memory for a session");
}

int session_copy(const struct session *from, struct session *out, struct secho_error *err)
{
    struct session copy = {.stapled = from->stapled};

    if (from->chain != NULL && (copy.chain = X509_chain_up_ref(from->chain)) == NULL) {
        return no_memory(err);
    }
    if (from->tls != NULL) {
        (void)SSL_SESSION_up_ref(from->tls);
        copy.tls = from->tls;
    }
    *out = copy;
    return 0;
}

/* ---- take ---- */

int session_take(SSL *tls, const struct session *offered, struct session *out,
                 struct secho_error *err)
{
    SSL_SESSION *newest = SSL_get0_session(tls);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(tls);
    struct session taken = {0};

    if (newest == NULL || SSL_SESSION_is_resumable(newest) != 1) {
        return error_set(err, SECHO_ERR_PEER, "the server gave no session");
    }
    if (sk_X509_num(chain) <= 0) { /* -1 for NULL */
        chain = offered->chain;
    }
    if (chain != NULL && (taken.chain = X509_chain_up_ref(chain)) == NULL) {
        return no_memory(err);
    }
    /* A copy: OpenSSL spoils the session of a connection that ends without our close_notify. */
    taken.tls = SSL_SESSION_dup(newest);
    if (taken.tls == NULL) {
        session_done(&taken);
        return no_memory(err);
    }
    /* A full handshake that verifies fails without the response (stapled.h). */
    taken.stapled = SSL_session_reused(tls) == 1 ? offered->stapled
                                                 : SSL_get_verify_mode(tls) != SSL_VERIFY_NONE;
    *out = taken;
    return 0;
}

const char *session_version(const struct session *session)
{
    return SSL_SESSION_get_protocol_version(session->tls) == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2";
}

/* ---- offer ---- */

static time_t made_at(const SSL_SESSION *session)
{
#if OPENSSL_VERSION_NUMBER >= 0x30400000L /* where the old one, a long, is deprecated */
    return SSL_SESSION_get_time_ex(session);
#else
    return (time_t)SSL_SESSION_get_time(session);
#endif
}

static bool is_expired(const SSL_SESSION *session, char why[static SESSION_WHY_SIZE])
{
    long hint = (long)SSL_SESSION_get_ticket_lifetime_hint(session);
    long lifetime = SSL_SESSION_get_timeout(session);
    time_t made = made_at(session), now = time(NULL);
    char text[32] = "a time that is no time";
    struct tm utc;

    if (hint > 0 && hint < lifetime) { /* RFC 8446 4.6.1: what the server said of its ticket */
        lifetime = hint;
    }
    lifetime = lifetime > 0 ? lifetime : 0;
    /* In unsigned numbers, which wrap: a file may say anything. */
    if (made > now || (uint64_t)now - (uint64_t)made <= (uint64_t)lifetime) {
        return false;
    }
    time_t until = made + lifetime; /* before now */

    if (gmtime_r(&until, &utc) != NULL) {
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    (void)snprintf(why, SESSION_WHY_SIZE, "it has expired at %s", text);
    return true;
}

static bool is_other_version(SSL *tls, const SSL_SESSION *session,
                             char why[static SESSION_WHY_SIZE])
{
    int version = SSL_SESSION_get_protocol_version(session);
    long low = SSL_get_min_proto_version(tls), high = SSL_get_max_proto_version(tls);

    if (version >= low && (high == 0 || version <= high)) {
        return false;
    }
    (void)snprintf(why, SESSION_WHY_SIZE, "it is of another version of TLS than those allowed");
    return true;
}

/* What ssl_verify_cert_chain() of OpenSSL does with a certificate that was just sent. */
static int verify(SSL *tls, X509 *leaf, STACK_OF(X509) * chain, X509_STORE_CTX *store)
{
    SSL_CTX *context = SSL_get_SSL_CTX(tls);

    if (store == NULL ||
        X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(context), leaf, chain) != 1 ||
        X509_STORE_CTX_set_default(store, "ssl_server") != 1 ||
        X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(store), SSL_get0_param(tls)) != 1) {
        return X509_V_ERR_OUT_OF_MEM;
    }
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(store), SSL_get_security_level(tls));
    if (X509_verify_cert(store) == 1) {
        return X509_V_OK;
    }
    int code = X509_STORE_CTX_get_error(store);

    return code != X509_V_OK ? code : X509_V_ERR_UNSPECIFIED;
}

static bool is_no_longer_good(SSL *tls, const struct session *session,
                              char why[static SESSION_WHY_SIZE])
{
    X509 *leaf = SSL_SESSION_get0_peer(session->tls);
    X509_STORE_CTX *store = X509_STORE_CTX_new();
    char subject[200];
    int code = X509_V_ERR_UNSPECIFIED;

    if (leaf == NULL) {
        (void)snprintf(why, SESSION_WHY_SIZE, "it has no certificate of the server");
    } else if (!session->stapled && stapled_is_demanded(leaf)) {
        (void)snprintf(why, SESSION_WHY_SIZE,
                       "the server's certificate in it demands an OCSP response, which only a full "
                       "handshake brings");
    } else if ((code = verify(tls, leaf, session->chain, store)) != X509_V_OK) {
        certificate_subject(leaf, subject, sizeof subject);
        (void)snprintf(why, SESSION_WHY_SIZE,
                       "the server's certificate in it, '%s', is not accepted now: %s", subject,
                       X509_verify_cert_error_string(code));
    }
    X509_STORE_CTX_free(store);
    error_forget_tls();
    return code != X509_V_OK;
}

int session_offer(SSL *tls, bool insecure, const struct session *session,
                  char why[static SESSION_WHY_SIZE])
{
    if (SSL_SESSION_is_resumable(session->tls) != 1) {
        (void)snprintf(why, SESSION_WHY_SIZE, "it has neither a ticket nor a number");
        return -1;
    }
    if (is_expired(session->tls, why) || is_other_version(tls, session->tls, why) ||
        (!insecure && is_no_longer_good(tls, session, why))) {
        return -1;
    }
    if (SSL_set_session(tls, session->tls) != 1) {
        error_forget_tls();
        (void)snprintf(why, SESSION_WHY_SIZE, "OpenSSL does not take it");
        return -1;
    }
    return 0;
}
