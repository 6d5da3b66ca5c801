#include "server/closed.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "diagnosis/explain.h"
#include "tls/accepted.h"
#include "tls/certificate.h"
#include "tls/chosen.h"
#include "tls/hello_text.h"
#include "tls/key_log.h"

#define CLIENT_SIZE 256

/* The facts that only a TLS connection has; "" and 0 are left out of the line. */
struct tls_facts {
    const char *sni, *version, *suite, *group, *accepted;
    char alpn[CHOSEN_ALPN_SIZE];
    char client[CLIENT_SIZE];      /* the subject of its certificate */
    char asked[HELLO_NAME_SIZE];   /* the server name in the hello */
    char offered[HELLO_TEXT_SIZE]; /* all of the hello */
};

/* One that came in, or one that was refused. */
static void describe_client(const struct conn *conn, char text[static CLIENT_SIZE])
{
    const X509 *certificate = SSL_get0_peer_certificate(conn->tls);

    if (conn->ending.tls.refusal != NULL) {
        (void)snprintf(text, CLIENT_SIZE, "%s", conn->ending.tls.refusal->subject);
    } else if (certificate != NULL) {
        certificate_subject(certificate, text, CLIENT_SIZE);
    }
}

/*
 * The name that was asked for; NULL or "": none. When a handshake fails, OpenSSL may have done so
 * before it read the name; the hello is kept until it succeeds.
 */
static const char *sni_of(const struct conn *conn, char asked[static HELLO_NAME_SIZE])
{
    if (conn->tls == NULL || conn->ending.first == SNIFFED_NOTHING) {
        return "";
    }
    if (conn->ending.tls.hello == NULL) {
        return SSL_get_servername(conn->tls, TLSEXT_NAMETYPE_host_name);
    }
    hello_server_name(conn->ending.tls.hello, asked);
    return asked;
}

static void describe_failure(const struct conn *conn, struct tls_facts *facts)
{
    const struct hello *hello = conn->ending.tls.hello;

    hello_describe(hello, conn->tls, facts->offered);
    facts->accepted = accepted_of(conn->tls);
}

static void facts_of(const struct conn *conn, struct tls_facts *facts)
{
    facts->sni = facts->version = facts->suite = facts->group = facts->accepted = "";
    facts->alpn[0] = facts->client[0] = facts->offered[0] = '\0';
    if (conn->tls == NULL || conn->ending.first == SNIFFED_NOTHING) {
        return;
    }
    facts->sni = sni_of(conn, facts->asked);
    facts->suite = chosen_suite(conn->tls);
    if (facts->suite[0] != '\0') { /* chosen, also where the handshake failed later */
        facts->version = SSL_get_version(conn->tls);
        facts->group = chosen_group(conn->tls);
        chosen_alpn(conn->tls, facts->alpn);
    }
    describe_client(conn, facts->client);
    if (conn->ending.tls.hello != NULL) {
        describe_failure(conn, facts);
    }
}

static bool is_no_news(const struct explanation *explanation)
{
    return explanation->number == EXPLAIN_OK || explanation->number == EXPLAIN_HEALTH_CHECK;
}

/* How far it had come: secho-explain(7). "" for one that ended as it should. */
static const char *stage_of(const struct conn *conn, const struct explanation *explanation)
{
    static const char *const stages[] = {
        [ENDING_STAGE_ACCEPTED] = "accepted",   [ENDING_STAGE_PROXY] = "proxy",
        [ENDING_STAGE_HANDSHAKE] = "handshake", [ENDING_STAGE_ECHO] = "echo",
        [ENDING_STAGE_GOODBYE] = "goodbye",
    };

    if (is_no_news(explanation)) {
        return "";
    }
    if (conn->ending.tls.refusal != NULL) {
        return "client_certificate"; /* in TLS 1.3 it may get as far as a ticket: tls/verify.c */
    }
    if (conn->ending.stage == ENDING_STAGE_HANDSHAKE && conn->tls != NULL) {
        return stream_stage(conn->tls);
    }
    return stages[conn->ending.stage];
}

static enum secho_level level_of(const struct explanation *explanation)
{
    return explanation->number == EXPLAIN_HEALTH_CHECK ? SECHO_LEVEL_DEBUG : SECHO_LEVEL_INFO;
}

