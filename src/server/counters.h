/*
 * counters.h - what every thread of every worker counts, in memory that all processes share.
 *
 * One page-aligned block for each (generation, thread), written by that thread alone. Its values
 * only grow, for as long as the server runs: whoever takes the place of a worker that died, or of
 * a generation that ended, counts on where that one was. What is open = opened - closed - lost.
 */
#ifndef SECHO_COUNTERS_H
#define SECHO_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/log_level.h"
#include "diagnosis/explain.h"
#include "server/addresses.h"
#include "server/ends.h"
#include "server/tally.h"
#include "tls/replay.h"

#define COUNTERS_GENERATIONS 5  /* the current one and four that drain */
#define COUNTERS_THREADS     64 /* threads of all processes of a generation */

#define COUNTERS_PULSE_MS 2000 /* a loop says so often that it turns; an idle one wakes for it */

struct counters {
    _Alignas(4096) _Atomic uint64_t opened; /* connections accepted */
    _Atomic uint64_t closed;                /* connections that ended here */
    _Atomic uint64_t lost;                  /* connections that ended with their process */
    _Atomic uint64_t refused;               /* accepted and closed at once: a limit */
    _Atomic uint64_t handshakes, handshakes_resumed;
    _Atomic uint64_t handshakes_begun;    /* connections that are to shake hands */
    _Atomic uint64_t handshakes_over;     /* well or not; those in flight are the difference */
    _Atomic uint64_t bytes_in, bytes_out; /* echo, without TLS */
    _Atomic uint64_t cut;                 /* connections that the drain deadline ended */
    _Atomic uint64_t log_lost;            /* lines; by all threads, an atomic addition */
    _Atomic uint64_t syscalls_denied;     /* by the sandbox; of all threads, an atomic addition */
    _Atomic uint64_t ends[EXPLAIN_CODE_COUNT]; /* by enum explain_code */
    struct tally_row listeners[TALLY_ROWS];    /* the same, and more, of each listener */
    /* No sums: when its loop has turned (clock_now_ms(), now and then; 0: there is none), */
    _Atomic int64_t turned_ms;
    /* and how many connections of each address are open in this thread. */
    _Atomic uint32_t addresses[ADDRESSES_ROWS];
};

struct counters_generation {
    _Atomic uint64_t threads_used;    /* how many blocks were ever in use, from the first */
    _Atomic int64_t leader_turned_ms; /* as turned_ms of a thread; 0 while it loads, too */
    _Atomic int64_t leader_got_on_ms; /* its latest step until it serves: base/progress.h */
    struct counters threads[COUNTERS_THREADS];
};

struct counters_shared {
    _Atomic uint64_t numbered;        /* connections ever, of all generations: conn= in the log */
    _Atomic uint64_t syscalls_denied; /* by the sandbox of the admin process */
    _Atomic int64_t admin_turned_ms;  /* as turned_ms of a thread */
    struct counters_generation generations[COUNTERS_GENERATIONS];
    _Atomic uint64_t log_lost;  /* lines, beside those that the blocks of the threads count */
    struct log_level log_level; /* no sum either: what all of them write to the log */
    struct tally_names names;   /* of listeners, for as long as the server runs */
    struct bucket handshakes;   /* of all addresses */
    struct addresses addresses;
    struct replay replay; /* nothing that is counted, but all processes share it as well */
    struct ends ends;     /* nor this: how the latest connections ended */
};

/*
 * Only the thread that owns the counter's block adds to it: no locked instruction. Released, which
 * costs nothing on most machines: who sees an end sees the beginning too, when he reads it later.
 */
static inline void counters_add(_Atomic uint64_t *counter, uint64_t more)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, now + more, memory_order_release);
}

/* Memory for one process only: libsecho. NULL without memory; counters_free() it. */
struct counters_shared *counters_new(void);
void counters_free(struct counters_shared *shared);

/*
 * Memory for all processes: a descriptor to inherit (close-on-exec is set), zeroed.
 * -1 and errno on failure. Each process maps it; the mapping lasts until it ends.
 */
int counters_create(void);
struct counters_shared *counters_map(int fd); /* NULL and errno on failure */

/* From now on the first `threads` blocks of the generation are in use. */
void counters_use(struct counters_shared *shared, size_t generation, size_t threads);

/*
 * The process of this block is dead: what it had open is lost; all else stays what it was. Before
 * anybody else counts there. Doing it again changes nothing, so whoever is killed in the middle
 * does no harm. Returns how many connections were lost, since the last time.
 */
uint64_t counters_bury(struct counters_shared *shared, size_t generation, size_t thread);

/* Connections open now, in all generations. */
uint64_t counters_open(const struct counters_shared *shared);

/* System calls that sandboxes have denied, of workers and of the admin process. */
uint64_t counters_denied(const struct counters_shared *shared);

/* Lines of the log that are lost, of all processes. */
uint64_t counters_log_lost(const struct counters_shared *shared);

/* The sum of one counter over all blocks, named by its offset in struct counters. */
uint64_t counters_sum(const struct counters_shared *shared, size_t offset);

#endif
