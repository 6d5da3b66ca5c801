/*
 * histogram.h - how often each value came, in buckets that are as fine as the value is small.
 *
 * Log-linear: below HISTOGRAM_STEPS each value has a bucket of its own, above it each power of two
 * is cut into HISTOGRAM_STEPS equal ones. A value that is read back is at most 1/HISTOGRAM_STEPS
 * (0.8 %) too large, and never too small. Two histograms are merged by adding.
 *
 * Knows no unit: secho-bench puts nanoseconds in. Thread: the owner's; merge when it has ended.
 */
#ifndef SECHO_HISTOGRAM_H
#define SECHO_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_STEPS   128u
#define HISTOGRAM_OCTAVES 40u /* values up to 2^47: 39 hours in nanoseconds */
#define HISTOGRAM_BUCKETS ((HISTOGRAM_OCTAVES + 1) * HISTOGRAM_STEPS)
#define HISTOGRAM_MAX     (((uint64_t)HISTOGRAM_STEPS << HISTOGRAM_OCTAVES) - 1)

struct histogram {
    uint64_t count;
    uint64_t sum;      /* of the values as they came: the mean is exact */
    uint64_t min, max; /* exact; 0 while count is 0 */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* {0} is an empty histogram. A value above HISTOGRAM_MAX counts as that. */
void histogram_add(struct histogram *histogram, uint64_t value);

/* The same value `times` times. */
void histogram_add_many(struct histogram *histogram, uint64_t value, uint64_t times);

void histogram_merge(struct histogram *into, const struct histogram *from);

/*
 * The smallest value that at least `share` (0..1) of all values do not exceed: 0.5 is the median,
 * 0.999 is p99.9, 1 the largest. Within 1/HISTOGRAM_STEPS. 0 when it is empty.
 */
uint64_t histogram_at(const struct histogram *histogram, double share);

double histogram_mean(const struct histogram *histogram); /* 0 when it is empty */

/* The largest value of a bucket, 0..HISTOGRAM_BUCKETS - 1, and the bucket of a value. */
uint64_t histogram_top(size_t bucket);
size_t histogram_bucket(uint64_t value);

#endif
