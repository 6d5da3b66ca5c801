/*
 * ping_steady.c - ping on one connection: a clock that sends, a finder that reads.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/blame.h"
#include "client/ping_inside.h"

#define NS_PER_MS       INT64_C(1000000)
#define PING_GOODBYE_MS 1000 /* all is proven: so long may the server's close_notify take */

struct steady {
    struct ping *ping;
    struct secho_client *client;
    struct ping_finder *finder;
    unsigned char *message; /* the one that is being written */
    size_t put;             /* so much of it is */
    uint64_t writing;       /* its number; `ledger.next` when all are written */
    int64_t next_ns;        /* when the next one is due */
    enum io reading, want;  /* what the stream asks for */
    bool said_bye, ended;   /* our close_notify; the server's */
    bool mute, dead;        /* writing, reading has failed: `why` */
    struct secho_error why;
};

/* ---- sending ---- */

static bool may_send(const struct steady *s)
{
    const struct ping *ping = s->ping;

    return !s->said_bye && !s->ended && !s->dead && !s->mute &&
           !ping_ledger_is_full(&ping->ledger) &&
           (ping->plan.count == 0 || ping->ledger.counts.sent < (uint64_t)ping->plan.count);
}

static bool may_flood(const struct steady *s)
{
    return s->ping->plan.flood && may_send(s) &&
           s->ping->ledger.waiting < (uint64_t)s->ping->plan.depth;
}

/* By the clock: a moment that was missed (a machine that stood still) is not made up for. */
static void send_when_due(struct steady *s, int64_t now)
{
    struct ping *ping = s->ping;
    int64_t step = ping->plan.interval_ms * NS_PER_MS;

    while (may_flood(s)) {
        (void)ping_ledger_send(&ping->ledger, clock_now_ns());
    }
    if (!ping->plan.flood && now >= s->next_ns && may_send(s)) {
        (void)ping_ledger_send(&ping->ledger, now);
        s->next_ns += step * ((now - s->next_ns) / step + 1);
    }
}

static bool has_to_write(const struct steady *s)
{
    return s->writing < s->ping->ledger.next && !s->ended && !s->dead && !s->mute;
}

static void write_messages(struct steady *s)
{
    while (has_to_write(s)) {
        size_t put = 0;

        if (s->put == 0) {
            ping_message(&s->ping->shape, s->writing, s->message);
        }
        enum io io = stream_write(s->client->tls, s->message + s->put, s->ping->shape.size - s->put,
                                  &put, &s->why);

        s->want = io;
        s->mute = io == IO_FAILED; /* what came before that, an alert too, is still read */
        if (io != IO_DONE) {
            return;
        }
        s->put += put;
        if (s->put == s->ping->shape.size) {
            s->put = 0;
            s->writing++;
        }
    }
}

/* ---- what comes back ---- */

static void note_time(struct ping *ping, struct ping_echo *echo)
{
    echo->first = ping->stats[PING_FIRST].histogram.count == 0;
    echo->slow = ping->plan.warn_ms > 0 && echo->took_ns > ping->plan.warn_ms * NS_PER_MS;
    ping->slow += echo->slow;
    ping_stat_add(&ping->stats[echo->first ? PING_FIRST : PING_ECHO], echo->took_ns);
}

/* What the foreign bytes in front of message `recognised` (0: of nothing) were. */
static void settle_foreign(struct ping *ping, uint64_t recognised)
{
    struct ping_echo echo = {.took_ns = -1};

    echo.fate = ping_ledger_settle_foreign(&ping->ledger, recognised, &echo.number);
    if (echo.fate != PING_RIGHT) {
        ping_tell_echo(ping, &echo);
    }
}

static void take_message(struct ping *ping, uint64_t number, int64_t now)
{
    struct ping_echo echo = {.number = number, .took_ns = -1};

    settle_foreign(ping, number);
    echo.fate = ping_ledger_receive(&ping->ledger, number, now, &echo.took_ns);
    if (echo.took_ns >= 0) {
        note_time(ping, &echo);
    }
    ping_tell_echo(ping, &echo);
}

static void take_damaged(struct ping *ping, const struct ping_find *find)
{
    struct ping_echo echo = {.number = find->number, .took_ns = -1, .at = find->at};

    settle_foreign(ping, find->number);
    echo.fate = ping_ledger_damaged(&ping->ledger, find->number);
    ping_tell_echo(ping, &echo);
}

static void look_through(struct steady *s, int64_t now)
{
    struct ping_find find;
    enum ping_found found;

    while ((found = ping_finder_next(s->finder, &find)) != PING_FOUND_NOTHING) {
        if (found == PING_FOUND_MESSAGE) {
            take_message(s->ping, find.number, now);
        } else if (found == PING_FOUND_DAMAGED) {
            take_damaged(s->ping, &find);
        } else {
            ping_ledger_foreign(&s->ping->ledger);
        }
    }
}

#define READS_MAX 16 /* in one turn: the clock of the sender must not wait for long */

/* True when it stopped early: what OpenSSL still holds is invisible to poll(2). */
static bool read_echoes(struct steady *s)
{
    for (int i = 0; i < READS_MAX && !s->ended && !s->dead; i++) {
        size_t len = 0, got = 0;
        unsigned char *room = ping_finder_room(s->finder, &len);

        s->reading = stream_read(s->client->tls, room, len, &got, &s->why);
        if (s->reading == IO_WANT_READ || s->reading == IO_WANT_WRITE) {
            s->dead = s->mute;
            return false;
        }
        s->ended = s->reading == IO_EOF;
        s->dead = s->reading == IO_FAILED;
        if (s->reading == IO_DONE) {
            ping_finder_take(s->finder, got);
            look_through(s, clock_now_ns());
        }
    }
    return !s->ended && !s->dead;
}

