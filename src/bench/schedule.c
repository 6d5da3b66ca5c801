#include "bench/schedule.h"

uint64_t schedule_before(const struct schedule *schedule, int64_t until_ns)
{
    double numbers = (double)(until_ns - schedule->start_ns) / schedule->period_ns;
    double guess = (numbers - (double)schedule->first) / (double)schedule->step;
    uint64_t k = guess > 0 ? (uint64_t)guess : 0;

    /* Rounding may be off by one either way: schedule_at() decides. */
    while (k > 0 && schedule_at(schedule, k - 1) >= until_ns) {
        k--;
    }
    while (schedule_at(schedule, k) < until_ns) {
        k++;
    }
    return k;
}
