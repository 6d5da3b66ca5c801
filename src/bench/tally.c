#include "bench/tally.h"

int64_t tally_slice_ms(int64_t duration_ms)
{
    int64_t ms = (duration_ms + TALLY_SLICES - 1) / TALLY_SLICES;

    return ms < 100 ? 100 : ms;
}

static void merge_slice(struct tally_slice *into, const struct tally_slice *from)
{
    into->messages += from->messages;
    into->bytes += from->bytes;
    into->handshakes += from->handshakes;
    if (from->latency_max_ns > into->latency_max_ns) {
        into->latency_max_ns = from->latency_max_ns;
    }
}

void tally_merge(struct tally *into, const struct tally *from)
{
    into->messages += from->messages;
    into->bytes += from->bytes;
    into->full += from->full;
    into->resumed += from->resumed;
    into->opened += from->opened;
    into->failed += from->failed;
    into->begun += from->begun;
    into->unanswered += from->unanswered;
    for (size_t i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        into->ends[i] += from->ends[i];
    }
    histogram_merge(&into->latency, &from->latency);
    histogram_merge(&into->tcp, &from->tcp);
    histogram_merge(&into->tls, &from->tls);
    histogram_merge(&into->first_echo, &from->first_echo);
    for (size_t i = 0; i < TALLY_SLICES; i++) {
        merge_slice(&into->slices[i], &from->slices[i]);
    }
}