static void tell_overdue(struct ping *ping, int64_t now)
{
    uint64_t number;

    while ((number = ping_ledger_overdue(&ping->ledger, now, ping->timeout_ns)) != 0) {
        ping_tell_overdue(ping, number);
    }
}

/* ---- the end ---- */

static bool all_sent(const struct steady *s)
{
    const struct ping *ping = s->ping;

    return ping->plan.count > 0 && ping->ledger.counts.sent == (uint64_t)ping->plan.count &&
           !has_to_write(s);
}

/*
 * Messages are missing in front of the last one that came back. An echo server that has nothing
 * more for us answers close_notify with its own: then we know, and need not wait for the timeout.
 */
static void ask_for_the_rest(struct steady *s)
{
    if (!s->said_bye && all_sent(s) && ping_ledger_has_gaps_only(&s->ping->ledger) &&
        !ping_ledger_is_settled(&s->ping->ledger)) {
        s->mute = stream_goodbye(s->client->tls, &s->why) == IO_FAILED;
        s->said_bye = true;
    }
}

static enum ping_end end_of(const struct steady *s, int64_t now)
{
    const struct ping_ledger *ledger = &s->ping->ledger;

    if (ferror(stdout) != 0) {
        return PING_NOBODY_READS;
    }
    if (ping_signals_stop()) {
        return PING_STOPPED;
    }
    if (all_sent(s) && ledger->waiting == 0) {
        return PING_DONE;
    }
    if (s->ended || s->dead) {
        return s->said_bye && s->ended ? PING_DONE : PING_BROKEN;
    }
    return now >= s->ping->deadline_ns ? PING_DEADLINE : PING_GOES_ON;
}

static void blame(struct steady *s)
{
    if (s->ping->end == PING_BROKEN && s->dead) {
        (void)client_stream_failed(s->client, &s->why, NULL);
    } else if (s->ping->end == PING_BROKEN) {
        blame_bytes(s->client,
                    ping_ledger_is_settled(&s->ping->ledger) ? ENDING_CLOSED_EARLY
                                                             : ENDING_ECHO_SHORT,
                    NULL);
    }
}

/* ---- the loop ---- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void wait_for_news(struct steady *s)
{
    struct ping *ping = s->ping;
    int64_t until =
        sooner(ping->deadline_ns, ping_ledger_overdue_ns(&ping->ledger, ping->timeout_ns));
    short events = s->reading == IO_WANT_WRITE ? POLLOUT : POLLIN;

    if (has_to_write(s)) {
        events |= s->want == IO_WANT_READ ? POLLIN : POLLOUT;
    }
    if (!ping->plan.flood && may_send(s)) {
        until = sooner(until, s->next_ns);
    }
    int64_t left = until == INT64_MAX ? INT64_MAX : until - clock_now_ns();
    const struct timespec pause = {left > 0 ? left / 1000000000 : 0,
                                   left > 0 ? left % 1000000000 : 0};
    struct pollfd fd = {.fd = s->client->fd, .events = events};

    (void)ppoll(&fd, 1, left == INT64_MAX ? NULL : &pause, &ping->signals.before);
    if (ping_signals_ask()) {
        ping_tell_so_far(ping);
    }
}

static void turn(struct steady *s)
{
    bool more = true;

    while (more && s->ping->end == PING_GOES_ON) {
        send_when_due(s, clock_now_ns());
        write_messages(s);
        more = read_echoes(s) || may_flood(s);
        tell_overdue(s->ping, clock_now_ns());
        ask_for_the_rest(s);
        s->ping->end = end_of(s, clock_now_ns());
    }
}

/* The server's last words: what came twice, what nobody asked for. */
static void say_goodbye(struct steady *s)
{
    int64_t deadline = clock_now_ms() + PING_GOODBYE_MS;

    if (s->dead || s->ended) {
        return;
    }
    s->client->stage = FAILURE_GOODBYE;
    if (!s->said_bye && stream_goodbye(s->client->tls, NULL) == IO_FAILED) {
        return;
    }
    s->said_bye = true;
    while (s->ping->end == PING_DONE && !s->ended && !s->dead &&
           (read_echoes(s) || client_wait(s->client, s->reading, deadline) == 0)) {
    }
}

static void run(struct steady *s)
{
    while (s->ping->end == PING_GOES_ON) {
        turn(s);
        if (s->ping->end == PING_GOES_ON) {
            wait_for_news(s);
        }
    }
    s->ping->end_ns = clock_now_ns();
    blame(s);
    say_goodbye(s);
    settle_foreign(s->ping, 0);
}

void ping_steady(struct ping *ping)
{
    struct steady s = {
        .ping = ping,
        .client = ping->client,
        .finder = ping_finder_new(&ping->shape),
        .message = malloc(ping->shape.size),
        .writing = 1,
        .next_ns = clock_now_ns(),
        .reading = IO_WANT_READ,
        .want = IO_WANT_WRITE,
    };

    ping->start_ns = s.next_ns;
    if (s.finder == NULL || s.message == NULL) {
        (void)error_set(&s.why, SECHO_ERR_MEMORY, "no memory for ping");
        failure_from_error(&ping->client->failure, FAILURE_SETUP, &s.why);
        ping->end = PING_BROKEN;
    } else {
        run(&s);
    }
    free(s.message);
    ping_finder_free(s.finder);
}
