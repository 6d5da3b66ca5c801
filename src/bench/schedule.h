/*
 * schedule.h - when a message is due (open loop). Pure.
 *
 * All messages of a run have numbers, and number n is due at start + n / rate. A connection, or a
 * thread, has every `step`th of them from `first` on; its own count of them is `k`.
 */
#ifndef SECHO_SCHEDULE_H
#define SECHO_SCHEDULE_H

#include <stdint.h>

struct schedule {
    int64_t start_ns;     /* clock_now_ns() */
    double period_ns;     /* between two messages of the run; > 0 */
    uint64_t first, step; /* step > 0 */
};

/* When the k-th (from 0) is due. */
static inline int64_t schedule_at(const struct schedule *schedule, uint64_t k)
{
    double number = (double)(schedule->first + k * schedule->step);

    return schedule->start_ns + (int64_t)(number * schedule->period_ns);
}

/* How many are due before `until_ns`. */
uint64_t schedule_before(const struct schedule *schedule, int64_t until_ns);

/*
 * How many of the first `count` messages of a run go to one lane. Message n goes to connection n
 * modulo `connections`, and lane `index` has every `lanes`th of those from `index` on;
 * index < lanes <= connections.
 */
uint64_t schedule_share(uint64_t count, uint64_t connections, uint64_t index, uint64_t lanes);

#endif
