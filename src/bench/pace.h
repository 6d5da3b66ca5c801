/*
 * pace.h - open loop: tells in time that a message is due.
 *
 * Looks at the clock once for each round of the loop; a timerfd wakes the loop, because libuv's own
 * timers know milliseconds only.
 */
#ifndef SECHO_PACE_H
#define SECHO_PACE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/attributes.h"

/* What is due next: clock_now_ns(), or INT64_MAX for nothing any more. */
typedef int64_t pace_next_fn(void *context);

/* Something is due now. */
typedef void pace_due_fn(void *context, int64_t now_ns);

struct pace {
    pace_next_fn *next;
    pace_due_fn *due;
    void *context;
    int timer;        /* a timerfd; -1: there is none */
    int64_t armed_ns; /* for this moment */
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_check_t check;
};

/* `pace` has next, due and context. -1: no descriptor (errno). */
MUST_CHECK int pace_start(struct pace *pace, uv_loop_t *loop);

/* After its handles are closed, or when it was never started ({.timer = -1}). */
void pace_done(struct pace *pace);

#endif
