/*
 * talk_loop.c - one loop, two directions, two buffers.
 *
 *     in ---> up ---> server
 *     out <-- down <- server
 *
 * Each round tries what can be tried, then poll(2) waits for what could not be done. A direction
 * that is stuck never stops the other one.
 */
#include "client/talk_loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/blame.h"
#include "client/talk_proof.h"

#define BUFFER_BYTES 65536 /* four full records */
#define RECORD_BYTES 16384 /* stream_read() wants so much room */

/* Bytes on their way: `len` from bytes + at. */
struct hold {
    unsigned char bytes[BUFFER_BYTES];
    size_t at, len;
};

struct filter {
    struct secho_client *client;
    struct talk_ends *ends;
    struct talk_proof proof;
    struct hold up, down;
    bool in_ended;    /* no more input */
    bool said_bye;    /* our close_notify is sent */
    bool peer_ended;  /* its close_notify is here */
    bool write_dead;  /* nothing can be sent any more; what comes is still read */
    bool stream_dead; /* reading failed: what came before it is still delivered */
    bool no_reader;
    enum io reading, writing; /* what the stream wants */
    struct secho_error why;   /* of stream_dead, or of in and out */
    int64_t moved_at_ms;      /* when the network moved last */
    bool stopped;             /* by a signal */
    const char *local_advice; /* when reading the input or writing the output failed, or NULL */
    short in_revents, out_revents;
};

static void local_failed(struct filter *f, const char *what, const char *advice)
{
    error_errno(&f->why, "%s", what);
    f->local_advice = advice;
}

/* ---- up: in to server ---- */

static bool fill_up(struct filter *f)
{
    size_t n = 0;

    if (f->in_ended || f->up.len > 0 || f->peer_ended || f->in_revents == 0) {
        return false;
    }
    switch (f->ends->read(f->ends->context, f->up.bytes, BUFFER_BYTES, &n)) {
    case MOVED:
        f->up.at = 0;
        f->up.len = n;
        return true;
    case MOVED_END:
        f->in_ended = true;
        return true;
    case MOVED_FAILED:
        local_failed(f, "reading the input",
                     "Check where the input comes from, and that it is open for reading.");
        return false;
    case MOVED_NOTHING:
    default:
        return false;
    }
}

/* Takes note of how a call of the stream ended. True when it moved something. */
static bool took(struct filter *f, enum io io, enum io *want)
{
    *want = io;
    if (io == IO_DONE) {
        f->moved_at_ms = clock_now_ms();
    }
    return io == IO_DONE;
}

static bool cannot_send(const struct filter *f)
{
    return f->write_dead || f->stream_dead || f->peer_ended;
}

static bool send_up(struct filter *f)
{
    size_t put = 0;

    if (f->up.len == 0 || cannot_send(f)) {
        return false;
    }
    const unsigned char *at = f->up.bytes + f->up.at;
    enum io io = stream_write(f->client->tls, at, f->up.len, &put, &f->why);

    f->write_dead = io == IO_FAILED; /* an alert, or the last of the echo, may still be there */
    if (!took(f, io, &f->writing)) {
        return f->write_dead;
    }
    talk_proof_sent(&f->proof, at, put);
    f->up.at += put;
    f->up.len -= put;
    return true;
}

static bool say_bye(struct filter *f)
{
    if (!f->in_ended || f->up.len > 0 || f->said_bye || cannot_send(f)) {
        return false;
    }
    enum io io = stream_goodbye(f->client->tls, &f->why);

    f->client->stage = FAILURE_GOODBYE;
    f->write_dead = io == IO_FAILED;
    f->said_bye = took(f, io, &f->writing);
    return f->said_bye || f->write_dead;
}

/* ---- down: server to out ---- */

/* What was never sent cannot come back: whatever follows, this is no echo. */
static bool has_extra(const struct filter *f)
{
    return f->ends->stop_at_extra && f->proof.received > f->proof.sent;
}

