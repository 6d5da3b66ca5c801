#include "server/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/socket.h"

#define ACCEPTS_PER_TURN 32 /* then those who are here already get a turn */
#define PAUSE_MS         100

int gates_init(struct gates *gates)
{
    const struct service *service = gates->service;

    gates->count = service->listener_count * service->slot_count;
    gates->all = calloc(gates->count, sizeof *gates->all);
    if (gates->all == NULL) {
        return -1;
    }
    for (size_t i = 0; i < gates->count; i++) {
        struct gate *gate = &gates->all[i];

        gate->gates = gates;
        gate->listener = &service->listeners[i / service->slot_count];
        gate->fd = gate->listener->slots[i % service->slot_count];
    }
    gates->retry.data = gates;
    return uv_timer_init(gates->loop, &gates->retry);
}

/* ---- pausing: without it, a full process would spin on a readable listener ---- */

static void on_readable(uv_poll_t *poll, int status, int events);

static void watch_or_not(struct gate *gate)
{
    if (!gate->known) {
        return;
    }
    if (gate->watched && !gate->gates->paused && !gate->gates->crowded) {
        (void)uv_poll_start(&gate->poll, UV_READABLE, on_readable);
    } else {
        (void)uv_poll_stop(&gate->poll);
    }
}

static void all_watch_or_not(struct gates *gates)
{
    for (size_t i = 0; i < gates->count; i++) {
        watch_or_not(&gates->all[i]);
    }
}

void gates_resume(struct gates *gates)
{
    if (gates->paused || gates->crowded) {
        gates->paused = gates->crowded = false;
        (void)uv_timer_stop(&gates->retry);
        all_watch_or_not(gates);
    }
}

static void on_retry(uv_timer_t *timer)
{
    gates_resume(timer->data);
}

/* Once for each shortage, however often it comes and goes until everybody is in. */
static void tell_shortage(struct gates *gates, int os_errno)
{
    if (!gates->told) {
        gates->told = true;
        log_event(gates->log, SECHO_LEVEL_WARN, "accept_paused",
                  log_text("error", strerror(os_errno)),
                  log_text("why", "no descriptor or no memory for another connection: new ones "
                                  "wait in the kernel; raise the limit (ulimit -n, LimitNOFILE=) "
                                  "or lower /limits/connections"));
    }
}

static void tell_relief(struct gates *gates)
{
    if (gates->told) {
        gates->told = false;
        log_event(gates->log, SECHO_LEVEL_INFO, "accept_resumed",
                  log_text("why", "nobody waits in the kernel any more"));
    }
}

/* `why` is one of the flags. */
static void pause_all(struct gates *gates, bool *why)
{
    *why = true;
    all_watch_or_not(gates);
    (void)uv_timer_start(&gates->retry, on_retry, PAUSE_MS, 0);
}

/* ---- accept ---- */

/* False when there is nothing more to accept here now. */
static bool accept_one(struct gate *gate)
{
    struct address peer;
    int fd = -1;

    switch (socket_accept(gate->fd, &fd, &peer)) {
    case ACCEPTED:
        gate->gates->arrival(gate->gates->context, gate->listener, fd, &peer);
        return true;
    case ACCEPTED_GONE:
        return true;
    case ACCEPTED_EXHAUSTED:
        tell_shortage(gate->gates, errno);
        pause_all(gate->gates, &gate->gates->paused);
        return false;
    case ACCEPTED_STOPPED: /* by another worker: it stays readable for ever */
        gate->watched = false;
        watch_or_not(gate);
        return false;
    case ACCEPTED_NOTHING:
        tell_relief(gate->gates);
        break;
    }
    return false;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct gate *gate = poll->data;
    struct gates *gates = gate->gates;

    (void)status, (void)events;
    if (!gates->has_room(gates->context) && !gates->make_room(gates->context)) {
        pause_all(gates, &gates->crowded);
        return;
    }
    for (int i = 0; i < ACCEPTS_PER_TURN && !gates->paused; i++) {
        if (!accept_one(gate) || !gates->has_room(gates->context)) {
            return; /* whoever still waits makes it readable again */
        }
    }
}

/* ---- what the worker is told ---- */

static void introduce(struct gate *gate)
{
    if (!gate->known && gate->fd != -1) {
        gate->poll.data = gate;
        gate->known = uv_poll_init(gate->gates->loop, &gate->poll, gate->fd) == 0;
    }
}

void gates_watch(struct gates *gates, size_t slot, bool watch)
{
    size_t slots = gates->service->slot_count;

    for (size_t i = slot; i < gates->count; i += slots) {
        gates->all[i].watched = watch;
        introduce(&gates->all[i]);
        watch_or_not(&gates->all[i]);
    }
}

void gates_leave(struct gates *gates)
{
    for (size_t i = 0; i < gates->count; i++) {
        gates->all[i].watched = false;
        watch_or_not(&gates->all[i]);
    }
}

#define QUEUED_MAX 65536 /* no queue is longer; new ones that keep coming are not waited for */

static void refuse(struct gate *gate)
{
    if (gate->watched && !gate->listener->lent) {
        for (int n = 0; n < QUEUED_MAX && accept_one(gate); n++) {
        }
        socket_stop(gate->fd); /* before this, it would have reset those in the queue */
    }
}

void gates_refuse(struct gates *gates)
{
    for (size_t i = 0; i < gates->count; i++) {
        refuse(&gates->all[i]);
    }
    gates_leave(gates);
}

void gates_retire(struct gates *gates, const _Atomic bool *unwanted)
{
    for (size_t i = 0; i < gates->count && unwanted != NULL; i++) {
        if (atomic_load(&unwanted[i / gates->service->slot_count])) {
            refuse(&gates->all[i]);
        }
    }
    gates_leave(gates);
}

void gates_done(struct gates *gates)
{
    free(gates->all);
    gates->all = NULL;
}
