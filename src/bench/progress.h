/*
 * progress.h - what a thread has done so far, for whoever looks on: written by that thread alone,
 * read by load_run(), in a cache line of its own.
 */
#ifndef SECHO_PROGRESS_H
#define SECHO_PROGRESS_H

#include <stdatomic.h>
#include <stdint.h>

struct progress {
    _Alignas(64) _Atomic uint64_t begun; /* connections */
    _Atomic uint64_t ended;
    _Atomic uint64_t settled; /* callers that wait for the load, or are gone for good */
    _Atomic uint64_t gone;
    _Atomic uint64_t messages, bytes, handshakes, failed;
};

/* Only the thread that owns it: no locked instruction. */
static inline void progress_add(_Atomic uint64_t *counter, uint64_t more)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, now + more, memory_order_relaxed);
}

static inline uint64_t progress_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