/* `stands_for` more than one: others like it have no line. */
static void write_line(const struct conn *conn, const struct log *log, uint64_t stands_for,
                       const struct explanation *explanation)
{
    char peer[ADDRESS_TEXT_SIZE], via[ADDRESS_TEXT_SIZE] = "";
    const struct proxied *proxied = conn->proxied;
    struct tls_facts tls;
    int64_t lived_us = clock_now_us() - conn->accepted_us;

    address_print(&conn->peer, peer);
    if (proxied != NULL && proxied->via.len > 0) {
        address_print(&proxied->via, via);
    }
    facts_of(conn, &tls);
    const struct secho_field resumed = {
        .key = "resumed",
        .text = conn->handshake_us == 0         ? ""
                : SSL_session_reused(conn->tls) ? "yes"
                                                : "no",
    };
    const struct secho_field handshake_us =
        conn->handshake_us > 0 ? log_number("handshake_us", (uint64_t)conn->handshake_us)
                               : log_text("handshake_us", "");

    const struct secho_field early =
        conn->early > 0 ? log_number("early", conn->early) : log_text("early", "");

    const struct secho_field sampled =
        stands_for > 1 ? log_number("sampled", stands_for) : log_text("sampled", "");

    log_event(
        log, level_of(explanation), "closed", log_text("listener", conn->listener->config->name),
        log_number("conn", conn->number), log_text("peer", peer), log_text("via", via),
        log_text("authority", proxied != NULL ? proxied->authority : ""),
        log_text("unique_id", proxied != NULL ? proxied->unique_id : ""), log_text("sni", tls.sni),
        log_text("alpn", tls.alpn), log_text("version", tls.version), log_text("suite", tls.suite),
        log_text("group", tls.group), resumed, log_text("client", tls.client),
        log_number("in", conn->in), log_number("out", conn->out), early,
        log_number("duration_ms", (uint64_t)(lived_us / 1000)), handshake_us,
        log_text("stage", stage_of(conn, explanation)), log_text("end", explanation->code), sampled,
        log_text("cause", explanation->cause), log_text("why", explanation->why),
        /* At the end: what has no room in a line is left out from there. */
        log_text("offered", tls.offered), log_text("accepted", tls.accepted));
}

/* Once for each process: secrets are lost, nothing else. */
static void tell_key_log(const struct conn *conn, const struct log *log)
{
    const struct listener *listener = conn->listener;
    int trouble = listener->context != NULL ? key_log_trouble(listener->context) : 0;

    if (trouble != 0) {
        log_event(
            log, SECHO_LEVEL_ERROR, "key_log_failed", log_text("listener", listener->config->name),
            log_text("file", listener->config->tls.key_log), log_text("why", strerror(trouble)));
    }
}

/* What was refused, where the peer's alert is about a certificate; what OpenSSL found. */
static void explain_more(const struct conn *conn, struct explanation *explanation)
{
    struct ending ending = conn->ending;
    const X509 *ours = conn->tls != NULL ? SSL_get_certificate(conn->tls) : NULL;
    char subject[CLIENT_SIZE];

    if (ours != NULL && explain_decide(&ending) == EXPLAIN_PEER_REJECTED_CERTIFICATE) {
        certificate_subject(ours, subject, sizeof subject);
        ending.certificate = subject;
    }
    if (ending.cause == ENDING_TLS && ending.detail == NULL) {
        ending.detail = ending.tls.words;
    }
    explain(&ending, explanation);
}

/* For how many the line stands; 0: there is none. A program that embeds us hears of each. */
static uint64_t sample(struct sampling *sampling, const struct log *log,
                       const struct explanation *explanation)
{
    enum sampling_kind kind = explanation->number == EXPLAIN_OK             ? SAMPLING_OK
                              : explanation->number == EXPLAIN_HEALTH_CHECK ? SAMPLING_HEALTH_CHECK
                                                                            : SAMPLING_FAILURE;

    return log->listener != NULL ? 1 : sampling_take(sampling, kind, clock_now_ns(), log);
}

/* Whoever comes and goes in silence has not failed to shake hands. */
static bool is_failed_handshake(const struct conn *conn, enum explain_code end)
{
    return conn->tls != NULL && conn->handshake_us == 0 && end != EXPLAIN_HEALTH_CHECK &&
           conn->ending.stage != ENDING_STAGE_PROXY;
}

static void count(const struct conn *conn, enum explain_code end)
{
    counters_add(&conn->counters->ends[end], 1);
    counters_add(&conn->tally->closed, 1); /* side by side: whoever is killed has both or none */
    counters_add(&conn->tally->ends[end], 1);
    counters_add(&conn->tally->failures[end], is_failed_handshake(conn, end) ? 1 : 0);
}

/* ---- for the ring of the latest ends ---- */

static void remember(const struct conn *conn, struct ends *ends,
                     const struct explanation *explanation)
{
    char peer[ADDRESS_TEXT_SIZE], asked[HELLO_NAME_SIZE];

    address_print(&conn->peer, peer);
    ends_add(ends, &(const struct ends_facts){
                       .code = explanation->number,
                       .number = conn->number,
                       .duration_ms = (uint64_t)(clock_now_us() - conn->accepted_us) / 1000,
                       .in = conn->in,
                       .out = conn->out,
                       .listener = conn->listener->config->name,
                       .peer = peer,
                       .sni = sni_of(conn, asked),
                       .why = explanation->why,
                   });
}

/* ---- all of it ---- */

void closed_tell(const struct conn *conn, const struct log *log, struct sampling *sampling,
                 struct ends *ends)
{
    struct explanation explanation;

    explain_more(conn, &explanation);
    count(conn, explanation.number);
    if (!is_no_news(&explanation)) { /* first: who has read the line finds it in the ring, too */
        remember(conn, ends, &explanation);
    }
    if (log_wants(log, level_of(&explanation))) {
        uint64_t stands_for = sample(sampling, log, &explanation);

        if (stands_for > 0) {
            write_line(conn, log, stands_for, &explanation);
        }
    }
    tell_key_log(conn, log);
}
