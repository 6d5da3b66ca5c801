#include "client/path_try.h"

#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "client/check.h"
#include "tls/chosen.h"
#include "tls/defaults.h"
#include "tls/witness.h"

void path_not_tried(struct path *path, enum path_kind kind, const char *why)
{
    struct path_try *this = &path->tries[kind];

    this->result = PATH_NOT_TRIED;
    (void)snprintf(this->words, sizeof this->words, "%s", why);
}

/* ---- a client that is unusual in one way ---- */

static void apply(const struct path *path, const struct path_way *way,
                  struct secho_client_settings *settings)
{
    *settings = path->settings;
    settings->timeout_ms = path_patience_ms(path);
    if (settings->groups == NULL) { /* the default ones may have large keys */
        settings->groups = defaults_groups_small();
    }
    if (way->groups != NULL) {
        settings->groups = way->groups;
    }
    if (way->version != NULL) {
        settings->min_version = settings->max_version = way->version;
    }
}

struct secho_client *path_client(const struct path *path, const struct path_way *way,
                                 struct failure *failure)
{
    struct secho_client_settings settings;
    struct secho_client *client = NULL;
    struct secho_error err;

    apply(path, way, &settings);
    if (secho_client_new(&settings, &client, &err) != 0) {
        failure_from_error(failure, FAILURE_SETUP, &err);
        return NULL;
    }
    client->insecure = path->insecure;
    client->trace = path->trace;
    client->witnessed = true;
    client->odd = way->odd;
    client->wire.split = way->split;
    return client;
}

/* ---- whose doing it is ---- */

#define ALERTS_MAX 4

/*
 * With these a server says that it is so by its own will. Everything else, above all silence and
 * RST, may also come from whoever is in between. 0 is none of them: it is close_notify.
 */
static const int own_will[PATH_KINDS][ALERTS_MAX] = {
    [PATH_OLD] = {SSL_AD_PROTOCOL_VERSION, SSL_AD_HANDSHAKE_FAILURE, SSL_AD_INSUFFICIENT_SECURITY,
                  SSL_AD_INAPPROPRIATE_FALLBACK},
    [PATH_NAMELESS] = {SSL_AD_UNRECOGNIZED_NAME, SSL_AD_HANDSHAKE_FAILURE, SSL_AD_MISSING_EXTENSION,
                       SSL_AD_ACCESS_DENIED},
};

enum path_result path_judge(const struct secho_client *client, enum path_kind kind)
{
    const struct failure *failure = &client->failure;

    for (size_t i = 0; i < ALERTS_MAX && client->facts.alert_received > 0; i++) {
        if (own_will[kind][i] == client->facts.alert_received) {
            return PATH_DECIDED;
        }
    }
    /* Who is asked for no name shows the certificate of another: so it is set up. */
    bool another = kind == PATH_NAMELESS && client->verdict.fault == FAULT_WRONG_NAME &&
                   failure->exit == EXIT_CERTIFICATE;
    /* It said close_notify, perhaps while our bytes were on the way: who only passes on cannot. */
    bool goodbye =
        kind == PATH_IDLE && (failure->number == EXPLAIN_CLOSED_EARLY ||
                              (failure->number == EXPLAIN_ECHO_SHORT && client->alike == 0));

    return another || goodbye ? PATH_DECIDED : PATH_FAILS;
}

bool path_is_cut(const struct failure *failure)
{
    enum explain_code number = failure->number;

    return failure->stage == FAILURE_HANDSHAKE &&
           (number == EXPLAIN_RESET || number == EXPLAIN_CLOSED_IN_HANDSHAKE ||
            number == EXPLAIN_HANDSHAKE_TIMEOUT || number == EXPLAIN_PEER_ALERT ||
            number == EXPLAIN_NO_COMMON_VERSION);
}

#define REST_MS 1100 /* limits of servers count by the second */

/* What was waited for in vain was no limit, nor are wrong bytes. */
bool path_rests(const struct path *path, const struct path_try *failed)
{
    const struct failure *failure = &failed->failure;
    bool refused = failure->number == EXPLAIN_REFUSED && path->shaken; /* it was there before */

    if (failed->result != PATH_FAILS || failure->exit == EXIT_TIMEOUT ||
        !(refused || path_is_cut(failure))) {
        return false;
    }
    (void)poll(NULL, 0, REST_MS);
    return true;
}

/* ---- one connection ---- */

static void look_at(struct secho_client *client, struct path_seen *seen)
{
    const struct witness *witness = client->tls != NULL ? witness_of(client->tls) : NULL;

    *seen = (struct path_seen){.shaken = client->stage > FAILURE_HANDSHAKE,
                               .retried = witness != NULL && witness->retried,
                               .alike = client->alike};
    if (seen->shaken) {
        (void)snprintf(seen->version, sizeof seen->version, "%s", SSL_get_version(client->tls));
        (void)snprintf(seen->group, sizeof seen->group, "%s", chosen_group(client->tls));
        (void)snprintf(seen->suite, sizeof seen->suite, "%s", chosen_suite(client->tls));
    }
}

static int prove(struct secho_client *client, bool echoes)
{
    int64_t echo_us = 0;

    return echoes ? check_run(client, &echo_us) : check_message(client, NULL, 0, &echo_us);
}

static void attempt(struct path *path, enum path_kind kind, const struct path_way *way,
                    struct path_try *out, struct path_seen *seen)
{
    struct secho_client *client = path_client(path, way, &out->failure);
    int64_t start = clock_now_us();

    *seen = (struct path_seen){0};
    if (client == NULL) {
        out->result = PATH_FAILS;
        return;
    }
    out->result = prove(client, path->echoes) == 0 ? PATH_WORKS : path_judge(client, kind);
    out->took_us = clock_now_us() - start;
    out->hello_bytes = client->wire.opening;
    out->failure = client->failure;
    look_at(client, seen);
    (void)snprintf(path->host, sizeof path->host, "%s", client->settings.host);
    if (client->address[0] != '\0') {
        (void)snprintf(path->address, sizeof path->address, "%s", client->address);
    }
    secho_client_free(client);
}

void path_attempt(struct path *path, enum path_kind kind, const struct path_way *way,
                  struct path_try *out, struct path_seen *seen)
{
    *out = (struct path_try){0};
    attempt(path, kind, way, out, seen);
    if (path_rests(path, out)) {
        *out = (struct path_try){.again = true};
        attempt(path, kind, way, out, seen);
    }
}
