/*
 * drain.c - the worker is asked to end: what was received is still echoed.
 *
 * Who is quiet leaves at once; after a second everybody leaves at the first moment in which all
 * that was received is echoed; at the end of timeouts.drain the rest is cut. All are told with
 * close_notify.
 */
#include "server/loop.h"

#define DRAIN_LEAVE_MS 1000 /* from then on, the first moment without input ends a connection */

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
    seat->conn.draining = true;
    loop_wait_on(seat);
}

static void leave(struct seat *seat)
{
    bool silent = seat->conn.state == CONN_HANDSHAKE && seat->conn.ending.first == SNIFFED_NOTHING;

    seat->conn.leaving = true;
    loop_follow(seat, silent ? conn_stop(&seat->conn, ENDING_DRAIN, 0) : conn_turn(&seat->conn));
}

static void cut(struct seat *seat)
{
    counters_add(&seat->worker->settings.counters->cut, 1);
    (void)conn_stop(&seat->conn, ENDING_DRAIN, 0);
    loop_drop(seat);
}

static void on_drain(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    int64_t left_ms = worker->drain_end_ms - loop_now_ms(worker);

    for_each_seat(worker, left_ms > 0 ? leave : cut);
    if (left_ms > 0) {
        (void)uv_timer_start(&worker->drain, on_drain, (uint64_t)left_ms, 0);
    }
}

void drain_begin(struct worker *worker)
{
    int64_t drain_ms = worker->settings.service->config->timeouts.drain_ms;
    int64_t leave_ms = drain_ms / 2 < DRAIN_LEAVE_MS ? drain_ms / 2 : DRAIN_LEAVE_MS;

    worker->draining = true;
    gates_finish(&worker->gates);
    if (!worker->settings.service->is_shared) {
        service_stop_listening(worker->settings.service);
    }
    for_each_seat(worker, begin_to_leave);
    worker->drain_end_ms = loop_now_ms(worker) + drain_ms;
    (void)uv_timer_start(&worker->drain, on_drain, (uint64_t)leave_ms, 0);
}

void drain_cut_all(struct worker *worker)
{
    for_each_seat(worker, cut);
}
