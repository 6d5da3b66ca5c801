#include "bench/probe.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/blame.h"
#include "client/check.h"
#include "net/socket.h"

/* ---- without TLS ---- */

static const char hello[] = "secho-bench says hello, and hopes to read this again.\n";

#define HELLO_BYTES     (sizeof hello - 1)
#define PROBE_BYTES_MAX 16384 /* that much goes out in one go */

static int reach(struct secho_client *client)
{
    const struct secho_client_settings *s = &client->settings;
    const struct resolve_question question = {s->host, s->port, s->family,
                                              client_timeout_ms(client)};
    struct secho_error why = {0};

    client->stage = FAILURE_RESOLVE;
    if (resolve_host(&question, &client->race.list, &why) != 0) {
        blame_resolve(client, &why);
        return -1;
    }
    race_order(&client->race.list);
    client->stage = FAILURE_CONNECT;
    if (race_run(&client->race, client_timeout_ms(client), &client->fd, &why) != 0) {
        blame_connect(client, &why);
        return -1;
    }
    address_print(&client->race.list.addresses[client->race.winner], client->address);
    client->stage = FAILURE_ECHO;
    return 0;
}

static int socket_failed(struct secho_client *client)
{
    struct secho_error why = {0};

    error_errno(&why, "the socket");
    client->facts.reason = STREAM_REASON_SYSTEM;
    blame_stream(client, &why);
    return -1;
}

static int bytes_are(struct secho_client *client, enum ending_cause cause)
{
    blame_bytes(client, cause, NULL);
    return -1;
}

static int64_t deadline_ms(const struct secho_client *client)
{
    int64_t ms = client_timeout_ms(client);

    return ms < 0 ? INT64_MAX : clock_now_ms() + ms;
}

/* RFC 8446 5.1: an alert, or a piece of a handshake, in a record. */
static bool is_tls_record(const char *bytes, size_t len)
{
    return len >= 2 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 0x03;
}

/* Takes what came. 0 to go on, -1 when it is wrong. */
static int take(struct secho_client *client, size_t *have)
{
    char back[HELLO_BYTES];
    size_t got = 0;

    switch (socket_receive(client->fd, back, HELLO_BYTES - *have, &got)) {
    case MOVED:
        if (memcmp(back, hello + *have, got) != 0) {
            (void)bytes_are(client, ENDING_ECHO_WRONG);
            if (*have == 0 && is_tls_record(back, got)) {
                failure_advise(&client->failure, "This port speaks TLS: leave --plain away.");
            }
            return -1;
        }
        *have += got;
        return 0;
    case MOVED_NOTHING:
        return 0;
    case MOVED_END:
        (void)bytes_are(client, ENDING_ECHO_SHORT);
        if (*have == 0) {
            failure_advise(&client->failure, "If this port speaks TLS, leave --plain away.");
        }
        return -1;
    case MOVED_FAILED:
        break;
    }
    return socket_failed(client);
}

static int echo_plain(struct secho_client *client)
{
    int64_t until_ms = deadline_ms(client);
    size_t have = 0, sent = 0;

    if (socket_send(client->fd, hello, HELLO_BYTES, &sent) == MOVED_FAILED) {
        return socket_failed(client);
    }
    while (have < HELLO_BYTES) { /* a new socket has taken such a little in one go */
        if (client_wait(client, IO_WANT_READ, until_ms) != 0) {
            blame_timeout(client, ENDING_TIMEOUT);
            return -1;
        }
        if (take(client, &have) != 0) {
            return -1;
        }
    }
    socket_finish(client->fd);
    return 0;
}

static int probe_plain(const struct plan *plan, struct secho_client *client)
{
    client->facts =
        (struct stream_facts){.alert_received = STREAM_NO_ALERT, .alert_sent = STREAM_NO_ALERT};
    if (reach(client) != 0) {
        return -1;
    }
    return plan->no_echo ? 0 : echo_plain(client);
}

/* ---- with TLS ---- */

/* Who sends our own ClientHello back (RFC 8446 4: type 1, behind 5 bytes) echoes without TLS. */
static void suspect_plain(struct secho_client *client)
{
    const struct socket_bio *wire = &client->wire;

    if (client->stage == FAILURE_HANDSHAKE && wire->first_len > 5 && wire->first[0] == 0x16 &&
        wire->first[5] == 0x01) {
        failure_advise(&client->failure,
                       "The server sent our own first message back: it echoes without TLS. "
                       "Measure it with --plain.");
    }
}

/* As large as a message of the load: some servers wait until they have a whole one. */
static int probe_tls(const struct plan *plan, struct secho_client *client)
{
    unsigned char message[PROBE_BYTES_MAX];
    size_t len = plan->size < sizeof message ? plan->size : sizeof message;
    int64_t echo_us;

    for (size_t i = 0; i < len; i++) {
        message[i] = (unsigned char)hello[i % HELLO_BYTES];
    }
    if (check_message(client, message, plan->no_echo ? 0 : len, &echo_us) != 0) {
        suspect_plain(client);
        return -1;
    }
    return 0;
}

/* ---- both ---- */

int probe_run(const struct plan *plan, struct secho_client **out, struct secho_error *err)
{
    *out = NULL;
    if (secho_client_new(&plan->way, out, err) != 0) {
        return -1;
    }
    if (plan->plain) {
        return probe_plain(plan, *out);
    }
    if (plan->insecure) {
        secho_client_insecure_skip_verify(*out);
    }
    return probe_tls(plan, *out);
}
