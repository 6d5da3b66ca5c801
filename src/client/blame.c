#include "client/blame.h"

#include <errno.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

/* "localhost port 8443 (127.0.0.1:8443)", or the address alone when the host is one. */
static const char *where(const struct secho_client *client, char text[static 400])
{
    const char *host = client->settings.host;

    if (client->address[0] == '\0') {
        (void)snprintf(text, 400, "%.255s port %s", host, client->settings.port);
    } else if (strncmp(client->address + (client->address[0] == '['), host, strlen(host)) == 0) {
        (void)snprintf(text, 400, "%s", client->address);
    } else {
        (void)snprintf(text, 400, "%.255s (%s)", host, client->address);
    }
    return text;
}

static void keep_detail(struct secho_client *client, const struct secho_error *cause)
{
    (void)snprintf(client->failure.detail, sizeof client->failure.detail, "%s", cause->text);
}

/* ---- before TCP ---- */

void blame_setup(struct secho_client *client, const struct secho_error *cause)
{
    const char *words = strchr(cause->text, '('); /* OpenSSL's, behind ours */

    failure_set(&client->failure, FAILURE_SETUP, failure_code_of(cause->kind), "%s", cause->text);
    if (cause->kind == SECHO_ERR_CONFIG || cause->kind == SECHO_ERR_USAGE) {
        failure_advise(&client->failure, "%s",
                       strstr(cause->text, "encrypted") != NULL
                           ? "nobody is asked for a passphrase here"
                           : client->failure.code->advice);
    }
    if (words != NULL && cause->tls_code != 0) {
        keep_detail(client, cause);
    }
}

void blame_resolve(struct secho_client *client, const struct secho_error *cause)
{
    const char *host = client->settings.host;

    if (cause->kind == SECHO_ERR_TIMEOUT) {
        failure_set(&client->failure, FAILURE_RESOLVE, "resolve_timeout", "resolving %.255s: %s",
                    host, cause->text);
    } else if (cause->kind == SECHO_ERR_RESOLVE) {
        failure_set(&client->failure, FAILURE_RESOLVE, "name_unknown", "%s", cause->text);
        if (client->settings.family != 0) {
            failure_advise(&client->failure, "it may have no IPv%d address: leave out -%d, or %s",
                           client->settings.family, client->settings.family,
                           client->failure.code->advice);
        }
    } else {
        failure_set(&client->failure, FAILURE_RESOLVE, failure_code_of(cause->kind), "%s",
                    cause->text);
    }
}

void blame_connect(struct secho_client *client, const struct secho_error *cause)
{
    const char *code = cause->kind == SECHO_ERR_TIMEOUT   ? "connect_timeout"
                       : cause->kind != SECHO_ERR_CONNECT ? "system"
                       : cause->os_errno == ECONNREFUSED  ? "refused"
                       : cause->os_errno == ECONNRESET    ? "reset"
                                                          : "unreachable";

    failure_set(&client->failure, FAILURE_CONNECT, code, "connecting to %.255s port %s: %s",
                client->settings.host, client->settings.port, cause->text);
}

/* ---- no TLS ---- */

/* The first line that came, with what is not printable as '.'. */
static void quote_first(const struct socket_bio *wire, char *text, size_t size)
{
    size_t n = 0;

    while (n < wire->first_len && n + 1 < size && wire->first[n] != '\r' &&
           wire->first[n] != '\n') {
        text[n] = wire->first[n] >= ' ' && wire->first[n] < 0x7f ? (char)wire->first[n] : '.';
        n++;
    }
    text[n] = '\0';
}

/* What servers say that do not speak TLS: they answer, or they speak first. */
static const struct {
    const char *start, *code;
} plain[] = {
    {"HTTP/", "not_tls_http"},     {"<html", "not_tls_http"},
    {"<!DOCTYPE", "not_tls_http"}, {"SSH-", "not_tls_ssh"},  /* RFC 4253 4.2 */
    {"220", "not_tls_smtp"},       {"421", "not_tls_smtp"},  /* RFC 5321 4.2, RFC 959 */
    {"554", "not_tls_smtp"},       {"* OK", "not_tls_smtp"}, /* RFC 9051 7.1 */
    {"+OK", "not_tls_smtp"},                                 /* RFC 1939 3 */
};

static const char *plain_code(const struct socket_bio *wire)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        size_t len = strlen(plain[i].start);

        if (wire->first_len >= len && memcmp(wire->first, plain[i].start, len) == 0) {
            return plain[i].code;
        }
    }
    return "not_tls";
}

/* RFC 8446 5.1: a record starts with its type, 20..24, and a version whose first byte is 3. */
static bool looks_like_tls(const struct socket_bio *wire)
{
    return wire->first_len > 0 && wire->first[0] >= 20 && wire->first[0] <= 24 &&
           (wire->first_len < 2 || wire->first[1] == 3);
}

