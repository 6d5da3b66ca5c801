/*
 * history.h - the last 15 minutes in samples of 5 s: what a page shows that is opened after
 * something has happened. Pure: no clock, no I/O; its owner, the admin process, calls it.
 *
 * Counters come in as they stand and only grow; what is kept is how much they grew. One that went
 * back was begun anew. The history lives as long as its process.
 */
#ifndef SECHO_HISTORY_H
#define SECHO_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnosis/explain.h"
#include "server/counters.h"

#define HISTORY_INTERVAL_MS 5000
#define HISTORY_SAMPLES     180 /* 15 minutes */
#define HISTORY_BUCKETS     32  /* of handshake times, at most */

/* The server at one moment, all listeners together. */
struct history_totals {
    uint64_t open;                           /* connections: no counter, as it is now */
    uint64_t connections;                    /* ever accepted */
    uint64_t handshakes, handshakes_resumed; /* that succeeded, and how many of them resumed */
    uint64_t bytes;                          /* echoed */
    uint64_t ends[EXPLAIN_CODE_COUNT];       /* by reason */
    uint64_t times[HISTORY_BUCKETS];         /* handshakes by duration, not cumulated */
};

/* What came in one interval. */
struct history_sample {
    int64_t at_ms, took_ms; /* its end; how long it was, more than 0 */
    uint64_t open;
    uint64_t connections, handshakes, handshakes_resumed, bytes;
    uint64_t median_us, p99_us; /* of handshakes; 0: there were none */
    uint32_t ends[EXPLAIN_CODE_COUNT];
};

struct history {
    const uint64_t *tops_us; /* the longest time of each bucket but the last, which has no end */
    size_t buckets;          /* 1..HISTORY_BUCKETS; 0: nobody measures handshakes */
    bool begun;
    int64_t last_ms;
    struct history_totals last;
    size_t count, next; /* samples; where the next one goes */
    struct history_sample samples[HISTORY_SAMPLES];
};

/*
 * history_init - of a zeroed one.
 *
 *   tops_us  in rising order, buckets - 1 of them; is kept, not copied
 */
void history_init(struct history *history, const uint64_t *tops_us, size_t buckets);

/* Reads the counters of all threads, of all generations. The buckets are those of tally.h. */
void history_read(const struct counters_shared *counters, struct history_totals *out);

/* How long until the next sample is due, 0..HISTORY_INTERVAL_MS; times are CLOCK_MONOTONIC. */
int history_wait_ms(const struct history *history, int64_t now_ms);

/* Takes a sample, when one is due (history_wait_ms() is 0); the first call only begins. */
void history_take(struct history *history, int64_t now_ms, const struct history_totals *now);

/* The newest sample is 0; NULL behind the oldest. Valid until the next history_take(). */
const struct history_sample *history_at(const struct history *history, size_t age);

/*
 * Below which time so large a share (0..1) of all handshakes lies, in microseconds, as if those of
 * one bucket were spread evenly; of the last bucket its lower end. 0 where nothing is counted.
 */
uint64_t history_quantile(const struct history *history, const uint64_t *times, double share);

/* Whether an end of this kind is something that went wrong. */
bool history_is_failure(enum explain_code code);

/*
 * The samples after `since_ms` (0: all) as JSON, oldest first, a list for each figure
 * (secho-server(8), ADMIN). One line. NULL without memory; free() it.
 */
char *history_print(const struct history *history, int64_t now_ms, int64_t since_ms);

#endif
