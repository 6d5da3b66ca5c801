/*
 * loop.h - the inside of a worker, for the files that it is made of: worker.c (the loop and its
 * turns), arrival.c (the first thing that happens to a connection), drain.c (the last).
 */
#ifndef SECHO_LOOP_H
#define SECHO_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "server/conn.h"
#include "server/gate.h"
#include "server/sampling.h"
#include "server/worker.h"

#define DRAIN_QUIET_MS 100 /* while draining: who says nothing for this long is idle */

struct worker {
    uv_loop_t loop;
    struct worker_settings settings;
    struct wire_buffers buffers;
    struct gates gates;
    struct deadlines deadlines;
    struct limits limits;
    struct bucket refusals; /* lines of the log about them, and how many had none */
    uint64_t refusals_untold;
    uv_timer_t tell_refusals;
    struct sampling sampling; /* of `closed` lines */
    struct list seats;        /* all connections */
    struct list again;        /* those whose turn was cut short */
    uv_idle_t run_queue;      /* runs while `again` is not empty */
    uv_timer_t alarm;         /* at the next deadline */
    int64_t alarm_ms;         /* when that is; -1: not set */
    uv_timer_t drain;         /* at the end of a phase of the drain */
    size_t drain_phase;
    int64_t drain_began_ms;
    bool draining;
    uv_timer_t tidy; /* gives memory back some time after connections have come or gone */
    bool untidy;     /* one did since the timer looked */
    uv_timer_t pulse;
    uv_async_t told;
    _Atomic uint64_t wanted_slots; /* bit k: slot k is to be watched */
    _Atomic bool wanted_drain, wanted_refusal, wanted_retirement;
    bool retired; /* accepts nobody any more */
    uint64_t watched_slots;
};

/* A connection and its place in the loop. */
struct seat {
    struct conn conn;
    struct worker *worker;
    uv_poll_t poll;
    int watched; /* UV_READABLE, UV_WRITABLE or 0 */
    struct list in_seats, in_again;
    struct deadline_entry deadline, age;
};

static inline int64_t loop_now_ms(struct worker *worker)
{
    return (int64_t)uv_now(&worker->loop);
}

/* Does what conn_turn() answered: drop, put into the run queue, or watch; and sets the deadline. */
void loop_follow(struct seat *seat, enum conn_next next);

/* Joins the queue of the deadline that the connection's state has. */
void loop_wait_on(struct seat *seat);

/* From now on it gets older: timeouts.age. */
void loop_begin_age(struct seat *seat);

/* Somebody has come or gone: when it is quiet again, unused memory goes back to the system. */
void loop_remember_to_tidy(struct worker *worker);

/*
 * That the loop turns is written into its counters every COUNTERS_PULSE_MS, from now on, or that
 * none does any more.
 */
void pulse_begin(struct worker *worker);
void pulse_end(struct worker *worker);

/* Tells how it ended and frees it. */
void loop_drop(struct seat *seat);

/* A gate_arrival_fn and two gate_room_fn; `worker` is a struct worker. */
void arrival_take(void *worker, const struct listener *listener, int fd,
                  const struct address *peer);
bool arrival_has_room(void *worker);
bool arrival_make_room(void *worker);

/* A uv_timer_cb: tells how many were refused without a line of their own. */
void arrival_tell_rest(uv_timer_t *timer);

/* Everybody is asked to leave; drain_cut_all() does not wait any longer. */
void drain_begin(struct worker *worker);
void drain_cut_all(struct worker *worker);

/* Ends one connection as soon as all that it has sent is echoed: now, if that is so. */
void drain_leave(struct seat *seat);

#endif