static bool receive_down(struct filter *f)
{
    size_t end = f->down.at + f->down.len, got = 0;

    if (f->peer_ended || f->stream_dead || f->no_reader || has_extra(f) ||
        end + RECORD_BYTES > BUFFER_BYTES) {
        return false;
    }
    unsigned char *at = f->down.bytes + end;
    enum io io = stream_read(f->client->tls, at, BUFFER_BYTES - end, &got, &f->why);

    if (io == IO_EOF) {
        f->peer_ended = true;
        return true;
    }
    f->stream_dead = io == IO_FAILED;
    if (!took(f, io, &f->reading)) {
        return false;
    }
    talk_proof_received(&f->proof, at, got);
    f->down.len += got;
    return true;
}

static bool flush_down(struct filter *f)
{
    size_t n = 0;

    if (f->down.len == 0 || f->out_revents == 0) {
        return false;
    }
    switch (f->ends->write(f->ends->context, f->down.bytes + f->down.at, f->down.len, &n)) {
    case MOVED:
        f->down.at = f->down.len == n ? 0 : f->down.at + n;
        f->down.len -= n;
        f->moved_at_ms = clock_now_ms(); /* waiting for our reader is not the server's fault */
        return true;
    case MOVED_FAILED:
        f->no_reader = errno == EPIPE;
        if (!f->no_reader) {
            local_failed(f, "writing the output",
                         "Check where the output goes: that it is open for writing and has room.");
        }
        return false;
    case MOVED_NOTHING:
    case MOVED_END:
    default:
        return false;
    }
}

/* ---- waiting ---- */

static short network_events(const struct filter *f)
{
    bool wants_read = !f->peer_ended && f->down.at + f->down.len + RECORD_BYTES <= BUFFER_BYTES;
    bool wants_write = !cannot_send(f) && (f->up.len > 0 || (f->in_ended && !f->said_bye));
    short events = 0;

    if (f->stream_dead || has_extra(f)) {
        return 0;
    }
    if (wants_read) { /* a read may want to write and the reverse: SSL_get_error(3) */
        events |= f->reading == IO_WANT_WRITE ? POLLOUT : POLLIN;
    }
    if (wants_write) {
        events |= f->writing == IO_WANT_READ ? POLLIN : POLLOUT;
    }
    return events;
}

/* Only the network is waited for, and it owes us something. */
static bool server_owes(const struct filter *f)
{
    return f->down.len == 0 && !f->peer_ended && !f->stream_dead &&
           (f->up.len > 0 || f->in_ended || f->proof.received < f->proof.sent);
}

