#include "client/check.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/agreed.h"
#include "client/blame.h"
#include "tls/chosen.h"

/* Where two texts of the same length differ first. */
static size_t first_difference(const unsigned char *a, const unsigned char *b, size_t len)
{
    size_t i = 0;

    while (i < len && a[i] == b[i]) {
        i++;
    }
    return i;
}

static int echo_is(struct secho_client *client, enum ending_cause cause, size_t offset, size_t len)
{
    char detail[80];

    (void)snprintf(detail, sizeof detail,
                   cause == ENDING_ECHO_SHORT  ? "%zu bytes of %zu"
                   : cause == ENDING_ECHO_LONG ? "only %zu bytes were sent"
                                               : "byte %zu of %zu is another one",
                   offset, len);
    blame_bytes(client, cause, detail);
    return -1;
}

static size_t count_alike(const unsigned char *a, const unsigned char *b, size_t len)
{
    size_t alike = 0;

    for (size_t i = 0; i < len; i++) {
        alike += a[i] == b[i];
    }
    return alike;
}

/* Takes what comes back until all of `sent` has been seen. */
static int compare_echo(struct secho_client *client, const unsigned char *sent, size_t len)
{
    unsigned char back[16384]; /* stream.h wants that much */
    size_t have = 0, got = 0;

    client->alike = 0;
    while (have < len) {
        if (secho_client_receive(client, back, sizeof back, &got, NULL) != 0) {
            return -1;
        }
        if (got == 0) {
            return echo_is(client, ENDING_ECHO_SHORT, have, len);
        }
        size_t n = got < len - have ? got : len - have;
        size_t same = first_difference(sent + have, back, n);

        client->alike += count_alike(sent + have, back, n);
        if (same < n) {
            return echo_is(client, ENDING_ECHO_WRONG, have + same, len);
        }
        if (got > n) {
            return echo_is(client, ENDING_ECHO_LONG, len, len);
        }
        have += n;
    }
    return 0;
}

int check_echo(struct secho_client *client, const unsigned char *message, size_t len)
{
    return secho_client_send(client, message, len, NULL) != 0 ? -1
                                                              : compare_echo(client, message, len);
}

#define UNASKED_READS 64 /* so many records of a server that does not echo are skipped */

/*
 * close_notify both ways. The echo is proven by now: a server that does not say its own goodbye
 * is noted, not blamed. Only more bytes are wrong; and where nothing was sent, a server may say
 * what it likes: those of mail greet, those of HTTP/2 tell their settings.
 */
static int say_goodbye(struct secho_client *client, size_t len)
{
    int64_t deadline = clock_now_ms() + CHECK_GOODBYE_MS;
    unsigned char more[16384];
    size_t got = 0, unasked = 0;
    enum io io;

    client->stage = FAILURE_GOODBYE;
    if (stream_goodbye(client->tls, NULL) == IO_FAILED) {
        client_say(client, "goodbye: the server was gone already");
        return 0;
    }
    while ((io = stream_read(client->tls, more, sizeof more, &got, NULL)) == IO_WANT_READ ||
           (io == IO_DONE && len == 0 && unasked++ < UNASKED_READS)) {
        if (io == IO_WANT_READ && client_wait(client, io, deadline) != 0) {
            client_say(client, "goodbye: the server did not answer our close_notify");
            return 0;
        }
    }
    if (io == IO_DONE && len > 0) {
        return echo_is(client, ENDING_ECHO_LONG, len, len);
    }
    client_say(client, "goodbye: %s",
               io == IO_EOF    ? "close_notify both ways"
               : io == IO_DONE ? "the server goes on talking"
                               : "the server left without close_notify");
    return 0;
}

int check_message(struct secho_client *client, const unsigned char *message, size_t len,
                  int64_t *echo_us)
{
    client->early.bytes = message;
    client->early.len = len;
    if (secho_client_open(client, NULL) != 0) {
        return -1;
    }
    int64_t start = clock_now_us();
    size_t gone = early_taken(&client->early);

    if (len > 0 && (secho_client_send(client, message + gone, len - gone, NULL) != 0 ||
                    compare_echo(client, message, len) != 0)) {
        return -1;
    }
    *echo_us = clock_now_us() - start;
    return say_goodbye(client, len);
}

