#include "daemon/history.h"

#include <assert.h>
#include <string.h>

void history_init(struct history *history, const uint64_t *tops_us, size_t buckets)
{
    assert(buckets > 0 && buckets <= HISTORY_BUCKETS);
    history->tops_us = tops_us;
    history->buckets = buckets;
}

int history_wait_ms(const struct history *history, int64_t now_ms)
{
    int64_t due_ms = history->last_ms + HISTORY_INTERVAL_MS;

    if (!history->begun || now_ms >= due_ms) {
        return 0;
    }
    return (int)(due_ms - now_ms);
}

/* ---- one sample ---- */

static uint64_t grown(uint64_t before, uint64_t now)
{
    return now >= before ? now - before : now;
}

uint64_t history_quantile(const struct history *history, const uint64_t *times, double share)
{
    uint64_t count = 0, below = 0;

    for (size_t i = 0; i < history->buckets; i++) {
        count += times[i];
    }
    double rank = share * (double)count;

    for (size_t i = 0; i < history->buckets && count > 0; i++) {
        uint64_t from = i > 0 ? history->tops_us[i - 1] : 0;

        if (times[i] > 0 && (double)(below + times[i]) >= rank) {
            bool endless = i + 1 == history->buckets;
            double width = endless ? 0 : (double)(history->tops_us[i] - from);

            return from + (uint64_t)(width * (rank - (double)below) / (double)times[i]);
        }
        below += times[i];
    }
    return 0;
}

static void measure_times(const struct history *history, const struct history_totals *now,
                          struct history_sample *sample)
{
    uint64_t times[HISTORY_BUCKETS];

    for (size_t i = 0; i < HISTORY_BUCKETS; i++) {
        times[i] = grown(history->last.times[i], now->times[i]);
    }
    sample->median_us = history_quantile(history, times, 0.5);
    sample->p99_us = history_quantile(history, times, 0.99);
}

static void measure(const struct history *history, const struct history_totals *now,
                    struct history_sample *sample)
{
    const struct history_totals *last = &history->last;

    sample->open = now->open;
    sample->connections = grown(last->connections, now->connections);
    sample->handshakes = grown(last->handshakes, now->handshakes);
    sample->handshakes_resumed = grown(last->handshakes_resumed, now->handshakes_resumed);
    sample->bytes = grown(last->bytes, now->bytes);
    for (size_t i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        uint64_t more = grown(last->ends[i], now->ends[i]);

        sample->ends[i] = more < UINT32_MAX ? (uint32_t)more : UINT32_MAX;
    }
    measure_times(history, now, sample);
}

void history_take(struct history *history, int64_t now_ms, const struct history_totals *now)
{
    if (history_wait_ms(history, now_ms) > 0) {
        return;
    }
    if (history->begun) {
        struct history_sample *sample = &history->samples[history->next];

        sample->at_ms = now_ms;
        sample->took_ms = now_ms - history->last_ms; /* longer, when this process stood still */
        measure(history, now, sample);
        history->next = (history->next + 1) % HISTORY_SAMPLES;
        history->count += history->count < HISTORY_SAMPLES ? 1 : 0;
    }
    history->begun = true;
    history->last_ms = now_ms;
    history->last = *now;
}

const struct history_sample *history_at(const struct history *history, size_t age)
{
    if (age >= history->count) {
        return NULL;
    }
    return &history->samples[(history->next + HISTORY_SAMPLES - 1 - age) % HISTORY_SAMPLES];
}

bool history_is_failure(enum explain_code code)
{
    return code != EXPLAIN_OK && code != EXPLAIN_HEALTH_CHECK && code != EXPLAIN_DRAIN &&
           /* somebody has asked for these in the configuration */
           code != EXPLAIN_IDLE_TIMEOUT && code != EXPLAIN_AGE_LIMIT;
}
