/*
 * meter.h - puts what happens into the tally of its thread, when it happens in the window.
 * All times are clock_now_ns().
 */
#ifndef SECHO_METER_H
#define SECHO_METER_H

#include "bench/run.h"
#include "bench/tally.h"

struct meter {
    const struct run *run;
    int64_t slice_ns;
    uint64_t lost; /* of the tally's latencies: they are only how long was waited */
    struct tally tally;
};

void meter_init(struct meter *meter, const struct run *run);

static inline bool meter_is_in_window(const struct meter *meter, int64_t at_ns)
{
    return at_ns >= run_start_ns(meter->run) && at_ns < run_end_ns(meter->run);
}

/* The slice of a moment in the window. */
static inline struct tally_slice *meter_slice(struct meter *meter, int64_t at_ns)
{
    int64_t slice = (at_ns - run_start_ns(meter->run)) / meter->slice_ns;

    return &meter->tally.slices[slice < TALLY_SLICES ? slice : TALLY_SLICES - 1];
}

/* Bytes that came back, and messages that became whole by them. */
void meter_back(struct meter *meter, int64_t now_ns, uint64_t bytes, uint64_t messages);

/* A message or a connection has begun: it counts as unanswered until meter_latency(). */
void meter_begun(struct meter *meter, int64_t begun_ns);

/* It began (was due) at `begun_ns` and is over now. */
void meter_latency(struct meter *meter, int64_t begun_ns, int64_t now_ns);

/* `times` that began at `begun_ns` are waited for no longer: it would have taken them more. */
void meter_lost(struct meter *meter, int64_t begun_ns, int64_t now_ns, uint64_t times);

/* The handshake of a connection that began at `begun_ns` is over. */
void meter_handshake(struct meter *meter, int64_t now_ns, bool resumed);

/* A stage of a connection that began at `begun_ns`: one of the tally's histograms. */
void meter_stage(struct meter *meter, struct histogram *stage, int64_t begun_ns, int64_t took_ns);

#endif
