#include "client/report.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <secho/secho.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/excerpt.h"
#include "client/blame.h"
#include "net/socket.h"

void report_offer(const char *alpn, char offer[static REPORT_OFFER_SIZE])
{
    (void)snprintf(offer, REPORT_OFFER_SIZE, "%s%s%s", ALPN_REPORT, alpn != NULL ? "," : "",
                   alpn != NULL ? alpn : "");
}

/* ---- what we see ---- */

/* The names of `list`, which are separated by commas. */
static void take_offer(const char *list, struct view *out)
{
    while (list != NULL && out->offered_count < VIEW_ALPN_MAX) {
        size_t len = strcspn(list, ",");

        excerpt_append(out->offered[out->offered_count++], VIEW_TEXT, list, len, len);
        list = list[len] == ',' ? list + len + 1 : NULL;
    }
}

/* With --insecure the chain is looked at all the same, and nothing follows from it. */
static void take_verdict(const struct secho_client *client, struct report_view *out)
{
    if (!client->insecure) {
        (void)snprintf(out->verdict, sizeof out->verdict, "verified");
    } else if (client->verdict.error == X509_V_OK) {
        (void)snprintf(out->verdict, sizeof out->verdict, "good, but --insecure");
    } else {
        (void)snprintf(out->verdict, sizeof out->verdict, "not verified: %s",
                       X509_verify_cert_error_string(client->verdict.error));
    }
}

static void take_view(const struct secho_client *client, const unsigned char *nonce,
                      struct report_view *out)
{
    struct address local;
    char host[256] = "";

    (void)gethostname(host, sizeof host - 1);
    (void)excerpt_text(out->host, sizeof out->host, host);
    (void)snprintf(out->software, sizeof out->software, "secho-client %s", secho_version());
    (void)snprintf(out->openssl, sizeof out->openssl, "%s", OpenSSL_version(OPENSSL_VERSION));
    clock_text(out->time);
    (void)snprintf(out->peer, sizeof out->peer, "%s", client->address);
    if (socket_address(client->fd, &local) == 0) {
        address_print(&local, out->local);
    }
    take_verdict(client, out);
    view_take(client->tls, nonce, REPORT_NONCE_BYTES, &out->tls);
    take_offer(client->settings.alpn, &out->tls);
    if (!client->verdict.asked) {
        out->tls.client.count = 0; /* we have one and did not show it */
    }
}

/* ---- what the server sees ---- */

static int is_no_report(struct secho_client *client, const char *why)
{
    blame_bytes(client, ENDING_REPORT_INVALID, why);
    return -1;
}

/* Takes what comes until it is an answer, an echo, or neither. */
static enum report_came receive(struct secho_client *client, const unsigned char *request,
                                unsigned char *came, size_t *json)
{
    enum report_came is = REPORT_CAME_PART;
    size_t have = 0, got = 0;

    while (is == REPORT_CAME_PART) {
        unsigned char some[16384]; /* stream.h wants that much */

        if (secho_client_receive(client, some, sizeof some, &got, NULL) != 0) {
            return REPORT_CAME_PART;
        }
        if (got == 0) {
            (void)is_no_report(client, "the connection ended before it was whole");
            return REPORT_CAME_PART;
        }
        if (got > REPORT_HEAD_BYTES + REPORT_JSON_MAX - have) {
            return REPORT_CAME_OTHER;
        }
        memcpy(came + have, some, got);
        have += got;
        is = report_look(came, have, request, json);
    }
    return is;
}

static int compare(struct secho_client *client, const unsigned char *came, size_t len,
                   struct report_result *out)
{
    const char *why = NULL;

    if (report_decode((const char *)came + REPORT_HEAD_BYTES, len, &out->there, &why) != 0) {
        return is_no_report(client, why);
    }
    out->answered = true;
    report_compare(&out->here, &out->there, &out->finding);
    if (client->insecure) {
        report_note(&out->finding,
                    "nobody was verified (--insecure): somebody in between who knows secho could "
                    "have written this answer");
    }
    return 0;
}

static int ask(struct secho_client *client, const unsigned char *nonce, struct report_result *out)
{
    unsigned char request[REPORT_REQUEST_BYTES];
    unsigned char *came = malloc(REPORT_HEAD_BYTES + REPORT_JSON_MAX);
    size_t len = 0;
    int rc = -1;

    report_ask(nonce, request);
    if (came == NULL) {
        struct secho_error err;

        (void)error_set(&err, SECHO_ERR_MEMORY, "no memory for a report");
        failure_from_error(&client->failure, FAILURE_ECHO, &err);
        return -1;
    }
    if (secho_client_send(client, request, sizeof request, NULL) == 0) {
        switch (receive(client, request, came, &len)) {
        case REPORT_CAME_ANSWER:
            rc = compare(client, came, len, out);
            break;
        case REPORT_CAME_ECHO:
            out->finding.verdict = REPORT_ECHOED;
            rc = 0;
            break;
        case REPORT_CAME_OTHER:
            rc = is_no_report(client, "it is neither an answer nor an echo");
            break;
        case REPORT_CAME_PART: /* the failure is noted */
            break;
        }
    }
    free(came);
    return rc;
}

/* ---- all of it ---- */

/* RFC 7301 3.2: a server that speaks none of what we offer ends the handshake, politely. */
static int without_session(struct secho_client *client, struct report_result *out)
{
    if (client->facts.alert_received != SSL_AD_NO_APPLICATION_PROTOCOL) {
        return -1;
    }
    client->failure = (struct failure){0};
    out->finding.verdict = REPORT_NONE;
    report_note(&out->finding,
                "it refused the handshake with the alert no_application_protocol: offer also "
                "what it speaks (--alpn)");
    return 0;
}

int report_run(struct secho_client *client, struct report_result *out)
{
    unsigned char nonce[REPORT_NONCE_BYTES];
    struct secho_error err;

    if (RAND_bytes(nonce, sizeof nonce) != 1) {
        error_tls(&err, "no random bytes");
        failure_from_error(&client->failure, FAILURE_SETUP, &err);
        return -1;
    }
    client->witnessed = true;
    if (secho_client_open(client, NULL) != 0) {
        return without_session(client, out);
    }
    out->shaken = true;
    take_view(client, nonce, &out->here);
    out->finding.verdict = REPORT_NONE;
    if (strcmp(out->here.tls.alpn, ALPN_REPORT) == 0 && ask(client, nonce, out) != 0) {
        return -1;
    }
    (void)secho_client_finish(client, NULL); /* all is known by now */
    client->failure = (struct failure){0};
    return 0;
}

enum exit_status report_exit(const struct report_result *result)
{
    switch (result->finding.verdict) {
    case REPORT_END_TO_END:
        return EXIT_PROVEN;
    case REPORT_TERMINATED:
    case REPORT_ECHOED:
        return EXIT_THRESHOLD;
    case REPORT_NONE:
    case REPORT_UNKNOWN:
        break;
    }
    return EXIT_PROTOCOL;
}