static void blame_plain_text(struct secho_client *client)
{
    char place[400], first[80];

    quote_first(&client->wire, first, sizeof first);
    failure_set(&client->failure, FAILURE_HANDSHAKE, plain_code(&client->wire),
                "%s does not speak TLS; it answered \"%s\"", where(client, place), first);
}

/* ---- alerts ---- */

static const struct {
    short alert;
    const char *code, *words;
} alerts[] = {
    {40, "handshake_failure", "finds nothing in our offer that it accepts"},
    {42, "client_certificate_rejected", "cannot use our certificate"},
    {43, "client_certificate_rejected", "does not accept our type of certificate"},
    {44, "client_certificate_rejected", "says that our certificate is revoked"},
    {45, "client_certificate_rejected", "says that our certificate has expired"},
    {46, "client_certificate_rejected", "does not accept our certificate"},
    {48, "client_certificate_rejected", "does not trust the authority of our certificate"},
    {49, "client_certificate_rejected", "knows our certificate and does not let us in"},
    {51, "client_certificate_rejected", "could not verify our signature"},
    {70, "no_common_version", "accepts none of the TLS versions that we offer"},
    {71, "no_common_suite", "wants stronger cipher suites than we offer"},
    {112, "unknown_name", "does not serve the name that we asked for"},
    {116, "client_certificate_missing", "wants a client certificate"},
    {120, "no_common_alpn", "accepts none of the application protocols that we offer"},
};

/* What an alert means depends on what was said before it. */
static const char *in_context(const struct secho_client *client, int alert, const char *code)
{
    bool have_one = client->settings.cert_file != NULL;

    if (alert == 40 && client->verdict.asked && !have_one) {
        return "client_certificate_missing"; /* TLS 1.2 has no alert of its own for it */
    }
    if (strcmp(code, "client_certificate_rejected") == 0 && !have_one) {
        return client->verdict.asked ? "client_certificate_missing" : "peer_alert";
    }
    return code;
}

static void blame_alert(struct secho_client *client)
{
    int alert = client->facts.alert_received;
    const char *code = "peer_alert", *words = "ended the connection";
    char place[400];

    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        if (alerts[i].alert == alert) {
            code = in_context(client, alert, alerts[i].code);
            words = alerts[i].words;
        }
    }
    if (strcmp(code, "client_certificate_missing") == 0) {
        words = "wants a client certificate, and we gave none";
    } else if (strcmp(code, "peer_alert") == 0) {
        words = "ended the connection";
    }
    failure_set(&client->failure, client->stage, code, "%s told us that it %s (alert %d, %s)",
                where(client, place), words, alert, stream_alert_name(alert));
}

/* ---- the server's certificate ---- */

static const char *verdict_code(const struct trust_verdict *verdict)
{
    switch (verdict->error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "server_certificate_expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "server_certificate_not_yet_valid";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "server_certificate_wrong_name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "server_certificate_self_signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "server_certificate_unknown_issuer";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return verdict->sent <= 1 ? "server_certificate_chain_incomplete"
                                  : "server_certificate_unknown_issuer";
    case X509_V_ERR_INVALID_PURPOSE:
        return "server_certificate_wrong_usage";
    case X509_V_ERR_CERT_REVOKED:
        return "server_certificate_revoked";
    default:
        return "server_certificate_rejected";
    }
}

/* What is wrong with certificate `depth` of the chain, as the rest of "certificate ... ". */
static void verdict_words(const struct secho_client *client, const char *code, char *text,
                          size_t size)
{
    const struct trust_verdict *v = &client->verdict;
    const char *name =
        client->settings.server_name != NULL ? client->settings.server_name : client->settings.host;

    if (strcmp(code, "server_certificate_expired") == 0) {
        (void)snprintf(text, size, "expired on %s", v->not_after);
    } else if (strcmp(code, "server_certificate_not_yet_valid") == 0) {
        (void)snprintf(text, size, "is not valid before %s", v->not_before);
    } else if (strcmp(code, "server_certificate_wrong_name") == 0 && v->names[0] == '\0') {
        (void)snprintf(text, size,
                       "is not for %.100s: it names no host at all in subjectAltName "
                       "(the common name does not count)",
                       name);
    } else if (strcmp(code, "server_certificate_wrong_name") == 0) {
        (void)snprintf(text, size, "is not for %.100s but for %s", name, v->names);
    } else if (strcmp(code, "server_certificate_self_signed") == 0) {
        (void)snprintf(text, size, "is self-signed and not trusted here");
    } else if (strcmp(code, "server_certificate_wrong_usage") == 0) {
        (void)snprintf(text, size, "is not made for servers");
    } else if (strcmp(code, "server_certificate_revoked") == 0) {
        (void)snprintf(text, size, "is revoked");
    } else if (v->error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) {
        (void)snprintf(text, size, "is an authority that is not trusted here");
    } else if (strcmp(code, "server_certificate_rejected") == 0) {
        (void)snprintf(text, size, "is not acceptable: %s",
                       X509_verify_cert_error_string(v->error));
    } else {
        (void)snprintf(text, size, "was issued by %s, which %s", v->issuer,
                       v->sent <= 1 ? "the server did not send and is not trusted here"
                                    : "is not trusted here");
    }
}

