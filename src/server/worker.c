/*
 * worker.c - one loop: turns for connections, their deadlines, and what other threads say.
 */
#include "server/worker.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/error.h"
#include "server/closed.h"
#include "server/loop.h"

/* ---- the last thing: a connection is dropped ---- */

#define TIDY_MS 250 /* without anybody who comes or goes, before memory is given back */

/*
 * glibc keeps what was freed: by those who have left, and by handshakes (each takes 30 kB for a
 * moment). It goes back when nobody has come or gone for a while, not once for each.
 */
static void on_tidy(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    if (worker->untidy) {
        worker->untidy = false;
        return;
    }
    (void)uv_timer_stop(timer);
    (void)malloc_trim(0);
}

void loop_remember_to_tidy(struct worker *worker)
{
    worker->untidy = true;
    if (!uv_is_active((const uv_handle_t *)&worker->tidy)) {
        (void)uv_timer_start(&worker->tidy, on_tidy, TIDY_MS, TIDY_MS);
    }
}

static void on_seat_closed(uv_handle_t *poll)
{
    struct seat *seat = poll->data;
    struct worker *worker = seat->worker;

    free(seat);
    loop_remember_to_tidy(worker);
}

void loop_drop(struct seat *seat)
{
    struct worker *worker = seat->worker;

    /* Counted first: who has read "closed" in the log finds the place free. */
    counters_add(&worker->settings.counters->closed, 1);
    limits_leave(&worker->limits, &seat->conn.place);
    closed_tell(&seat->conn, worker->settings.log, &worker->sampling, &worker->settings.all->ends);
    deadlines_leave(&seat->deadline);
    deadlines_leave(&seat->age);
    list_remove(&seat->in_seats);
    list_remove(&seat->in_again);
    uv_close((uv_handle_t *)&seat->poll, on_seat_closed);
    conn_done(&seat->conn);
    gates_resume(&worker->gates);
}

/* ---- turns ---- */

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch(struct seat *seat, unsigned wanted)
{
    int events = wanted == WATCH_WRITE ? UV_WRITABLE : wanted == WATCH_READ ? UV_READABLE : 0;

    if (events == seat->watched) {
        return;
    }
    seat->watched = events;
    if (events == 0) {
        (void)uv_poll_stop(&seat->poll);
    } else {
        (void)uv_poll_start(&seat->poll, events, on_ready);
    }
}

static void on_alarm(uv_timer_t *timer);

