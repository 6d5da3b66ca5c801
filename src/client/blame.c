#include "client/blame.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis/sniff.h"

#define PLACE_SIZE 400

/* "localhost (127.0.0.1:8443)", or the address alone when the host is one. */
static const char *place(const struct secho_client *client, char text[static PLACE_SIZE])
{
    const char *host = client->settings.host;
    const char *address = client->address + (client->address[0] == '[');
    size_t len = strlen(host);

    if (client->address[0] == '\0') {
        (void)snprintf(text, PLACE_SIZE, "%.253s port %s", host, client->settings.port);
    } else if (strncmp(address, host, len) == 0 && (address[len] == ':' || address[len] == ']')) {
        (void)snprintf(text, PLACE_SIZE, "%s", client->address);
    } else {
        (void)snprintf(text, PLACE_SIZE, "%.253s (%s)", host, client->address);
    }
    return text;
}

static int64_t limit_ms(const struct secho_client *client)
{
    int64_t ms = client_timeout_ms(client);

    return ms > 0 ? ms : 0;
}

/* ---- before TLS ---- */

void blame_setup(struct secho_client *client, const struct secho_error *cause)
{
    failure_from_error(&client->failure, FAILURE_SETUP, cause);
}

void blame_resolve(struct secho_client *client, const struct secho_error *cause)
{
    bool late = cause->kind == SECHO_ERR_TIMEOUT;
    const struct ending ending = {
        .side = ENDING_CLIENT,
        .cause = late ? ENDING_RESOLVE_TIMEOUT : ENDING_NAME_UNKNOWN,
        .limit = limit_ms(client),
    };

    if (!late && cause->kind != SECHO_ERR_RESOLVE) {
        failure_from_error(&client->failure, FAILURE_RESOLVE, cause);
    } else if (late) {
        failure_set(&client->failure, FAILURE_RESOLVE, &ending, "resolving %.253s",
                    client->settings.host);
    } else {
        failure_set(&client->failure, FAILURE_RESOLVE, &ending, "%s", cause->text);
    }
}

void blame_connect(struct secho_client *client, const struct secho_error *cause)
{
    const struct ending ending = {
        .side = ENDING_CLIENT,
        .cause = cause->kind == SECHO_ERR_TIMEOUT   ? ENDING_CONNECT_TIMEOUT
                 : cause->kind != SECHO_ERR_CONNECT ? ENDING_SYSTEM
                 : cause->os_errno == ECONNREFUSED  ? ENDING_REFUSED
                 : cause->os_errno == ECONNRESET ? ENDING_SOCKET /* the network does lead there */
                                                 : ENDING_UNREACHABLE,
        .os_errno = cause->os_errno,
        .limit = limit_ms(client),
    };

    failure_set(&client->failure, FAILURE_CONNECT, &ending, "connecting to %.253s port %s (%s)",
                client->settings.host, client->settings.port, cause->text);
}

/* ---- TLS ---- */

/* What is wrong with it, as it goes on after "the certificate 'CN=x' of the server: ". */
static void verdict_words(const struct secho_client *client, char *text, size_t size)
{
    const struct trust_verdict *v = &client->verdict;
    const char *name =
        client->settings.server_name != NULL ? client->settings.server_name : client->settings.host;

    switch (v->fault) {
    case FAULT_EXPIRED:
        (void)snprintf(text, size, "it expired on %s", v->not_after);
        return;
    case FAULT_NOT_YET_VALID:
    case FAULT_CLOCK:
        (void)snprintf(text, size, "it is not valid before %s", v->not_before);
        return;
    case FAULT_WRONG_NAME: /* RFC 9525: the common name does not count */
        (void)snprintf(text, size, "it is not for %.60s but for %.80s", name,
                       v->names[0] != '\0' ? v->names : "nobody (no subjectAltName)");
        return;
    case FAULT_UNKNOWN_ISSUER:
    case FAULT_CHAIN_INCOMPLETE:
        (void)snprintf(text, size, "its issuer '%.100s' is not trusted here%s", v->issuer,
                       v->sent <= 1 ? " and was not sent" : "");
        return;
    case FAULT_SELF_SIGNED:
        (void)snprintf(text, size, "it is signed by itself");
        return;
    case FAULT_WRONG_USAGE:
        (void)snprintf(text, size, "it is not made for servers");
        return;
    case FAULT_REVOKED:
        (void)snprintf(text, size, "it was revoked%s%s",
                       v->why[0] != '\0' ? "; its OCSP response says: " : "", v->why);
        return;
    case FAULT_STAPLE_MISSING:
        (void)snprintf(text, size, "it demands an OCSP response beside it, and %s", v->why);
        return;
    case FAULT_OTHER:
    case FAULT_CRL_MISSING:
    case FAULT_CRL_OUTDATED:
    case FAULT_NOT_ALLOWED:
    case FAULT_NOT_A_CA:
    case FAULT_PATH_TOO_LONG:
    case FAULT_NAME_NOT_PERMITTED:
    case FAULT_WEAK_KEY:
    case FAULT_WEAK_DIGEST:
    case FAULT_BAD_SIGNATURE:
    case FAULT_COUNT:
        (void)snprintf(text, size, "%s", v->why);
        return;
    }
}

