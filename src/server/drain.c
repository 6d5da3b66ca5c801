/*
 * drain.c - the worker is asked to end: what was received is still echoed.
 *
 * Nobody knows what a peer still has to say, so a connection ends when it has been quiet for a
 * moment: a shorter one the longer the drain lasts. Then, at the first instant in which all that
 * was received is echoed; at last it is cut. All are told with close_notify.
 */
#include "server/loop.h"

/* A phase lasts until `until_ms`, and never longer than 1/`share` of timeouts.drain. */
static const struct {
    int64_t quiet_ms; /* 0: the first instant without input */
    int64_t until_ms, share;
} phases[] = {
    {DRAIN_QUIET_MS, 1000, 4}, /* longer than most round trips */
    {20, 3000, 2},             /* who sends and waits for each echo is never quiet for long */
    {0, INT64_MAX, 1},
};
#define PHASES (sizeof phases / sizeof phases[0])

/* Each connection once; `end` may drop it. */
static void for_each_seat(struct worker *worker, void (*end)(struct seat *seat))
{
    struct list now;

    list_init(&now);
    list_take(&now, &worker->seats);
    while (!list_is_empty(&now)) {
        struct seat *seat = list_entry(now.next, struct seat, in_seats);

        list_remove(&seat->in_seats);
        list_append(&worker->seats, &seat->in_seats);
        end(seat);
    }
}

static void begin_to_leave(struct seat *seat)
{
    seat->conn.draining = true; /* from now on its deadline is DEADLINE_QUIET */
}

void drain_leave(struct seat *seat)
{
    struct conn *conn = &seat->conn;

    conn->leaving = true;
    enum conn_next next = conn_turn(conn); /* one last look */

    if (next == CONN_WAIT && conn_is_silent(conn)) {
        next = conn_stop(conn, ENDING_DRAIN, 0);
    }
    loop_follow(seat, next);
}

static void cut(struct seat *seat)
{
    bool in_use = seat->conn.state < CONN_GOODBYE || wire_has_backlog(&seat->conn.wire);

    counters_add(&seat->worker->settings.counters->cut, in_use ? 1 : 0);
    (void)conn_stop(&seat->conn, ENDING_DRAIN, 0);
    loop_drop(seat);
}

static void on_phase_end(uv_timer_t *timer);

static void begin_phase(struct worker *worker)
{
    int64_t drain_ms = worker->settings.service->config->timeouts.drain_ms;
    int64_t until_ms = phases[worker->drain_phase].until_ms;
    int64_t longest_ms = drain_ms / phases[worker->drain_phase].share;
    int64_t since_ms = loop_now_ms(worker) - worker->drain_began_ms;
    int64_t left_ms = (until_ms < longest_ms ? until_ms : longest_ms) - since_ms;

    if (phases[worker->drain_phase].quiet_ms == 0) {
        for_each_seat(worker, drain_leave);
    } else {
        worker->deadlines.duration_ms[DEADLINE_QUIET] = phases[worker->drain_phase].quiet_ms;
        for_each_seat(worker, loop_wait_on);
    }
    (void)uv_timer_start(&worker->drain, on_phase_end, left_ms > 0 ? (uint64_t)left_ms : 0, 0);
}

static void on_phase_end(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    worker->drain_phase++;
    if (worker->drain_phase < PHASES) {
        begin_phase(worker);
    } else {
        drain_cut_all(worker);
    }
}

void drain_begin(struct worker *worker)
{
    worker->draining = true;
    worker->drain_began_ms = loop_now_ms(worker);
    if (atomic_load(&worker->wanted_refusal)) {
        gates_refuse(&worker->gates);
    } else {
        gates_leave(&worker->gates);
    }
    for_each_seat(worker, begin_to_leave);
    begin_phase(worker);
}

void drain_cut_all(struct worker *worker)
{
    for_each_seat(worker, cut);
}
