/*
 * ping_fresh.c - ping with a new connection for each message: a clock that starts them, a bell that
 * tells when one is done.
 */
#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/ping_inside.h"

#define NS_PER_MS INT64_C(1000000)

/* Until the bell rings, `until_ns` (INT64_MAX: never) has come, or a signal. */
static void wait_for_bell(struct ping *ping, int64_t until_ns)
{
    int64_t until = until_ns < ping->deadline_ns ? until_ns : ping->deadline_ns;
    int64_t left = until == INT64_MAX ? INT64_MAX : until - clock_now_ns();
    const struct timespec pause = {left > 0 ? left / 1000000000 : 0,
                                   left > 0 ? left % 1000000000 : 0};
    struct pollfd fd = {.fd = ping_crew_bell(ping->crew), .events = POLLIN};

    (void)ppoll(&fd, 1, left == INT64_MAX ? NULL : &pause, &ping->signals.before);
    if (ping_signals_ask()) {
        ping_tell_so_far(ping);
    }
}

static enum ping_end end_of(const struct ping *ping)
{
    if (ferror(stdout) != 0) {
        return PING_NOBODY_READS;
    }
    if (ping_signals_stop()) {
        return PING_STOPPED;
    }
    return clock_now_ns() >= ping->deadline_ns ? PING_DEADLINE : PING_GOES_ON;
}

/* Starts a connection; what stands in the way is the failure of all of it. */
static void start(struct ping *ping, uint64_t number)
{
    struct secho_error err;

    if (ping_crew_start(ping->crew, number, &err) != 0) {
        failure_from_error(&ping->client->failure, FAILURE_SETUP, &err);
        ping->end = PING_BROKEN;
    }
}

static void note_opening(struct ping *ping, const struct ping_try *attempt)
{
    const struct client_times *times = &attempt->client->times;

    ping_stat_add(&ping->stats[PING_DNS], times->resolve_us * 1000);
    ping_stat_add(&ping->stats[PING_TCP], times->connect_us * 1000);
    ping_stat_add(&ping->stats[attempt->resumed ? PING_TLS_RESUMED : PING_TLS],
                  times->handshake_us * 1000);
}

/* ---- one connection for all messages ---- */

void ping_open(struct ping *ping)
{
    start(ping, 0);
    while (ping->end == PING_GOES_ON && ping->opened == NULL) {
        wait_for_bell(ping, INT64_MAX);
        ping->opened = ping_crew_done(ping->crew);
        ping->end = ping->opened != NULL ? PING_GOES_ON : end_of(ping);
    }
    if (ping->opened == NULL) {
        return;
    }
    ping->client = ping->opened->client;
    if (ping->opened->ok) {
        note_opening(ping, ping->opened);
        ping_tell_offer(ping, ping->client);
    } else {
        ping->end = PING_BROKEN;
    }
}

/* ---- one for each ---- */

/* From the name to the first echo. */
static int64_t total_ns(const struct ping_try *attempt)
{
    const struct client_times *times = &attempt->client->times;

    return (times->resolve_us + times->connect_us + times->handshake_us) * 1000 + attempt->first_ns;
}

static bool note_echoes(struct ping *ping, const struct ping_try *attempt)
{
    int64_t total = total_ns(attempt);
    bool slow = ping->plan.warn_ms > 0 && total > ping->plan.warn_ms * NS_PER_MS;

    note_opening(ping, attempt);
    ping_stat_add(&ping->stats[PING_FIRST], attempt->first_ns);
    ping_stat_add(&ping->stats[PING_ECHO], attempt->echo_ns);
    ping_stat_add(&ping->stats[PING_TOTAL], total);
    ping->slow += slow;
    return slow;
}

/* Did it resume? The first one is told apart: what it had to offer came from elsewhere. */
static void note_session(struct ping *ping, const struct ping_try *attempt)
{
    ping->resumed += attempt->resumed;
    if (attempt->number == 1) {
        ping_tell_offer(ping, attempt->client);
    } else {
        ping->again++;
        ping->full += !attempt->resumed;
    }
}

static void take(struct ping *ping, const struct ping_try *attempt)
{
    int64_t took_ns = 0;
    bool slow = false;

    if (attempt->ok) {
        (void)ping_ledger_receive(&ping->ledger, attempt->number, clock_now_ns(), &took_ns);
        slow = note_echoes(ping, attempt);
        note_session(ping, attempt);
    } else if (attempt->wrong) {
        (void)ping_ledger_damaged(&ping->ledger, attempt->number);
    } else {
        ping_ledger_fail(&ping->ledger, attempt->number);
        ping->failed++;
    }
    if (!attempt->ok && !ping->client->failure.happened) { /* the first one tells why */
        ping->client->failure = attempt->client->failure;
    }
    ping_tell_try(ping, attempt, slow);
}

static bool is_all_sent(const struct ping *ping)
{
    return ping->plan.count > 0 && ping->ledger.counts.sent == (uint64_t)ping->plan.count;
}

/* With plan.again one after the other: each needs the session of the one before. */
static bool may_start(const struct ping *ping)
{
    int most = ping->plan.again > 0 ? 1 : PING_CREW_MAX;

    return !is_all_sent(ping) && ping_crew_busy(ping->crew) < most;
}

static void turn(struct ping *ping, int64_t *next_ns)
{
    int64_t now = clock_now_ns(), step = ping->plan.interval_ms * NS_PER_MS;
    struct ping_try *attempt;

    if (now >= *next_ns && may_start(ping)) {
        *next_ns += step * ((now - *next_ns) / step + 1);
        start(ping, ping_ledger_send(&ping->ledger, now));
    }
    while ((attempt = ping_crew_done(ping->crew)) != NULL) {
        take(ping, attempt);
        ping_try_free(attempt);
    }
    if (ping->end == PING_GOES_ON) {
        bool done = is_all_sent(ping) && ping_ledger_is_settled(&ping->ledger);

        ping->end = done ? PING_DONE : end_of(ping);
    }
}

void ping_fresh(struct ping *ping)
{
    int64_t next_ns = clock_now_ns();

    ping->ledger.apart = true;
    while (ping->end == PING_GOES_ON) {
        turn(ping, &next_ns);
        if (ping->end == PING_GOES_ON) {
            wait_for_bell(ping, may_start(ping) ? next_ns : INT64_MAX);
        }
    }
    ping->end_ns = clock_now_ns();
}
