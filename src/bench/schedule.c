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

/* How many of 0 .. count - 1 are index, index + lanes and so on. */
static uint64_t every(uint64_t count, uint64_t index, uint64_t lanes)
{
    return count > index ? (count - index - 1) / lanes + 1 : 0;
}

uint64_t schedule_share(uint64_t count, uint64_t connections, uint64_t index, uint64_t lanes)
{
    return count / connections * every(connections, index, lanes) +
           every(count % connections, index, lanes);
}