/* How long poll(2) may wait; 0 when the server is too late. */
static int pause_ms(const struct filter *f)
{
    int64_t ms = client_timeout_ms(f->client);

    if (ms < 0 || !server_owes(f)) {
        return -1;
    }
    int64_t left = f->moved_at_ms + ms - clock_now_ms();

    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* The shorter of two times, where -1 is for ever. */
static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static int wait_on(struct filter *f, struct pollfd *fds, nfds_t count, int ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    int ready = ppoll(fds, count, ms < 0 ? NULL : &time, f->ends->mask);

    if (f->ends->woken != NULL && f->ends->woken(f->ends->context) != 0) {
        f->stopped = true;
    }
    return ready;
}

/* -1: the server is too late. */
static int wait_for_news(struct filter *f, bool moved)
{
    bool wants_in = !f->in_ended && f->up.len == 0 && !cannot_send(f);
    short network = network_events(f);
    struct pollfd fds[] = {
        {.fd = wants_in ? f->ends->in : -1, .events = POLLIN},
        {.fd = f->down.len > 0 ? f->ends->out : -1, .events = POLLOUT},
        {.fd = network != 0 ? f->client->fd : -1, .events = network},
    };
    int wait_ms = moved ? 0 : sooner(pause_ms(f), f->ends->pause_ms_max);
    int ready = wait_on(f, fds, 3, wait_ms);

    f->in_revents = ready > 0 ? fds[0].revents : 0;
    f->out_revents = ready > 0 ? fds[1].revents : 0;
    return ready == 0 && !moved && server_owes(f) && pause_ms(f) == 0 ? -1 : 0;
}

/* ---- the loop ---- */

static bool is_over(const struct filter *f)
{
    bool quit = f->ends->quit && f->said_bye && f->proof.received >= f->proof.sent;

    return f->local_advice != NULL || f->no_reader || f->stopped || (quit && f->down.len == 0) ||
           ((f->peer_ended || f->stream_dead || has_extra(f)) && f->down.len == 0);
}

/* Tries everything once. True when something moved. */
static bool turn(struct filter *f)
{
    bool moved = fill_up(f);

    moved |= send_up(f);
    moved |= say_bye(f);
    while (receive_down(f)) {
        moved = true;
    }
    moved |= flush_down(f);
    if (moved && f->ends->progress != NULL) {
        f->ends->progress(f->ends->context, f->proof.sent, f->proof.received);
    }
    return moved;
}

/* -1: the server is too late. */
static int run(struct filter *f)
{
    f->moved_at_ms = clock_now_ms();
    while (!is_over(f)) {
        bool moved = turn(f);

        if (!is_over(f) && wait_for_news(f, moved) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the verdict ---- */

/* The server said goodbye first. Is there input that it did not get? */
static bool input_is_left(struct filter *f)
{
    struct pollfd fd = {.fd = f->ends->in, .events = POLLIN};
    size_t n = 0;

    if (f->up.len > 0 || f->in_ended) {
        return f->up.len > 0;
    }
    return poll(&fd, 1, 0) != 1 ||
           f->ends->read(f->ends->context, f->up.bytes, BUFFER_BYTES, &n) != MOVED_END;
}

static enum talk_result bytes_differ(struct filter *f, enum ending_cause cause, const char *detail)
{
    blame_bytes(f->client, cause, detail);
    blame_add_counts(f->client, f->proof.sent, f->proof.received);
    return TALK_FAILED;
}

static enum talk_result judge_bytes(struct filter *f)
{
    if (f->proof.received < f->proof.sent) {
        return bytes_differ(f, ENDING_ECHO_SHORT, NULL);
    }
    if (f->proof.received > f->proof.sent) {
        return bytes_differ(f, ENDING_ECHO_LONG, NULL);
    }
    if (!talk_proof_same(&f->proof)) {
        return bytes_differ(f, ENDING_ECHO_WRONG, NULL);
    }
    if (!f->ends->input_may_stay && input_is_left(f)) {
        return bytes_differ(f, ENDING_ECHO_SHORT, "the input had not ended");
    }
    return TALK_PROVEN;
}

static enum talk_result judge_failure(struct filter *f)
{
    (void)client_stream_failed(f->client, &f->why, NULL);
    if (f->client->failure.exit == EXIT_BYTES) {
        blame_add_counts(f->client, f->proof.sent, f->proof.received);
    }
    return TALK_FAILED;
}

static enum talk_result judge(struct filter *f, int rc)
{
    if (rc != 0) {
        blame_timeout(f->client, f->up.len > 0 ? ENDING_WRITE_TIMEOUT : ENDING_TIMEOUT);
        blame_add_counts(f->client, f->proof.sent, f->proof.received);
        return TALK_FAILED;
    }
    if (f->no_reader) {
        return TALK_NO_READER;
    }
    if (f->stopped) {
        return TALK_STOPPED;
    }
    if (f->local_advice != NULL) {
        failure_from_error(&f->client->failure, FAILURE_ECHO, &f->why);
        failure_advise(&f->client->failure, f->local_advice);
        return TALK_FAILED;
    }
    return f->stream_dead ? judge_failure(f) : judge_bytes(f);
}

enum talk_result talk_run(struct secho_client *client, struct talk_ends *ends)
{
    struct filter *f = calloc(1, sizeof *f);
    enum talk_result result = TALK_FAILED;

    if (f == NULL || talk_proof_init(&f->proof) != 0) {
        struct secho_error err;

        free(f);
        error_set(&err, SECHO_ERR_MEMORY, "no memory for talk");
        failure_from_error(&client->failure, FAILURE_SETUP, &err);
        return TALK_FAILED;
    }
    f->client = client;
    f->ends = ends;
    f->reading = IO_WANT_READ;
    f->writing = IO_WANT_WRITE;
    result = judge(f, run(f));
    if (!f->said_bye && !f->write_dead && !f->stream_dead) { /* forbidden after a failure */
        (void)stream_goodbye(client->tls, NULL);
    }
    talk_proof_done(&f->proof);
    free(f);
    return result;
}
