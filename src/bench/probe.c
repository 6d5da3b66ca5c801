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

/* Takes what came. 0 to go on, -1 when it is wrong. */
static int take(struct secho_client *client, size_t *have)
{
    char back[HELLO_BYTES];
    size_t got = 0;

    switch (socket_receive(client->fd, back, HELLO_BYTES - *have, &got)) {
    case MOVED:
        if (memcmp(back, hello + *have, got) != 0) {
            return bytes_are(client, ENDING_ECHO_WRONG);
        }
        *have += got;
        return 0;
    case MOVED_NOTHING:
        return 0;
    case MOVED_END:
        return bytes_are(client, ENDING_ECHO_SHORT);
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
            blame_timeout(client);
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

/* As large as a message of the load: some servers wait until they have a whole one. */
static int probe_tls(const struct plan *plan, struct secho_client *client)
{
    unsigned char message[PROBE_BYTES_MAX];
    size_t len = plan->size < sizeof message ? plan->size : sizeof message;
    int64_t echo_us;

    for (size_t i = 0; i < len; i++) {
        message[i] = (unsigned char)hello[i % HELLO_BYTES];
    }
    return check_message(client, message, plan->no_echo ? 0 : len, &echo_us);
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
