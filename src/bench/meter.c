#include "bench/meter.h"

void meter_init(struct meter *meter, const struct run *run)
{
    meter->run = run;
    meter->slice_ns = tally_slice_ms(run->plan->duration_ms) * 1000000;
}

void meter_back(struct meter *meter, int64_t now_ns, uint64_t bytes, uint64_t messages)
{
    if (meter_is_in_window(meter, now_ns)) {
        struct tally_slice *slice = meter_slice(meter, now_ns);

        slice->bytes += bytes;
        slice->messages += messages;
        meter->tally.bytes += bytes;
        meter->tally.messages += messages;
    }
}

void meter_begun(struct meter *meter, int64_t begun_ns)
{
    if (meter_is_in_window(meter, begun_ns)) {
        meter->tally.begun++;
    }
}

void meter_latency(struct meter *meter, int64_t begun_ns, int64_t now_ns)
{
    uint64_t took_ns = now_ns > begun_ns ? (uint64_t)(now_ns - begun_ns) : 0;

    if (!meter_is_in_window(meter, begun_ns)) {
        return;
    }
    struct tally_slice *slice = meter_slice(meter, now_ns);

    histogram_add(&meter->tally.latency, took_ns);
    if (took_ns > slice->latency_max_ns) {
        slice->latency_max_ns = took_ns;
    }
}

void meter_lost(struct meter *meter, int64_t begun_ns, int64_t now_ns, uint64_t times)
{
    if (times > 0 && meter_is_in_window(meter, begun_ns)) {
        uint64_t waited_ns = now_ns > begun_ns ? (uint64_t)(now_ns - begun_ns) : 0;

        meter_latency(meter, begun_ns, now_ns);
        histogram_add_many(&meter->tally.latency, waited_ns, times - 1);
        meter->lost += times;
    }
}

/* Of PLAN_HANDSHAKE only the window counts; of all others each connection. */
static bool counts(const struct meter *meter, int64_t at_ns)
{
    return meter->run->plan->mode != PLAN_HANDSHAKE || meter_is_in_window(meter, at_ns);
}

void meter_handshake(struct meter *meter, int64_t now_ns, bool resumed)
{
    if (counts(meter, now_ns)) {
        *(resumed ? &meter->tally.resumed : &meter->tally.full) += 1;
    }
    if (meter_is_in_window(meter, now_ns)) {
        meter_slice(meter, now_ns)->handshakes++;
    }
}

void meter_stage(struct meter *meter, struct histogram *stage, int64_t begun_ns, int64_t took_ns)
{
    if (counts(meter, begun_ns)) {
        histogram_add(stage, took_ns > 0 ? (uint64_t)took_ns : 0);
    }
}