static void blame_certificate(struct secho_client *client, const struct secho_error *cause)
{
    const char *code = verdict_code(&client->verdict);
    char place[400], words[500];

    verdict_words(client, code, words, sizeof words);
    failure_set(&client->failure, FAILURE_HANDSHAKE, code,
                "%s: certificate %d of the server (%.100s) %s", where(client, place),
                client->verdict.depth, client->verdict.subject, words);
    keep_detail(client, cause);
}

/* ---- the rest of TLS ---- */

static void blame_handshake_end(struct secho_client *client, const struct secho_error *cause)
{
    char place[400];
    bool reset = cause->os_errno == ECONNRESET || cause->os_errno == EPIPE;

    if (reset && client->wire.received == 0) {
        failure_set(&client->failure, FAILURE_HANDSHAKE, "reset",
                    "%s accepted the connection and reset it before a byte of TLS came back",
                    where(client, place));
        return;
    }
    failure_set(&client->failure, FAILURE_HANDSHAKE, "closed_in_handshake",
                "%s %s the connection in the TLS handshake%s", where(client, place),
                reset ? "reset" : "closed",
                client->wire.received == 0 ? ", before it sent a byte" : "");
}

static void blame_echo_end(struct secho_client *client, const struct secho_error *cause)
{
    char place[400];

    if (client->facts.reason == STREAM_REASON_TRUNCATED) {
        failure_set(&client->failure, client->stage, "truncated",
                    "%s closed the connection without TLS's own end (close_notify)",
                    where(client, place));
    } else {
        failure_set(&client->failure, client->stage, "connection_lost", "%s: %s: %s",
                    where(client, place), "the connection broke", strerror(cause->os_errno));
    }
}

static const char *reason_code(enum stream_reason reason)
{
    switch (reason) {
    case STREAM_REASON_NO_COMMON_VERSION:
        return "no_common_version";
    case STREAM_REASON_NO_COMMON_SUITE:
        return "no_common_suite";
    case STREAM_REASON_NO_COMMON_GROUP:
        return "no_common_group";
    case STREAM_REASON_NO_COMMON_SIGNATURE:
        return "no_common_signature";
    case STREAM_REASON_NO_COMMON_ALPN:
        return "no_common_alpn";
    case STREAM_REASON_NONE:
    case STREAM_REASON_TRUNCATED:
    case STREAM_REASON_SYSTEM:
    case STREAM_REASON_NOT_TLS:
    case STREAM_REASON_ALERT:
    case STREAM_REASON_UNKNOWN_NAME:
    case STREAM_REASON_CERTIFICATE_MISSING:
    case STREAM_REASON_CERTIFICATE_REJECTED:
    case STREAM_REASON_PROTOCOL:
    default:
        return "protocol";
    }
}

static void blame_tls(struct secho_client *client)
{
    const struct failure_code *code = failure_find(reason_code(client->facts.reason));
    char place[400];

    failure_set(&client->failure, client->stage, code->name, "%s: %s", where(client, place),
                code->sentence);
}

void blame_stream(struct secho_client *client, const struct secho_error *cause)
{
    bool in_handshake = client->stage == FAILURE_HANDSHAKE;
    enum stream_reason reason = client->facts.reason;

    if (client->facts.alert_received != STREAM_NO_ALERT) {
        blame_alert(client);
    } else if (in_handshake && client->wire.first_len > 0 && !looks_like_tls(&client->wire)) {
        blame_plain_text(client);
    } else if (reason == STREAM_REASON_CERTIFICATE_REJECTED) {
        blame_certificate(client, cause);
    } else if (reason == STREAM_REASON_TRUNCATED || reason == STREAM_REASON_SYSTEM) {
        if (in_handshake) {
            blame_handshake_end(client, cause);
        } else {
            blame_echo_end(client, cause);
        }
    } else {
        blame_tls(client);
    }
    if (client->failure.detail[0] == '\0') {
        keep_detail(client, cause);
    }
}

void blame_timeout(struct secho_client *client)
{
    bool in_handshake = client->stage == FAILURE_HANDSHAKE;
    long long ms = (long long)client_timeout_ms(client);
    char place[400];

    failure_set(&client->failure, client->stage,
                in_handshake ? "handshake_timeout" : "echo_timeout",
                in_handshake ? "%s: the TLS handshake was not done within %lld ms%s"
                             : "%s: nothing came back for %lld ms%s",
                where(client, place), ms,
                !in_handshake                ? ""
                : client->wire.received == 0 ? "; it has not sent a byte"
                                             : "");
}
