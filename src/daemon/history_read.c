/* history_read.c - the counters of all threads as one sum. */
#include <string.h>

#include "daemon/history.h"

#define SUM(counter) counters_sum(counters, offsetof(struct counters, counter))

_Static_assert(TALLY_TIMES <= HISTORY_BUCKETS, "there is a place for each bucket");

static void read_times(const struct counters_shared *counters, struct history_totals *out)
{
    for (size_t row = 0; row < tally_rows(counters); row++) {
        struct tally tally;

        tally_read(counters, row, &tally);
        for (size_t i = 0; i < TALLY_TIMES; i++) {
            out->times[i] += tally.times[i];
        }
    }
}

void history_read(const struct counters_shared *counters, struct history_totals *out)
{
    *out = (struct history_totals){
        .open = counters_open(counters),
        .connections = SUM(opened),
        .handshakes = SUM(handshakes),
        .handshakes_resumed = SUM(handshakes_resumed),
        .bytes = SUM(bytes_out),
    };
    read_times(counters, out);
    for (size_t i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        out->ends[i] =
            counters_sum(counters, offsetof(struct counters, ends) + i * sizeof(_Atomic uint64_t));
    }
}
