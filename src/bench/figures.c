#include "bench/figures.h"

#include <math.h>

#include "config/units.h"

const struct figures_point figures_points[FIGURES_POINTS] = {
    {"p50", "p50", 0.5},       {"p90", "p90", 0.9},          {"p99", "p99", 0.99},
    {"p99.9", "p99_9", 0.999}, {"p99.99", "p99_99", 0.9999},
};

/* ---- what follows ---- */

static double quotient(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

static double rate(uint64_t count, double seconds)
{
    return seconds > 0 ? (double)count / seconds : 0;
}

/* Those that connected and did not get through TLS. */
static uint64_t failed_handshakes(const struct result *result)
{
    const struct tally *tally = &result->tally;

    if (result->plan.plain || tally->tcp.count <= tally->tls.count) {
        return 0;
    }
    uint64_t lost = tally->tcp.count - tally->tls.count;

    return lost < tally->failed ? lost : tally->failed;
}

/* The cost is that of the window; so must be what it is divided by. */
static void cost_of(const struct result *result, struct figures *out)
{
    const struct tally *tally = &result->tally;
    double cpu_s = (double)result->usage.cpu_ns / 1e9;
    double grown = (double)result->usage.pss_after - (double)result->usage.pss_before;

    out->cpu_s = cpu_s;
    if (result->plan.mode == PLAN_HANDSHAKE) {
        out->cpu_us_per_handshake = quotient(cpu_s * 1e6, (double)(tally->full + tally->resumed));
        return; /* messages and bytes are not what it costs, connections come and go */
    }
    if (result->plan.mode == PLAN_ECHO) {
        out->cpu_us_per_message = quotient(cpu_s * 1e6, (double)tally->messages);
    }
    if (result->plan.mode != PLAN_IDLE) {
        out->cpu_s_per_gb = quotient(cpu_s, (double)tally->bytes / 1e9);
    }
    if (tally->opened > tally->failed) {
        out->bytes_per_connection = grown / (double)(tally->opened - tally->failed);
    }
}

void figures_of(const struct result *result, struct figures *out)
{
    const struct tally *tally = &result->tally;
    double seconds = result->measured_s;

    *out = (struct figures){
        .messages_per_s = rate(tally->messages, seconds),
        .bytes_per_s = rate(tally->bytes, seconds),
        .handshakes_per_s =
            result->plan.mode == PLAN_HANDSHAKE ? rate(tally->full + tally->resumed, seconds) : 0,
        .cpu_s = NAN,
        .cpu_us_per_message = NAN,
        .cpu_us_per_handshake = NAN,
        .cpu_s_per_gb = NAN,
        .bytes_per_connection = NAN,
        .handshakes_failed = failed_handshakes(result),
    };
    if (result->usage.known) {
        cost_of(result, out);
    }
}

double figures_resumed(const struct result *result)
{
    const struct tally *tally = &result->tally;

    if (result->plan.mode != PLAN_HANDSHAKE || result->plan.resume <= 0) {
        return NAN;
    }
    return quotient((double)tally->resumed, (double)(tally->full + tally->resumed));
}

const struct histogram *figures_latency(const struct result *result, const char **what)
{
    if (result->plan.mode == PLAN_IDLE) {
        *what = "first echo";
        return &result->tally.first_echo;
    }
    *what = result->plan.mode == PLAN_HANDSHAKE ? "connection" : "message";
    return &result->tally.latency;
}

/* A rest of less than this part of a slice is no slice: its rate would be an accident. */
#define REST_MIN 0.1

size_t figures_slices(const struct result *result, double end_s[static TALLY_SLICES])
{
    double step_s = (double)tally_slice_ms(result->plan.duration_ms) / 1000;
    size_t count = 0;

    while (count < TALLY_SLICES && result->measured_s > ((double)count + REST_MIN) * step_s) {
        end_s[count] = fmin((double)(count + 1) * step_s, result->measured_s);
        count++;
    }
    return count;
}

/* ---- as text ---- */

struct figure figure_duration(int64_t ms)
{
    struct figure out;

    units_print_duration(ms, out.text);
    return out;
}

struct figure figure_size(int64_t bytes)
{
    struct figure out;

    units_print_size(bytes, out.text);
    return out;
}
