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

/*
 * What is counted at its end (messages, bytes) counts when that is in the window. A latency counts
 * when its beginning is in the window: those are waited for, however late they come.
 */
struct tally {
    uint64_t messages;      /* that came back whole; none of PLAN_STREAM */
    uint64_t bytes;         /* that came back, of whole messages or not */
    uint64_t full, resumed; /* handshakes; not of PLAN_HANDSHAKE: in all of the run */
    uint64_t opened;        /* connections, in all of the run */
    uint64_t failed;        /* connections that did not end as they should, in all of the run */
    uint64_t ends[EXPLAIN_CODE_COUNT]; /* how all of them ended, by enum explain_code */
    uint64_t begun;      /* messages (PLAN_HANDSHAKE: connections) due or sent in the window */
    uint64_t unanswered; /* those of them that never came back (PLAN_HANDSHAKE: did not end well) */
    struct histogram latency; /* of a message; PLAN_HANDSHAKE: of a whole connection */
    /* Stages of each connection, in all of the run; PLAN_HANDSHAKE: of those begun in the window.
     */
    struct histogram tcp, tls, first_echo;
    struct tally_slice slices[TALLY_SLICES];
};

/* {0} is an empty tally. */
void tally_merge(struct tally *into, const struct tally *from);

/* How long one slice of a window of `duration_ms` is, in ms: at least 100. */
int64_t tally_slice_ms(int64_t duration_ms);

#endif
