/*
 * client.c - a connection to any TLS echo server: resolve, connect, handshake, send, receive.
 */
#include "client/client.h"

#include <assert.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/agreed.h"
#include "client/announce.h"
#include "client/blame.h"
#include "client/settings.h"
#include "net/socket.h"
#include "tls/stapled.h"
#include "tls/witness.h"

/* ---- settings ---- */

int secho_client_new(const struct secho_client_settings *settings, struct secho_client **out,
                     struct secho_error *err)
{
    struct secho_client *client = calloc(1, sizeof *client);

    if (client == NULL) {
        return error_set(err, SECHO_ERR_MEMORY, "no memory for a client");
    }
    client->fd = -1;
    if (settings_copy(settings, &client->settings, err) != 0) {
        secho_client_free(client);
        return -1;
    }
    *out = client;
    return 0;
}

void secho_client_insecure_skip_verify(struct secho_client *client)
{
    client->insecure = true;
}

/* ---- help for all stages ---- */

void client_say(const struct secho_client *client, const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    if (client->trace == NULL) {
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    client->trace(client->trace_context, line);
}

int64_t client_timeout_ms(const struct secho_client *client)
{
    int64_t ms = client->settings.timeout_ms;

    return ms == 0 ? CLIENT_TIMEOUT_MS : ms < 0 ? -1 : ms < INT_MAX ? ms : INT_MAX;
}

static int64_t deadline_from_now(const struct secho_client *client)
{
    int64_t ms = client_timeout_ms(client);
    bool pauses = client->stage == FAILURE_HANDSHAKE && client->wire.split > 0; /* our own doing */

    return ms < 0 ? INT64_MAX : clock_now_ms() + ms + (pauses ? SOCKET_BIO_REST : 0);
}

int client_wait(const struct secho_client *client, enum io want, int64_t deadline_ms)
{
    struct pollfd fd = {.fd = client->fd, .events = want == IO_WANT_WRITE ? POLLOUT : POLLIN};

    for (;;) {
        int64_t left = deadline_ms == INT64_MAX ? -1 : deadline_ms - clock_now_ms();

        if (deadline_ms != INT64_MAX && left <= 0) {
            return -1;
        }
        if (poll(&fd, 1, left > INT_MAX ? INT_MAX : (int)left) > 0) { /* else a signal or time */
            return 0;
        }
    }
}

/* Copies the words of the failure. Returns -1. */
static int report(const struct secho_client *client, struct secho_error *err)
{
    return error_set(err, client->failure.kind, "%s %s", client->failure.why,
                     client->failure.advice);
}

static int timed_out(struct secho_client *client, enum ending_cause cause, struct secho_error *err)
{
    blame_timeout(client, cause);
    return report(client, err);
}

#define LAST_WORDS_READS 64 /* so many records are read to find an alert behind them */

/* A server that refuses sends an alert and closes; our next write finds only the closed door. */
static void hear_last_words(struct secho_client *client)
{
    unsigned char scratch[16384];
    size_t got;

    for (int i = 0; i < LAST_WORDS_READS && client->facts.alert_received == STREAM_NO_ALERT; i++) {
        if (stream_read(client->tls, scratch, sizeof scratch, &got, NULL) != IO_DONE) {
            return;
        }
    }
}

int client_stream_failed(struct secho_client *client, const struct secho_error *cause,
                         struct secho_error *err)
{
    if (client->facts.reason == STREAM_REASON_SYSTEM && client->stage > FAILURE_HANDSHAKE) {
        hear_last_words(client);
    }
    blame_stream(client, cause);
    return report(client, err);
}

/* ---- setup ---- */

static void offer_session(struct secho_client *client)
{
    if (client->offered.tls != NULL &&
        session_offer(client->tls, client->insecure, &client->offered, client->not_offered) != 0) {
        client_say(client, "the session is not offered: %s", client->not_offered);
    }
}

static int setup(struct secho_client *client, struct secho_error *err)
{
    const struct secho_client_settings *s = &client->settings;
    struct trust_settings trust;
    struct secho_error why = {0};

    client->stage = FAILURE_SETUP;
    settings_trust(s, &trust);
    if (trust_new(&trust, &client->context, &why) == 0 &&
        odd_hello_pad(client->context, &client->odd, &why) == 0) {
        client->tls =
            trust_session(client->context, s->server_name != NULL ? s->server_name : s->host,
                          client->insecure, &client->verdict, &why);
    }
    if (client->tls != NULL && client->witnessed && witness_watch(client->tls) != 0) {
        client->witnessed = false; /* it tells less then */
    }
    if (client->tls == NULL) {
        blame_setup(client, &why);
        return report(client, err);
    }
    odd_hello_hide_name(client->tls, &client->odd);
    stapled_ask(client->context, client->tls);
    offer_session(client);
    return 0;
}

/* ---- resolve ---- */

static int resolve(struct secho_client *client, struct secho_error *err)
{
    const struct secho_client_settings *s = &client->settings;
    const struct resolve_question question = {s->host, s->port, s->family,
                                              client_timeout_ms(client)};
    struct secho_error why = {0};
    int64_t start = clock_now_us();

    client->stage = FAILURE_RESOLVE;
    if (resolve_host(&question, &client->race.list, &why) != 0) {
        blame_resolve(client, &why);
        return report(client, err);
    }
    client->times.resolve_us = clock_now_us() - start;
    race_order(&client->race.list);
    for (size_t i = 0; i < client->race.list.count; i++) {
        char text[ADDRESS_TEXT_SIZE];

        address_print(&client->race.list.addresses[i], text);
        client_say(client, "address %zu of %s: %s", i + 1, s->host, text);
    }
    return 0;
}

/* ---- connect ---- */

static int connect_tcp(struct secho_client *client, struct secho_error *err)
{
    struct secho_error why = {0};
    int64_t start = clock_now_us();
    char text[512];

    client->stage = FAILURE_CONNECT;
    if (race_run(&client->race, client_timeout_ms(client), &client->fd, &why) != 0) {
        blame_connect(client, &why);
        return report(client, err);
    }
    client->times.connect_us = clock_now_us() - start;
    address_print(&client->race.list.addresses[client->race.winner], client->address);
    race_describe(&client->race, text, sizeof text);
    client_say(client, "TCP: %s (%.1f ms)", text, (double)client->times.connect_us / 1000);
    return 0;
}

/* ---- handshake ---- */

static int shake_hands(struct secho_client *client, struct secho_error *err)
{
    struct secho_error why = {0};
    enum io io;

    client->stage = FAILURE_HANDSHAKE;
    int64_t start = clock_now_us(), deadline = deadline_from_now(client);

    client->wire.fd = client->fd;
    BIO *bio = socket_bio_new(&client->wire);

    if (bio == NULL) {
        (void)error_set(&why, SECHO_ERR_MEMORY, "no memory for a connection");
        failure_from_error(&client->failure, FAILURE_HANDSHAKE, &why);
        return report(client, err);
    }
    SSL_set_bio(client->tls, bio, bio); /* owns it now */
    stream_watch(client->tls, &client->facts);
    early_begin(client);
    while ((io = early_then_handshake(client, &why)) != IO_DONE) {
        if (io != IO_WANT_READ && io != IO_WANT_WRITE) {
            return client_stream_failed(client, &why, err);
        }
        if (client_wait(client, io, deadline) != 0) {
            return timed_out(client, ENDING_TIMEOUT, err);
        }
    }
    client->times.handshake_us = clock_now_us() - start;
    agreed_say(client);
    early_settle(client);
    client->stage = FAILURE_ECHO;
    return 0;
}

int secho_client_open(struct secho_client *client, struct secho_error *err)
{
    if (client->tls != NULL) {
        return error_set(err, SECHO_ERR_USAGE, "a client can be opened once");
    }
    if (setup(client, err) != 0 || resolve(client, err) != 0 || connect_tcp(client, err) != 0) {
        return -1;
    }
    announce(client);
    return shake_hands(client, err);
}

int secho_client_connect(const struct secho_client_settings *settings, struct secho_client **out,
                         struct secho_error *err)
{
    struct secho_client *client = NULL;

    if (secho_client_new(settings, &client, err) != 0) {
        return -1;
    }
    assert(client != NULL); /* for clang-tidy, which does not see that errors are -1 */
    if (secho_client_open(client, err) != 0) {
        secho_client_free(client);
        return -1;
    }
    *out = client;
    return 0;
}

/* ---- echo ---- */

static int not_open(const struct secho_client *client, struct secho_error *err)
{
    if (client->stage >= FAILURE_ECHO) {
        return 0;
    }
    return error_set(err, SECHO_ERR_USAGE, "the client is not connected");
}

int secho_client_send(struct secho_client *client, const void *data, size_t len,
                      struct secho_error *err)
{
    const unsigned char *at = data;
    struct secho_error why = {0};

    if (not_open(client, err) != 0) {
        return -1;
    }
    while (len > 0) {
        size_t put = 0;
        enum io io = stream_write(client->tls, at, len, &put, &why);

        if (io == IO_DONE) {
            at += put;
            len -= put;
        } else if (io == IO_FAILED || io == IO_EOF) {
            return client_stream_failed(client, &why, err);
        } else if (client_wait(client, io, deadline_from_now(client)) != 0) {
            return timed_out(client, ENDING_WRITE_TIMEOUT, err);
        }
    }
    return 0;
}

int secho_client_receive(struct secho_client *client, void *buffer, size_t len, size_t *got,
                         struct secho_error *err)
{
    int64_t deadline = deadline_from_now(client);
    struct secho_error why = {0};

    if (not_open(client, err) != 0) {
        return -1;
    }
    for (;;) {
        enum io io = stream_read(client->tls, buffer, len, got, &why);

        if (io == IO_DONE) {
            return 0;
        }
        if (io == IO_EOF) {
            *got = 0;
            return 0;
        }
        if (io == IO_FAILED) {
            return client_stream_failed(client, &why, err);
        }
        if (client_wait(client, io, deadline) != 0) {
            return timed_out(client, ENDING_TIMEOUT, err);
        }
    }
}

/* ---- goodbye ---- */

int secho_client_finish(struct secho_client *client, struct secho_error *err)
{
    int64_t deadline = deadline_from_now(client);
    struct secho_error why = {0};
    enum io io;

    if (not_open(client, err) != 0) {
        return -1;
    }
    client->stage = FAILURE_GOODBYE;
    while ((io = stream_goodbye(client->tls, &why)) == IO_WANT_WRITE || io == IO_WANT_READ) {
        if (client_wait(client, io, deadline) != 0) {
            return timed_out(client, ENDING_TIMEOUT, err);
        }
    }
    return io == IO_FAILED ? client_stream_failed(client, &why, err) : 0;
}

void secho_client_free(struct secho_client *client)
{
    if (client == NULL) {
        return;
    }
    SSL_free(client->tls);
    SSL_CTX_free(client->context);
    session_done(&client->offered);
    socket_close(client->fd);
    settings_free(&client->settings);
    free(client);
}
