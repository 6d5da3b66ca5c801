/* lane_due.c - open loop: which message, or connection, of this lane is due when. */
#include "base/clock.h"
#include "bench/lane_inside.h"

static bool opens_connections(const struct lane *lane)
{
    return lane->common.run->plan->mode == PLAN_HANDSHAKE;
}

/* The lane's messages go round its connections: the k-th belongs to seat k mod their number. */
static int64_t due_at_ns(const struct lane *lane, uint64_t k)
{
    if (opens_connections(lane)) {
        return schedule_at(&lane->due, k);
    }
    const struct seat *seat = &lane->seats[k % lane->seat_count];

    return schedule_at(&seat->caller.schedule, k / lane->seat_count);
}

void lane_start_due(struct lane *lane, int64_t go_ns)
{
    const struct plan *plan = lane->common.run->plan;
    struct schedule due = {.start_ns = go_ns};

    if (!run_is_open_loop(lane->common.run)) {
        return;
    }
    due.period_ns = 1e9 / plan->rate;
    due.first = (uint64_t)lane->index;
    due.step = (uint64_t)plan->threads;
    lane->due = due;
    due.step = (uint64_t)plan->connections;
    for (size_t i = 0; i < lane->seat_count; i++) {
        due.first = (uint64_t)lane->index + i * (uint64_t)plan->threads;
        lane->seats[i].caller.schedule = due;
    }
}

int64_t lane_next_due(void *context)
{
    struct lane *lane = context;
    const struct run *run = lane->common.run;
    int64_t at_ns;

    if (lane->common.last_is_due || !lane->went) {
        return INT64_MAX;
    }
    at_ns = due_at_ns(lane, lane->due_count);
    return at_ns < run_end_ns(run) ? at_ns : INT64_MAX;
}

static struct seat *take_free(struct lane *lane)
{
    struct seat *seat = lane->first_free;

    if (seat != NULL) {
        lane->first_free = seat->next_free;
    }
    return seat;
}

void lane_take_due(struct lane *lane)
{
    while (lane->due_taken < lane->due_count) {
        struct seat *seat = take_free(lane);

        if (seat == NULL) {
            return;
        }
        lane->due_begun++;
        lane_begin(seat, schedule_at(&lane->due, lane->due_taken++));
    }
    if (lane->ended) {
        lane_close_doors(lane);
    }
}

/* How many of this lane are due before `until_ns`. */
static uint64_t due_before(const struct lane *lane, int64_t until_ns)
{
    const struct plan *plan = lane->common.run->plan;
    struct schedule all = lane->due;

    if (opens_connections(lane)) {
        return schedule_before(&lane->due, until_ns);
    }
    all.first = 0;
    all.step = 1;
    return schedule_share(schedule_before(&all, until_ns), (uint64_t)plan->connections,
                          (uint64_t)lane->index, (uint64_t)plan->threads);
}

/* Each connection gets those that are its own, in one go: there may be millions. */
static void hand_out(struct lane *lane, uint64_t from)
{
    uint64_t count = lane->due_count - from, seats = lane->seat_count;

    for (uint64_t i = 0; i < count && i < seats; i++) {
        uint64_t seat = (from + i) % seats;

        lane->seats[seat].caller.due = (lane->due_count - seat - 1) / seats + 1;
    }
}

/* Each connection that got something to do has one turn for all of it. */
static void turn_those_with_work(struct lane *lane, uint64_t from)
{
    uint64_t count = lane->due_count - from;

    for (uint64_t i = 0; i < count && i < lane->seat_count; i++) {
        struct seat *seat = &lane->seats[(from + i) % lane->seat_count];

        if (seat->place == SEAT_BUSY && seat->caller.state == CALLER_LOAD) {
            lane_turn(seat);
        }
    }
}

void lane_is_due(void *context, int64_t now_ns)
{
    struct lane *lane = context;
    uint64_t from = lane->due_count;

    if (lane_next_due(lane) <= now_ns) {
        int64_t end_ns = run_end_ns(lane->common.run);

        lane->due_count = due_before(lane, now_ns < end_ns ? now_ns + 1 : end_ns);
    }
    if (!opens_connections(lane)) {
        hand_out(lane, from);
    }
    lane->common.last_is_due = lane->ended || (lane->went && lane_next_due(lane) == INT64_MAX);
    if (opens_connections(lane)) {
        lane_take_due(lane);
    } else {
        turn_those_with_work(lane, from);
    }
}

void lane_give_up_due(struct lane *lane)
{
    lane->common.last_is_due = true;
    for (size_t i = 0; i < lane->seat_count; i++) {
        lane->seats[i].caller.due = lane->seats[i].caller.begun;
    }
    if (lane->due_taken < lane->due_count) {
        lane->due_taken = lane->due_count;
        lane_close_doors(lane);
    }
}

uint64_t lane_due_in_window(const struct lane *lane)
{
    const struct run *run = lane->common.run;
    int64_t start_ns = run_start_ns(run), end_ns = run_end_ns(run);
    uint64_t count = 0;

    if (!run_is_open_loop(run) || !lane->went || start_ns >= end_ns) {
        return 0;
    }
    for (size_t i = 0; i < (opens_connections(lane) ? 1 : lane->seat_count); i++) {
        const struct schedule *due =
            opens_connections(lane) ? &lane->due : &lane->seats[i].caller.schedule;

        count += schedule_before(due, end_ns) - schedule_before(due, start_ns);
    }
    return count;
}