static void add_depth(const struct secho_client *client, char *text, size_t size)
{
    size_t used = strlen(text);

    if (client->verdict.depth > 0) {
        (void)snprintf(text + used, size - used, " (%d above the server's own)",
                       client->verdict.depth);
    }
}

/*
 * TLS 1.2 has no alert for "give me a certificate": a server that asked for one and got none sends
 * handshake_failure or what it likes. We know that it asked.
 */
static bool wanted_our_certificate(const struct secho_client *client)
{
    int alert = client->facts.alert_received;

    return client->verdict.asked && client->settings.cert_file == NULL &&
           (alert == SSL_AD_HANDSHAKE_FAILURE || alert == SSL_AD_BAD_CERTIFICATE ||
            alert == SSL_AD_CERTIFICATE_UNKNOWN || alert == SSL_AD_ACCESS_DENIED);
}

static enum ending_stage ending_stage(const struct secho_client *client)
{
    if (client->stage >= FAILURE_ECHO) {
        return client->stage == FAILURE_ECHO ? ENDING_STAGE_ECHO : ENDING_STAGE_GOODBYE;
    }
    return client->wire.received == 0 ? ENDING_STAGE_ACCEPTED : ENDING_STAGE_HANDSHAKE;
}

static struct ending facts(const struct secho_client *client)
{
    struct ending ending = {
        .side = ENDING_CLIENT,
        .stage = ending_stage(client),
        .cause = ENDING_TLS,
        .first = sniff(client->wire.first, client->wire.first_len),
        .tls = client->facts,
        .plain_hello = sniff_is_client_hello(client->wire.first, client->wire.first_len),
        .fault = client->verdict.fault,
        .limit = limit_ms(client),
    };

    if (wanted_our_certificate(client)) {
        ending.tls.reason = STREAM_REASON_CERTIFICATE_MISSING;
    } else if (ending.tls.alert_received != STREAM_NO_ALERT) {
        ending.tls.reason = STREAM_REASON_ALERT; /* it says more than the reset that followed it */
    }
    return ending;
}

/* The first line that came, with '.' for what is not printable. */
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

static bool is_no_tls(enum explain_code number)
{
    return number == EXPLAIN_NOT_TLS || number == EXPLAIN_NOT_TLS_HTTP ||
           number == EXPLAIN_NOT_TLS_SSH || number == EXPLAIN_NOT_TLS_SMTP ||
           number == EXPLAIN_PROXY_HEADER_UNEXPECTED;
}

void blame_stream(struct secho_client *client, const struct secho_error *cause)
{
    struct ending ending = facts(client);
    char where[PLACE_SIZE], words[256], first[80];

    ending.os_errno = cause->os_errno;
    ending.detail = cause->text;
    if (ending.tls.reason == STREAM_REASON_CERTIFICATE_REJECTED) {
        verdict_words(client, words, sizeof words);
        add_depth(client, words, sizeof words);
        ending.certificate = client->verdict.subject;
        ending.detail = words;
    }
    if (is_no_tls(explain_decide(&ending))) {
        quote_first(&client->wire, first, sizeof first);
        failure_set(&client->failure, client->stage, &ending,
                    "%s does not speak TLS; it answered \"%s\"", place(client, where), first);
    } else {
        failure_set(&client->failure, client->stage, &ending, "%s", place(client, where));
    }
    (void)snprintf(client->failure.detail, sizeof client->failure.detail, "%s", cause->text);
}

void blame_timeout(struct secho_client *client, enum ending_cause cause)
{
    struct ending ending = facts(client);
    char where[PLACE_SIZE];

    ending.cause = cause;
    failure_set(&client->failure, client->stage, &ending, "%s", place(client, where));
}

/* ---- the bytes ---- */

void blame_bytes(struct secho_client *client, enum ending_cause cause, const char *detail)
{
    struct ending ending = facts(client);
    char where[PLACE_SIZE];

    ending.cause = cause;
    ending.detail = detail;
    failure_set(&client->failure, client->stage, &ending, "%s", place(client, where));
}

void blame_add_counts(struct secho_client *client, uint64_t sent, uint64_t received)
{
    struct failure *failure = &client->failure;
    size_t used = strlen(failure->why);

    (void)snprintf(failure->why + used, sizeof failure->why - used,
                   " %" PRIu64 " bytes were sent, %" PRIu64 " came back.", sent, received);
}
