/* lane.c - one loop: turns for callers, their timeouts, and what load_run() says. */
#include "bench/lane.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/caller_steps.h"
#include "bench/lane_inside.h"

/* ---- the end of a connection ---- */

static void settle(struct seat *seat)
{
    if (!seat->settled) {
        seat->settled = true;
        progress_add(&seat->lane->common.progress.settled, 1);
    }
}

void lane_gone(struct seat *seat)
{
    seat->place = SEAT_GONE;
    seat->lane->gone++;
    progress_add(&seat->lane->common.progress.gone, 1);
    settle(seat);
}

static void not_opening(struct seat *seat)
{
    if (seat->opening) {
        seat->opening = false;
        seat->lane->opening--;
    }
}

static void on_poll_closed(uv_handle_t *poll)
{
    struct seat *seat = poll->data;

    seat->polled = false;
    lane_next(seat);
}

/* Counts how it ended (unless we broke it off), and frees it. */
static void drop(struct seat *seat, bool counts)
{
    struct lane *lane = seat->lane;
    struct tally *tally = &lane->common.meter.tally;

    if (counts) {
        tally->ends[seat->caller.code]++;
        tally->failed += seat->caller.failed;
        progress_add(&lane->common.progress.failed, seat->caller.failed);
    }
    lane_lost_connection(seat, !counts);
    progress_add(&lane->common.progress.ended, 1);
    not_opening(seat);
    if (seat->polled) {
        uv_close((uv_handle_t *)&seat->poll, on_poll_closed); /* before its descriptor is */
    }
    caller_done(&seat->caller);
    if (!seat->polled) {
        lane_next(seat);
    }
}

/* ---- turns ---- */

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch(struct seat *seat)
{
    int events = seat->caller.state == CALLER_CONNECT ? UV_WRITABLE
                 : caller_writes(&seat->caller)       ? UV_READABLE | UV_WRITABLE
                                                      : UV_READABLE;

    if (events != seat->watched) {
        seat->watched = events;
        (void)uv_poll_start(&seat->poll, events, on_ready);
    }
}

static void follow(struct seat *seat, enum caller_next next)
{
    if (next == CALLER_OVER) {
        if (!seat->caller.failed) {
            seat->lane->retry_ms = 0;
        }
        drop(seat, true);
        return;
    }
    watch(seat);
    if (seat->caller.state >= CALLER_HOLD) {
        not_opening(seat);
        settle(seat);
    }
}

void lane_turn(struct seat *seat)
{
    struct lane *lane = seat->lane;

    follow(seat, caller_turn(&seat->caller));
    lane_open_more(lane);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct seat *seat = poll->data;

    (void)events;
    if (status < 0) { /* an error event: libuv has stopped to watch; recv tells what it was */
        seat->watched = 0;
    }
    lane_turn(seat);
}

void lane_begin(struct seat *seat, int64_t due_ns)
{
    struct lane *lane = seat->lane;
    const struct plan *plan = lane->common.run->plan;
    uint64_t number = (uint64_t)lane->index + 1 + lane->number++ * (uint64_t)plan->threads;
    enum caller_next next = caller_begin(&seat->caller, number, due_ns);

    seat->place = SEAT_BUSY;
    seat->watched = 0;
    lane->common.meter.tally.opened++;
    progress_add(&lane->common.progress.begun, 1);
    if (plan->mode == PLAN_HANDSHAKE && !run_is_open_loop(lane->common.run)) {
        meter_begun(&lane->common.meter, due_ns);
    }
    if (next == CALLER_WAIT) {
        int rc = uv_poll_init(&lane->loop, &seat->poll, seat->caller.wire.fd);

        seat->polled = rc == 0;
        seat->poll.data = seat;
        if (rc != 0) {
            caller_fail(&seat->caller, ENDING_SYSTEM, -rc, "the event loop");
            next = CALLER_OVER;
        }
    }
    follow(seat, next);
}

/* ---- the clock ---- */

static bool is_open(const struct seat *seat)
{
    return seat->place == SEAT_BUSY && seat->polled &&
           !uv_is_closing((const uv_handle_t *)&seat->poll);
}

/* Each caller acts on the change in a turn of its own. */
static void turn_all(struct lane *lane)
{
    for (size_t i = 0; i < lane->seat_count; i++) {
        struct seat *seat = &lane->seats[i];

        if (is_open(seat) && seat->caller.state != CALLER_CONNECT) {
            lane_turn(seat);
        }
    }
}