static void set_alarm(struct worker *worker, int64_t due_ms)
{
    if (due_ms != -1 && (worker->alarm_ms == -1 || due_ms < worker->alarm_ms)) {
        int64_t wait_ms = due_ms - loop_now_ms(worker);

        worker->alarm_ms = due_ms;
        (void)uv_timer_start(&worker->alarm, on_alarm, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
    }
}

void loop_wait_on(struct seat *seat)
{
    struct worker *worker = seat->worker;
    enum deadline kind = conn_deadline(&seat->conn);

    if (kind != seat->deadline.kind || conn_deadline_restarts(&seat->conn)) {
        uv_update_time(&worker->loop); /* the turn may have begun before a pause of our process */
        deadlines_wait(&worker->deadlines, &seat->deadline, kind, loop_now_ms(worker));
        if (worker->deadlines.duration_ms[kind] > 0) {
            set_alarm(worker, loop_now_ms(worker) + worker->deadlines.duration_ms[kind]);
        }
    }
}

void loop_begin_age(struct seat *seat)
{
    struct worker *worker = seat->worker;
    int64_t age_ms = worker->deadlines.duration_ms[DEADLINE_AGE];

    if (age_ms > 0) {
        uv_update_time(&worker->loop); /* the turn that accepts it may have begun long ago */
        deadlines_wait(&worker->deadlines, &seat->age, DEADLINE_AGE, loop_now_ms(worker));
        set_alarm(worker, loop_now_ms(worker) + age_ms);
    }
}

static void on_run_queue(uv_idle_t *idle);

void loop_follow(struct seat *seat, enum conn_next next)
{
    switch (next) {
    case CONN_OVER:
        loop_drop(seat);
        return;
    case CONN_AGAIN:
        watch(seat, 0);
        list_remove(&seat->in_again);
        list_append(&seat->worker->again, &seat->in_again);
        (void)uv_idle_start(&seat->worker->run_queue, on_run_queue);
        break;
    case CONN_WAIT:
        watch(seat, conn_watch(&seat->conn));
        break;
    }
    loop_wait_on(seat);
    if (seat->worker->gates.crowded && !limits_is_busy(&seat->worker->limits)) {
        gates_resume(&seat->worker->gates);
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct seat *seat = poll->data;

    (void)events;
    if (status < 0) { /* an error event: libuv has stopped to watch; recv tells what it was */
        seat->watched = 0;
    }
    loop_follow(seat, conn_turn(&seat->conn));
}

/* Those whose turn was cut short go on, once each, after everybody else had one. */
static void on_run_queue(uv_idle_t *idle)
{
    struct worker *worker = idle->data;
    struct list now;

    list_init(&now);
    list_take(&now, &worker->again);
    while (!list_is_empty(&now)) {
        struct seat *seat = list_entry(now.next, struct seat, in_again);

        list_remove(&seat->in_again);
        loop_follow(seat, conn_turn(&seat->conn));
    }
    if (list_is_empty(&worker->again)) {
        (void)uv_idle_stop(&worker->run_queue);
    }
}

/* ---- who waited too long ---- */

/*
 * One last look first: what already waits in the socket came in time. It was us who were late: a
 * busy machine, a process that was stopped.
 */
static void expire(struct seat *seat)
{
    struct worker *worker = seat->worker;
    enum deadline kind = seat->deadline.kind;

    if (kind == DEADLINE_QUIET) { /* quiet for a moment: one last look, then goodbye */
        deadlines_wait(&worker->deadlines, &seat->deadline, kind, loop_now_ms(worker));
        drain_leave(seat);
        return;
    }
    loop_follow(seat, conn_turn(&seat->conn));
    if (!deadlines_is_due(&worker->deadlines, &seat->deadline, loop_now_ms(worker))) {
        return; /* it went on; or it is over, and the seat is freed later */
    }
    enum ending_cause cause = kind == DEADLINE_WRITE ? ENDING_WRITE_TIMEOUT : ENDING_TIMEOUT;

    deadlines_leave(&seat->deadline);
    loop_follow(seat, conn_stop(&seat->conn, cause, worker->deadlines.duration_ms[kind]));
}

/* It has been here for as long as anybody may; what came until now is echoed. */
static void grow_old(struct seat *seat)
{
    int64_t age_ms = seat->worker->deadlines.duration_ms[DEADLINE_AGE];
    enum conn_next next = conn_turn(&seat->conn);

    deadlines_leave(&seat->age);
    if (next != CONN_OVER && seat->conn.state < CONN_GOODBYE) {
        next = conn_stop(&seat->conn, ENDING_AGE, age_ms);
    }
    loop_follow(seat, next);
}

static void on_alarm(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    struct deadline_entry *entry;

    worker->alarm_ms = -1;
    while ((entry = deadlines_expired(&worker->deadlines, loop_now_ms(worker))) != NULL) {
        if (entry->kind == DEADLINE_AGE) {
            grow_old(list_entry(entry, struct seat, age));
        } else {
            expire(list_entry(entry, struct seat, deadline));
        }
    }
    set_alarm(worker, deadlines_next_ms(&worker->deadlines));
}

/* ---- what other threads say ---- */

static void on_told(uv_async_t *async)
{
    struct worker *worker = async->data;
    uint64_t wanted = atomic_load(&worker->wanted_slots);
    uint64_t changed = wanted ^ worker->watched_slots;

    for (size_t k = 0; changed != 0 && k < worker->settings.service->slot_count; k++) {
        if ((changed >> k & 1) != 0) {
            gates_watch(&worker->gates, k, (wanted >> k & 1) != 0);
        }
    }
    worker->watched_slots = wanted;
    if (atomic_load(&worker->wanted_retirement) && !worker->retired && !worker->draining) {
        worker->retired = true;
        gates_retire(&worker->gates, worker->settings.unwanted);
        if (worker->settings.left != NULL) {
            worker->settings.left(worker->settings.context);
        }
    }
    if (atomic_load(&worker->wanted_drain) && !worker->draining) {
        drain_begin(worker);
    }
}

void worker_watch(struct worker *worker, size_t slot, bool watch_it)
{
    uint64_t bit = (uint64_t)1 << slot;

    if (watch_it) {
        atomic_fetch_or(&worker->wanted_slots, bit);
    } else {
        atomic_fetch_and(&worker->wanted_slots, ~bit);
    }
    (void)uv_async_send(&worker->told);
}

void worker_retire(struct worker *worker)
{
    atomic_store(&worker->wanted_retirement, true);
    (void)uv_async_send(&worker->told);
}

void worker_drain(struct worker *worker, enum worker_slots slots)
{
    if (slots == WORKER_REFUSES_SLOTS) {
        atomic_store(&worker->wanted_refusal, true);
    }
    atomic_store(&worker->wanted_drain, true);
    (void)uv_async_send(&worker->told);
}

/* ---- the loop ---- */

/* Of who has no deadline: handshakes stand in the queue all the same, so that the oldest is known.
 */
#define FOREVER_MS (INT64_C(1000) * 365 * 24 * 3600 * 1000)

static void set_durations(struct worker *worker)
{
    const struct secho_config *config = worker->settings.service->config;

    deadlines_init(&worker->deadlines);
    worker->deadlines.duration_ms[DEADLINE_HANDSHAKE] =
        config->timeouts.handshake_ms > 0 ? config->timeouts.handshake_ms : FOREVER_MS;
    worker->deadlines.duration_ms[DEADLINE_IDLE] = config->timeouts.idle_ms;
    worker->deadlines.duration_ms[DEADLINE_WRITE] = config->timeouts.write_ms;
    worker->deadlines.duration_ms[DEADLINE_GOODBYE] = config->timeouts.goodbye_ms;
    worker->deadlines.duration_ms[DEADLINE_QUIET] = DRAIN_QUIET_MS;
    worker->deadlines.duration_ms[DEADLINE_AGE] = config->timeouts.age_ms;
}

static int prepare(struct worker *worker)
{
    worker->gates = (struct gates){.loop = &worker->loop,
                                   .service = worker->settings.service,
                                   .log = worker->settings.log,
                                   .arrival = arrival_take,
                                   .has_room = arrival_has_room,
                                   .make_room = arrival_make_room,
                                   .context = worker};
    worker->run_queue.data = worker;
    worker->alarm.data = worker;
    worker->drain.data = worker;
    worker->tidy.data = worker;
    worker->tell_refusals.data = worker;
    worker->told.data = worker;
    (void)uv_idle_init(&worker->loop, &worker->run_queue);
    (void)uv_timer_init(&worker->loop, &worker->alarm);
    (void)uv_timer_init(&worker->loop, &worker->drain);
    (void)uv_timer_init(&worker->loop, &worker->tidy);
    (void)uv_timer_init(&worker->loop, &worker->tell_refusals);
    pulse_begin(worker);
    if (uv_async_init(&worker->loop, &worker->told, on_told) != 0) {
        return -1;
    }
    return wire_buffers_init(&worker->buffers) != 0 ? -1 : gates_init(&worker->gates);
}

int worker_new(const struct worker_settings *settings, struct worker **out, struct secho_error *err)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL || uv_loop_init(&worker->loop) != 0) {
        free(worker);
        return error_set(err, SECHO_ERR_SYSTEM, "no event loop: no memory or no descriptor");
    }
    worker->settings = *settings;
    worker->limits = (struct limits){.config = settings->service->config,
                                     .all = settings->all,
                                     .own = settings->counters,
                                     .workers = settings->service->slot_count};
    worker->alarm_ms = -1;
    list_init(&worker->seats);
    list_init(&worker->again);
    set_durations(worker);
    if (prepare(worker) != 0) {
        worker_free(worker);
        return error_set(err, SECHO_ERR_SYSTEM, "no worker: no memory or no descriptor");
    }
    *out = worker;
    return 0;
}

void worker_run(struct worker *worker)
{
    while (!(worker->draining || worker->retired) || !list_is_empty(&worker->seats)) {
        (void)uv_run(&worker->loop, UV_RUN_ONCE);
    }
    arrival_tell_rest(&worker->tell_refusals);
    pulse_end(worker);
}

static void close_handle(uv_handle_t *handle, void *ignored)
{
    (void)ignored;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void worker_free(struct worker *worker)
{
    if (worker == NULL) {
        return;
    }
    drain_cut_all(worker);
    uv_walk(&worker->loop, close_handle, NULL);
    (void)uv_run(&worker->loop, UV_RUN_DEFAULT); /* the close callbacks */
    (void)uv_loop_close(&worker->loop);
    gates_done(&worker->gates);
    wire_buffers_done(&worker->buffers);
    free(worker);
}
