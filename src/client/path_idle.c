/* path_idle.c - silence, twice as long each time, until something on the way forgets us. */
#include <inttypes.h>
#include <limits.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/figure.h"
#include "client/blame.h"
#include "client/check.h"
#include "client/path_try.h"

/* ---- one silence ---- */

static int echo_once(struct secho_client *client)
{
    unsigned char nonce[CHECK_BYTES];
    struct secho_error err;

    if (RAND_bytes(nonce, sizeof nonce) != 1) {
        error_tls(&err, "no random bytes");
        failure_from_error(&client->failure, FAILURE_SETUP, &err);
        return -1;
    }
    return check_echo(client, nonce, sizeof nonce);
}

/* The other end spoke up while we were silent. 0: it was nothing, such as a ticket. */
static int hear(struct secho_client *client)
{
    unsigned char scratch[16384]; /* stream.h wants that much */
    struct secho_error why = {0};
    size_t got = 0;

    switch (stream_read(client->tls, scratch, sizeof scratch, &got, &why)) {
    case IO_DONE:
        blame_bytes(client, ENDING_ECHO_LONG, "something came that nobody had sent");
        return -1;
    case IO_EOF:
        blame_bytes(client, ENDING_CLOSED_EARLY, "");
        return -1;
    case IO_FAILED:
        return client_stream_failed(client, &why, NULL);
    case IO_WANT_READ:
    case IO_WANT_WRITE:
        break;
    }
    return 0;
}

/*
 * Waits for the server to speak up, for the deadline, or for the reader of stdout to leave, of
 * which poll(2) tells as POLLERR. It looks once, also when the deadline has passed: a machine may
 * have stood still. Returns whether there is something to hear.
 */
static bool listen_until(struct path *path, const struct secho_client *client, int64_t deadline_ms)
{
    struct pollfd fds[] = {{.fd = client->fd, .events = POLLIN},
                           {.fd = path->told ? STDOUT_FILENO : -1}};
    int64_t left = deadline_ms - clock_now_ms();

    (void)poll(fds, 2, left < 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX); /* or a signal */
    path->deserted = (fds[1].revents & POLLERR) != 0;
    return fds[0].revents != 0;
}

/*
 * Says nothing for so long, and listens. -1: the connection has ended meanwhile. 0 does not mean
 * that it lives: who forgets a connection tells nobody.
 */
static int keep_silent(struct path *path, struct secho_client *client, int64_t ms)
{
    int64_t deadline = clock_now_ms() + ms;

    for (bool last = false; !last && !path->deserted;) {
        last = clock_now_ms() >= deadline;
        if (listen_until(path, client, deadline) && hear(client) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- all of them ---- */

#define LENGTH_SIZE 40

/* "90s", "2m": as a person would type it; what was measured in three digits. */
static const char *length(int64_t ms, char text[static LENGTH_SIZE])
{
    if (ms % 60000 == 0 && ms > 0) {
        (void)snprintf(text, LENGTH_SIZE, "%" PRId64 "m", ms / 60000);
    } else if (ms % 1000 == 0) {
        (void)snprintf(text, LENGTH_SIZE, "%" PRId64 "s", ms / 1000);
    } else {
        (void)snprintf(text, LENGTH_SIZE, "%s", figure_time((double)ms * 1e6).text);
    }
    return text;
}

static void put_into_words(struct path_try *this, bool dead)
{
    char survived[LENGTH_SIZE], ended[LENGTH_SIZE];

    (void)length(this->survived_ms, survived);
    (void)length(this->ended_ms, ended);
    if (this->ended_ms == 0) {
        (void)snprintf(this->words, sizeof this->words, "survived %s of silence", survived);
    } else if (this->survived_ms == 0) {
        (void)snprintf(this->words, sizeof this->words, "%s after %s of silence",
                       dead ? "dead" : "ended", ended);
    } else {
        (void)snprintf(this->words, sizeof this->words, "survived %s of silence, %s after %s",
                       survived, dead ? "dead" : "ended", ended);
    }
}

/* The next silence: twice as long, and the longest last. */
static int64_t longer(int64_t ms, int64_t most)
{
    return ms > most / 2 ? most : 2 * ms;
}

static int64_t shortest(int64_t most)
{
    return PATH_IDLE_MIN_MS < most ? PATH_IDLE_MIN_MS : most;
}

int64_t path_idle_takes_ms(const struct path *path)
{
    int64_t most = path->idle_ms, total = most;

    for (int64_t ms = shortest(most); ms < most; ms = longer(ms, most)) {
        total += ms;
    }
    return total;
}

static void grow_silent(struct path *path, struct secho_client *client, struct path_try *this)
{
    int64_t most = path->idle_ms, ms = shortest(most);
    bool dead = false;

    while (this->ended_ms == 0 && this->survived_ms < most) {
        int64_t start = clock_now_ms();

        client_say(client, "silent for %" PRId64 " ms", ms);
        if (keep_silent(path, client, ms) != 0) {
            this->ended_ms = clock_now_ms() - start + 1; /* 0 means that it lives */
        } else if (path->deserted) {
            break;
        } else if (echo_once(client) != 0) {
            this->ended_ms = ms;
            dead = path_judge(client, PATH_IDLE) == PATH_FAILS;
        } else {
            this->survived_ms = ms;
        }
        ms = longer(ms, most);
    }
    put_into_words(this, dead);
}

static void try_once(struct path *path, struct path_try *this)
{
    const struct path_way small = {0};
    struct secho_client *client = path_client(path, &small, &this->failure);
    int64_t start = clock_now_us();

    if (client == NULL) {
        this->result = PATH_FAILS;
        return;
    }
    if (secho_client_open(client, NULL) == 0 && echo_once(client) == 0) {
        grow_silent(path, client, this);
    }
    this->result = client->failure.happened ? path_judge(client, PATH_IDLE) : PATH_WORKS;
    this->failure = client->failure;
    this->hello_bytes = client->wire.opening;
    this->took_us = clock_now_us() - start;
    if (!client->failure.happened) {
        (void)secho_client_finish(client, NULL); /* all is known by now */
    }
    secho_client_free(client);
}

void path_try_idle(struct path *path)
{
    struct path_try *this = &path->tries[PATH_IDLE];

    try_once(path, this);
    if (path_rests(path, this)) { /* it was the handshake that failed */
        *this = (struct path_try){.again = true};
        try_once(path, this);
    }
}
