/* pulse.c - the loop says that it turns, for whoever looks after workers that stand still. */
#include "base/clock.h"
#include "server/loop.h"

static void on_pulse(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    atomic_store_explicit(&worker->settings.counters->turned_ms, clock_now_ms(),
                          memory_order_relaxed);
    sampling_look(&worker->sampling, clock_now_ns(), worker->settings.log, false);
}

void pulse_begin(struct worker *worker)
{
    worker->pulse.data = worker;
    (void)uv_timer_init(&worker->loop, &worker->pulse);
    on_pulse(&worker->pulse);
    (void)uv_timer_start(&worker->pulse, on_pulse, COUNTERS_PULSE_MS, COUNTERS_PULSE_MS);
}

void pulse_end(struct worker *worker)
{
    atomic_store(&worker->settings.counters->turned_ms, 0);
    sampling_look(&worker->sampling, clock_now_ns(), worker->settings.log, true);
}
