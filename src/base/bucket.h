/*
 * bucket.h - so many in a second, and not more: a token bucket that is one number, so that threads
 * and processes can share it without a lock (the generic cell rate algorithm, ITU-T I.371).
 */
#ifndef SECHO_BUCKET_H
#define SECHO_BUCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* When it will be full again, in ns of CLOCK_MONOTONIC. 0: it is full. */
struct bucket {
    _Atomic int64_t full_ns;
};

/*
 * Takes one token, if there is one. A full bucket holds those of one second, at least one.
 *
 *   per_second  1..1000000000; may differ from call to call
 *   now_ns      clock_now_ns()
 *
 * Any thread of any process.
 */
bool bucket_take(struct bucket *bucket, int64_t per_second, int64_t now_ns);

/* Nobody has taken anything for so long that it is as good as new. */
bool bucket_is_full(const struct bucket *bucket, int64_t now_ns);

#endif
