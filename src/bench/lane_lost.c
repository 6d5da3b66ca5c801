/* lane_lost.c - messages, and connections, that never came back: how long they were waited for. */
#include "base/clock.h"
#include "bench/lane_inside.h"

#define STEPS_MAX 100000u /* of one schedule: finer than that no percentile is */

/* Open loop: those of a schedule from the `from`th on that were due in the window. */
static void lose_due(struct meter *meter, const struct schedule *due, uint64_t from, int64_t now_ns)
{
    uint64_t first = schedule_before(due, run_start_ns(meter->run));
    uint64_t end = schedule_before(due, run_end_ns(meter->run));

    first = from > first ? from : first;
    if (first >= end) {
        return;
    }
    uint64_t step = (end - first) / STEPS_MAX + 1;

    for (uint64_t k = first; k < end; k += step) {
        meter_lost(meter, schedule_at(due, k), now_ns, end - k < step ? end - k : step);
    }
}

/* Closed loop: those that are under way. */
static void lose_sent(struct meter *meter, const struct caller *caller, int64_t now_ns)
{
    for (uint64_t k = caller->done; k < caller->begun; k++) {
        meter_lost(meter, caller->sent_ns[k % caller->common->depth], now_ns, 1);
    }
}

void lane_count_lost(struct lane *lane)
{
    const struct run *run = lane->common.run;
    struct meter *meter = &lane->common.meter;
    int64_t now_ns = clock_now_ns();

    if (!lane->went || run_start_ns(run) >= run_end_ns(run)) {
        return;
    }
    if (run->plan->mode == PLAN_HANDSHAKE && run_is_open_loop(run)) {
        lose_due(meter, &lane->due, lane->due_begun, now_ns);
    }
    for (size_t i = 0; run->plan->mode == PLAN_ECHO && i < lane->seat_count; i++) {
        const struct caller *caller = &lane->seats[i].caller;

        if (run_is_open_loop(run)) {
            lose_due(meter, &caller->schedule, caller->done, now_ns);
        } else {
            lose_sent(meter, caller, now_ns);
        }
    }
}

void lane_lost_connection(struct seat *seat, bool broken_off)
{
    const struct caller *caller = &seat->caller;
    struct lane *lane = seat->lane;
    bool late = caller->failed && explain_exit(caller->code, ENDING_STAGE_ECHO) == EXIT_TIMEOUT;

    if (lane->common.run->plan->mode == PLAN_HANDSHAKE && (broken_off || late)) {
        meter_lost(&lane->common.meter, caller->begun_ns, clock_now_ns(), 1);
    }
}
