/* lane_open.c - which connection is opened when. */
#include "base/clock.h"
#include "bench/lane_inside.h"

#define RETRY_MS_FIRST 10
#define RETRY_MS_MAX   1000

static bool opens_by_rate(const struct lane *lane)
{
    return lane->common.run->plan->mode == PLAN_HANDSHAKE && run_is_open_loop(lane->common.run);
}

/* By the clock: when one is due. Else: at once. */
static void go_on(struct seat *seat)
{
    struct lane *lane = seat->lane;

    if (opens_by_rate(lane)) {
        seat->place = SEAT_FREE;
        seat->next_free = lane->first_free;
        lane->first_free = seat;
        lane_take_due(lane);
    } else {
        lane_begin(seat, clock_now_ns());
    }
}

/* ---- the first connection of each seat ---- */

/* The ramp: all connections of the run are opened evenly over it, those of all lanes in turn. */
static int64_t opens_at_ns(const struct lane *lane, size_t i)
{
    const struct run *run = lane->common.run;
    int64_t number = (int64_t)i * run->plan->threads + lane->index;

    return run->open_from_ns + run->plan->ramp_ms * 1000000 / run->plan->connections * number;
}

static bool may_open(const struct lane *lane)
{
    return lane->opened < lane->seat_count && !lane->ended &&
           lane->seats[lane->opened].place == SEAT_UNUSED &&
           (lane->opening < LANE_OPENING_MAX || lane->common.run->plan->mode == PLAN_HANDSHAKE);
}

static void on_opener(uv_timer_t *timer)
{
    lane_open_more(timer->data);
}

static void wait_to_open(struct lane *lane, int64_t wait_ns)
{
    if (!uv_is_active((const uv_handle_t *)&lane->opener)) {
        uv_update_time(&lane->loop);
        (void)uv_timer_start(&lane->opener, on_opener, (uint64_t)(wait_ns / 1000000 + 1), 0);
    }
}

void lane_open_more(struct lane *lane)
{
    while (may_open(lane)) {
        struct seat *seat = &lane->seats[lane->opened];
        int64_t now_ns = clock_now_ns(), at_ns = opens_at_ns(lane, lane->opened);

        if (at_ns > now_ns) {
            wait_to_open(lane, at_ns - now_ns);
            return;
        }
        lane->opened++;
        if (lane->common.run->plan->mode != PLAN_HANDSHAKE) {
            seat->opening = true;
            lane->opening++;
        }
        go_on(seat);
    }
}

/* ---- the next ones ---- */

/* Who refuses everything must not be asked in a tight loop. */
static void rest(struct seat *seat)
{
    struct lane *lane = seat->lane;

    lane->retry_ms = lane->retry_ms == 0                 ? RETRY_MS_FIRST
                     : lane->retry_ms * 2 < RETRY_MS_MAX ? lane->retry_ms * 2
                                                         : RETRY_MS_MAX;
    seat->place = SEAT_RESTING;
    seat->rest_until_ns = clock_now_ns() + lane->retry_ms * 1000000;
}

void lane_next(struct seat *seat)
{
    struct lane *lane = seat->lane;
    const struct run *run = lane->common.run;
    bool late = clock_now_ns() >= run_end_ns(run) && lane->due_taken >= lane->due_count;

    if (run->plan->mode != PLAN_HANDSHAKE || run_is_cut(run) || late) {
        lane_gone(seat);
    } else if (seat->caller.failed) {
        rest(seat);
    } else {
        go_on(seat);
    }
}

void lane_wake_rested(struct lane *lane, int64_t now_ns)
{
    for (size_t i = 0; i < lane->seat_count; i++) {
        struct seat *seat = &lane->seats[i];

        if (seat->place == SEAT_RESTING && seat->rest_until_ns <= now_ns) {
            go_on(seat);
        }
    }
}

/* ---- the end ---- */

void lane_close_doors(struct lane *lane)
{
    bool waiting = lane->due_taken < lane->due_count; /* these still want a free seat */

    for (size_t i = 0; i < lane->seat_count; i++) {
        struct seat *seat = &lane->seats[i];

        if (seat->place == SEAT_UNUSED || (seat->place == SEAT_RESTING && !waiting) ||
            (seat->place == SEAT_FREE && !waiting)) {
            lane_gone(seat);
        }
    }
    if (!waiting) {
        lane->first_free = NULL;
    }
}
