/*
 * tally.h - what was counted in the measured window. Each thread has its own; they are merged when
 * all have ended. Times are nanoseconds.
 */
#ifndef SECHO_TALLY_H
#define SECHO_TALLY_H

#include <stdint.h>

#include "base/histogram.h"
#include "diagnosis/explain.h"

#define TALLY_SLICES 200 /* of the window, for throughput over time */

struct tally_slice {
    uint64_t messages, bytes, handshakes;
    uint64_t latency_max_ns; /* of the messages (PLAN_HANDSHAKE: connections) that ended in it */
};

struct tally {
    uint64_t messages;      /* that came back whole */
    uint64_t bytes;         /* that came back, of whole messages or not */
    uint64_t full, resumed; /* handshakes */
    uint64_t opened;        /* connections, in all of the run */
    uint64_t failed;        /* connections that did not end as they should, in all of the run */
    uint64_t ends[EXPLAIN_CODE_COUNT]; /* how all of them ended, by enum explain_code */
    uint64_t unanswered; /* messages that were due in the window and had not come back at its end */
    struct histogram latency;              /* of a message; PLAN_HANDSHAKE: of a whole connection */
    struct histogram tcp, tls, first_echo; /* stages of each connection, in all of the run */
    struct tally_slice slices[TALLY_SLICES];
};

/* {0} is an empty tally. */
void tally_merge(struct tally *into, const struct tally *from);

/* How long one slice of a window of `duration_ms` is, in ms: at least 100. */
int64_t tally_slice_ms(int64_t duration_ms);

#endif