int check_run(struct secho_client *client, int64_t *echo_us)
{
    unsigned char nonce[CHECK_BYTES];

    if (RAND_bytes(nonce, sizeof nonce) != 1) {
        struct secho_error err;

        error_tls(&err, "no random bytes");
        failure_from_error(&client->failure, FAILURE_SETUP, &err);
        return -1;
    }
    return check_message(client, nonce, sizeof nonce, echo_us);
}

/* ---- the result, for people ---- */

static double ms(int64_t us)
{
    return (double)us / 1000;
}

static int64_t total_us(const struct secho_client *client, int64_t echo_us)
{
    return client->times.resolve_us + client->times.connect_us + client->times.handshake_us +
           echo_us;
}

void check_line(const struct secho_client *client, int64_t echo_us, char *line, size_t size)
{
    const struct client_times *times = &client->times;

    (void)snprintf(line, size,
                   "ok: %s echoed %d bytes over %s %s %s in %.1f ms (dns %.1f, tcp %.1f, tls %.1f, "
                   "echo %.1f)%s%s%s",
                   client->address, CHECK_BYTES, SSL_get_version(client->tls),
                   chosen_suite(client->tls), chosen_group(client->tls),
                   ms(total_us(client, echo_us)), ms(times->resolve_us), ms(times->connect_us),
                   ms(times->handshake_us), ms(echo_us), client->insecure ? ", not verified" : "",
                   client_resumed(client) ? ", resumed" : "", early_words(&client->early));
}

/* ---- the result, for programs ---- */

static void add_times(cJSON *root, const struct secho_client *client, int64_t echo_us)
{
    cJSON *times = cJSON_AddObjectToObject(root, "times_ms");

    cJSON_AddNumberToObject(times, "dns", ms(client->times.resolve_us));
    cJSON_AddNumberToObject(times, "tcp", ms(client->times.connect_us));
    cJSON_AddNumberToObject(times, "tls", ms(client->times.handshake_us));
    cJSON_AddNumberToObject(times, "echo", ms(echo_us));
    cJSON_AddNumberToObject(times, "total", ms(total_us(client, echo_us)));
}

static void add_failure(cJSON *root, const struct failure *failure)
{
    if (failure->cause[0] != '\0') {
        cJSON_AddStringToObject(root, "cause", failure->cause);
    }
    cJSON_AddStringToObject(root, "stage", failure_stage_name(failure->stage));
    cJSON_AddStringToObject(root, "why", failure->why);
    cJSON_AddStringToObject(root, "advice", failure->advice);
    if (failure->detail[0] != '\0') {
        cJSON_AddStringToObject(root, "detail", failure->detail);
    }
}

cJSON *check_json(const struct secho_client *client, int64_t echo_us)
{
    const struct failure *failure = &client->failure;
    bool ok = !failure->happened;
    cJSON *root = cJSON_CreateObject();

    cJSON_AddBoolToObject(root, "ok", ok);
    cJSON_AddStringToObject(root, "code", ok ? "ok" : failure->code);
    cJSON_AddNumberToObject(root, "exit", ok ? 0 : failure->exit);
    cJSON_AddStringToObject(root, "host", client->settings.host);
    cJSON_AddNumberToObject(root, "port", (double)strtol(client->settings.port, NULL, 10));
    cJSON_AddStringToObject(root, "address", client->address);
    if (ok) {
        cJSON_AddNumberToObject(root, "bytes", CHECK_BYTES);
    } else {
        add_failure(root, failure);
    }
    add_times(root, client, echo_us);
    if (client->early.wanted) {
        cJSON_AddStringToObject(root, "early_data", early_fate_name(client->early.fate));
    }
    /* Also of one that was refused, as soon as there is something to tell. */
    if (client->tls != NULL && SSL_get0_peer_certificate(client->tls) != NULL) {
        agreed_add(cJSON_AddObjectToObject(root, "tls"), client);
    }
    return root;
}
