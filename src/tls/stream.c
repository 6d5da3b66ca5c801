#include "tls/stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tls/missing.h"

/* ---- facts ---- */

/*
 * The facts of an SSL hang on its BIO: the argument of a callback that is never set. ex_data would
 * cost each connection two allocations.
 */
static struct stream_facts *facts_of(const SSL *tls)
{
    return (struct stream_facts *)(void *)BIO_get_callback_arg(SSL_get_rbio(tls));
}

/* Called by OpenSSL for each alert that is read or written: SSL_CTX_set_info_callback(3). */
static void note_alert(const SSL *tls, int where, int value)
{
    struct stream_facts *facts = facts_of(tls);
    int alert = value & 0xff;

    if (facts == NULL || (where & SSL_CB_ALERT) == 0 || alert == SSL_AD_CLOSE_NOTIFY) {
        return;
    }
    if ((where & SSL_CB_READ) != 0) {
        facts->alert_received = (short)alert;
    } else {
        facts->alert_sent = (short)alert;
    }
}

void stream_watch(SSL *tls, struct stream_facts *facts)
{
    *facts =
        (struct stream_facts){.alert_received = STREAM_NO_ALERT, .alert_sent = STREAM_NO_ALERT};
    BIO_set_callback_arg(SSL_get_rbio(tls), (char *)facts);
    SSL_set_info_callback(tls, note_alert);
}

void stream_forget_hello(struct stream_facts *facts)
{
    free(facts->hello);
    facts->hello = NULL;
}

void stream_keep_hello(SSL *tls, struct hello *hello)
{
    struct stream_facts *facts = facts_of(tls);

    if (facts == NULL) {
        free(hello);
        return;
    }
    stream_forget_hello(facts);
    facts->hello = hello;
}

void stream_facts_done(struct stream_facts *facts)
{
    free(facts->refusal);
    facts->refusal = NULL;
    stream_forget_hello(facts);
}

struct stream_refusal *stream_refuse(SSL *tls)
{
    struct stream_facts *facts = facts_of(tls);

    if (facts == NULL) {
        return NULL;
    }
    free(facts->refusal);
    facts->refusal = calloc(1, sizeof *facts->refusal);
    return facts->refusal;
}

bool stream_is_refused(const SSL *tls)
{
    const struct stream_facts *facts = facts_of(tls);

    return facts != NULL && facts->refusal != NULL;
}

const char *stream_stage(const SSL *tls)
{
    OSSL_HANDSHAKE_STATE state = SSL_get_state(tls);

    if (state == TLS_ST_BEFORE || state == TLS_ST_SR_CLNT_HELLO) {
        return "client_hello";
    }
    return state == TLS_ST_SR_CERT || state == TLS_ST_SR_CERT_VRFY ? "client_certificate"
                                                                   : "handshake";
}

/* RFC 8446 6, and RFC 5246 7.2 for those that only TLS 1.2 has. */
static const struct {
    int number;
    const char *name;
} alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

const char *stream_alert_name(int alert)
{
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        if (alerts[i].number == alert) {
            return alerts[i].name;
        }
    }
    return "an alert that no RFC names";
}

/* OpenSSL's reason for giving up, in our words. */
static enum stream_reason reason_of(unsigned long code)
{
    if (ERR_GET_LIB(code) != ERR_LIB_SSL) {
        return STREAM_REASON_PROTOCOL;
    }
    switch (ERR_GET_REASON(code)) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return STREAM_REASON_TRUNCATED;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER: /* the first record does not start as TLS does */
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_TOO_SMALL:
        return STREAM_REASON_NOT_TLS;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        return STREAM_REASON_NO_COMMON_VERSION;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_CIPHERS_SPECIFIED:
        return STREAM_REASON_NO_COMMON_SUITE;
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SHARED_GROUPS:
        return STREAM_REASON_NO_COMMON_GROUP;
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
        return STREAM_REASON_NO_COMMON_SIGNATURE;
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return STREAM_REASON_NO_COMMON_ALPN;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return STREAM_REASON_CERTIFICATE_MISSING;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_INVALID_STATUS_RESPONSE: /* the stapled one, as we judge it */
        return STREAM_REASON_CERTIFICATE_REJECTED;
    case SSL_R_CALLBACK_FAILED: /* our ClientHello callback knows no such name */
        return STREAM_REASON_UNKNOWN_NAME;
    default:
        return ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET ? STREAM_REASON_ALERT
                                                            : STREAM_REASON_PROTOCOL;
    }
}

static void note_reason(SSL *tls, enum stream_reason reason)
{
    struct stream_facts *facts = facts_of(tls);

    if (facts != NULL) {
        facts->reason = reason;
    }
}

/* ---- one translator ---- */

static enum io failed_system(SSL *tls, const char *doing, struct secho_error *err)
{
    bool peer_left = errno == ECONNRESET || errno == EPIPE;

    note_reason(tls, STREAM_REASON_SYSTEM);
    error_errno(err, "%s", doing);
    if (err != NULL && peer_left) {
        err->kind = SECHO_ERR_PEER;
    }
    return IO_FAILED;
}