/* Everything ends here and now: `all`, or only connections that are still being opened. */
static void break_off(struct lane *lane, bool all)
{
    for (size_t i = 0; i < lane->seat_count; i++) {
        struct seat *seat = &lane->seats[i];

        if (is_open(seat) && (all || seat->opening)) {
            drop(seat, false);
        }
    }
}

static void end_window(struct lane *lane)
{
    const struct run *run = lane->common.run;

    lane->ended = true;
    if (run_is_open_loop(run)) {
        lane_is_due(lane, clock_now_ns()); /* the last ones of the window */
    }
    lane_close_doors(lane);
    if (run->plan->mode != PLAN_HANDSHAKE) {
        break_off(lane, false);
    }
    turn_all(lane);
}

void lane_on_told(uv_async_t *told)
{
    struct lane *lane = told->data;
    const struct run *run = lane->common.run;
    int64_t now_ns = clock_now_ns();

    if (run_is_cut(run)) {
        lane->ended = true;
        lane_give_up_due(lane);
        lane_close_doors(lane);
        break_off(lane, true);
        return;
    }
    if (!lane->went && now_ns >= run_go_ns(run)) {
        lane->went = true;
        lane_start_due(lane, run_go_ns(run));
        turn_all(lane);
    }
    if (!lane->ended && now_ns >= run_end_ns(run)) {
        end_window(lane);
    }
}

/* `times` timeouts have passed since the window. */
static bool is_past(const struct lane *lane, int64_t now_ns, int64_t times)
{
    const struct run *run = lane->common.run;

    return lane->ended && run->timeout_ns != RUN_NEVER &&
           (now_ns - run_end_ns(run)) / times > run->timeout_ns;
}

/*
 * A timeout after the window nothing more is sent. After a second one nobody is waited for, however
 * often there is a sign of life.
 */
static void on_sweep(uv_timer_t *timer)
{
    struct lane *lane = timer->data;
    int64_t now_ns = clock_now_ns();
    bool last = is_past(lane, now_ns, 2);

    for (size_t i = 0; i < lane->seat_count; i++) {
        struct seat *seat = &lane->seats[i];

        if (last) {
            seat->caller.alive_ns = 0;
        }
        if (is_open(seat) && caller_expire(&seat->caller, now_ns) == CALLER_OVER) {
            follow(seat, CALLER_OVER);
        }
    }
    lane_wake_rested(lane, now_ns);
    if (is_past(lane, now_ns, 1)) {
        lane_give_up_due(lane);
    }
}

/* Often enough for short timeouts, seldom enough to cost nothing. */
static uint64_t sweep_ms(const struct run *run)
{
    int64_t ms = run->timeout_ns == RUN_NEVER ? 250 : run->timeout_ns / 4000000;

    return ms < 10 ? 10 : ms > 250 ? 250 : (uint64_t)ms;
}

/* ---- the thread ---- */

void *lane_main(void *context)
{
    struct lane *lane = context;
    uint64_t every_ms = sweep_ms(lane->common.run);

    (void)uv_timer_start(&lane->sweep, on_sweep, every_ms, every_ms);
    lane_open_more(lane);
    while (lane->gone < lane->seat_count) {
        (void)uv_run(&lane->loop, UV_RUN_ONCE);
    }
    return NULL;
}

int lane_start(struct lane *lane, struct secho_error *err)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int why = pthread_create(&lane->thread, NULL, lane_main, lane);

    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (why != 0) {
        return error_set(err, SECHO_ERR_SYSTEM, "starting a thread: %s", strerror(why));
    }
    lane->started = true;
    return 0;
}

void lane_tell(struct lane *lane)
{
    (void)uv_async_send(&lane->told);
}

/* What was due depends on when the window ended: that is final now. */
static void conclude(struct lane *lane)
{
    struct tally *tally = &lane->common.meter.tally;

    if (run_is_open_loop(lane->common.run)) {
        tally->begun = lane_due_in_window(lane);
    }
    tally->unanswered = tally->begun - (tally->latency.count - lane->common.meter.lost);
    lane_count_lost(lane);
}

void lane_join(struct lane *lane)
{
    if (lane->started) {
        (void)pthread_join(lane->thread, NULL);
        lane->started = false;
        conclude(lane);
    }
}

const struct progress *lane_progress(const struct lane *lane)
{
    return &lane->common.progress;
}

const struct tally *lane_tally(const struct lane *lane)
{
    return &lane->common.meter.tally;
}
