#include "base/bucket.h"

#define SECOND_NS INT64_C(1000000000)

bool bucket_take(struct bucket *bucket, int64_t per_second, int64_t now_ns)
{
    int64_t full_ns = atomic_load_explicit(&bucket->full_ns, memory_order_relaxed);
    int64_t next_ns;

    do { /* each token moves the moment in which the bucket is full again */
        next_ns = (full_ns > now_ns ? full_ns : now_ns) + SECOND_NS / per_second;
        if (next_ns - now_ns > SECOND_NS) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&bucket->full_ns, &full_ns, next_ns));
    return true;
}

bool bucket_is_full(const struct bucket *bucket, int64_t now_ns)
{
    return atomic_load_explicit(&bucket->full_ns, memory_order_relaxed) <= now_ns;
}