/* What libssl says; what failed below it (a signature, for example) may stand in front of that. */
static unsigned long code_of_failure(void)
{
    unsigned long first = error_peek_tls();

    return ERR_GET_LIB(first) == ERR_LIB_SSL ? first : error_peek_last_tls();
}

/* A server of TLS 1.2 calls it "no shared cipher", also where the suites are not what is missing.
 */
static enum stream_reason reason_of_failure(SSL *tls)
{
    enum stream_reason reason = reason_of(code_of_failure());

    return stream_is_refused(tls)                    ? STREAM_REASON_CERTIFICATE_REJECTED
           : reason == STREAM_REASON_NO_COMMON_SUITE ? missing_in_common(tls)
                                                     : reason;
}

static enum io failed_tls(SSL *tls, const char *doing, struct secho_error *err)
{
    struct stream_facts *facts = facts_of(tls);
    enum stream_reason reason = reason_of_failure(tls);

    note_reason(tls, reason);
    if (facts != NULL) {
        facts->words = ERR_reason_error_string(code_of_failure());
    }
    error_tls(err, "%s", doing);
    if (err != NULL && reason == STREAM_REASON_TRUNCATED) {
        err->kind = SECHO_ERR_PEER;
    }
    return IO_FAILED;
}

/* Must be called at once after the SSL_* call that returned `ret`. */
static enum io outcome(SSL *tls, int ret, const char *doing, struct secho_error *err)
{
    switch (SSL_get_error(tls, ret)) {
    case SSL_ERROR_NONE:
        return IO_DONE;
    case SSL_ERROR_WANT_READ:
        return IO_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return IO_EOF;
    case SSL_ERROR_SYSCALL:
        if (error_peek_tls() == 0 && errno != 0) {
            return failed_system(tls, doing, err);
        }
        return failed_tls(tls, doing, err);
    default:
        return failed_tls(tls, doing, err);
    }
}

/* SSL_get_error reads the queue and errno: both must be clean before the call. */
static void clean_slate(void)
{
    error_forget_tls();
    errno = 0;
}

/* ---- in order of time ---- */

/* It worked, as far as OpenSSL knows. Whatever happened: who is refused does not come in. */
static enum io admit(SSL *tls, struct secho_error *err)
{
    if (stream_is_refused(tls)) {
        note_reason(tls, STREAM_REASON_CERTIFICATE_REJECTED);
        error_set(err, SECHO_ERR_PEER, "TLS handshake (the peer's certificate is refused)");
        return IO_FAILED;
    }
    return IO_DONE;
}

enum io stream_read_early(SSL *tls, void *buf, size_t len, size_t *got, struct secho_error *err)
{
    clean_slate();
    int ret = SSL_read_early_data(tls, buf, len, got);

    return ret != SSL_READ_EARLY_DATA_ERROR ? admit(tls, err)
                                            : outcome(tls, 0, "TLS early data", err);
}

enum io stream_write_early(SSL *tls, const void *buf, size_t len, size_t *put,
                           struct secho_error *err)
{
    clean_slate();
    int ret = SSL_write_early_data(tls, buf, len, put);

    return ret == 1 ? IO_DONE : outcome(tls, ret, "TLS early data", err);
}

enum io stream_handshake(SSL *tls, struct secho_error *err)
{
    clean_slate();
    int ret = SSL_do_handshake(tls);

    return ret == 1 ? admit(tls, err) : outcome(tls, ret, "TLS handshake", err);
}

/*
 * A key that is given a type again loses what it held: EVP_PKEY_set_type(3). The empty shell stays
 * OpenSSL's. Whether it knows the type does not matter (it does not know those of providers).
 */
static void erase_and_release(EVP_PKEY *key)
{
    (void)EVP_PKEY_set_type(key, EVP_PKEY_get_id(key));
    EVP_PKEY_free(key);
    error_forget_tls();
}

void stream_forget_keys(SSL *tls)
{
    EVP_PKEY *key = NULL;

    if (SSL_get_tmp_key(tls, &key) == 1) {
        erase_and_release(key);
    }
    if (SSL_get_peer_tmp_key(tls, &key) == 1) {
        erase_and_release(key);
    }
}

enum io stream_read(SSL *tls, void *buf, size_t len, size_t *got, struct secho_error *err)
{
    clean_slate();
    int ret = SSL_read_ex(tls, buf, len, got);

    return ret == 1 ? IO_DONE : outcome(tls, ret, "TLS read", err);
}

bool stream_is_between_records(const SSL *tls)
{
    return strcmp(SSL_rstate_string(tls), "RH") == 0; /* it waits for the next header */
}

enum io stream_write(SSL *tls, const void *buf, size_t len, size_t *put, struct secho_error *err)
{
    clean_slate();
    int ret = SSL_write_ex(tls, buf, len, put);

    return ret == 1 ? IO_DONE : outcome(tls, ret, "TLS write", err);
}

enum io stream_goodbye(SSL *tls, struct secho_error *err)
{
    clean_slate();
    int ret = SSL_shutdown(tls);

    return ret >= 0 ? IO_DONE : outcome(tls, ret, "TLS close", err);
}
