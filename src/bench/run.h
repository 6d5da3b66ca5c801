/*
 * run.h - what all threads of a run share: what is to be done with whom, the clock above them, and
 * what went wrong first.
 */
#ifndef SECHO_RUN_H
#define SECHO_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/pattern.h"
#include "bench/plan.h"
#include "client/failure.h"
#include "net/address.h"

#define RUN_NEVER INT64_MAX

struct run {
    const struct plan *plan;
    const char *host;        /* as the plan has it, without brackets */
    const char *server_name; /* who the certificate must be for */
    struct address address;  /* who has answered the probe */
    char place[ADDRESS_TEXT_SIZE];
    int64_t timeout_ns;   /* RUN_NEVER: none */
    int64_t open_from_ns; /* when the first connection is opened */
    struct pattern pattern;

    /* The clock: written by load_run() alone. clock_now_ns(), RUN_NEVER while it is not known. */
    _Atomic int64_t go_ns;    /* the load begins */
    _Atomic int64_t start_ns; /* the window begins */
    _Atomic int64_t end_ns;   /* and ends: nothing new after it */
    _Atomic bool leaving;     /* its end was looked at: connections may go */

    _Atomic bool proven; /* a connection of the load has done what it should */
    _Atomic bool cut;    /* it is over at once */
    pthread_mutex_t lock;
    struct failure failure; /* the first one; behind the lock */
};

static inline int64_t run_go_ns(const struct run *run)
{
    return atomic_load_explicit(&run->go_ns, memory_order_relaxed);
}

static inline int64_t run_start_ns(const struct run *run)
{
    return atomic_load_explicit(&run->start_ns, memory_order_relaxed);
}

static inline int64_t run_end_ns(const struct run *run)
{
    return atomic_load_explicit(&run->end_ns, memory_order_relaxed);
}

static inline bool run_is_cut(const struct run *run)
{
    return atomic_load_explicit(&run->cut, memory_order_relaxed);
}

/* Open loop: messages are due by the clock. */
static inline bool run_is_open_loop(const struct run *run)
{
    return run->plan->rate > 0;
}

/* Any thread. Keeps the failure if it is the first; `fatal`: and ends the run at once. */
void run_fail(struct run *run, const struct failure *failure, bool fatal);

#endif
