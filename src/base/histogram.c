#include "base/histogram.h"

#include <math.h>

#include "base/attributes.h"

#define STEP_BITS 7u /* HISTOGRAM_STEPS is 2^7 */

_Static_assert(HISTOGRAM_STEPS == 1u << STEP_BITS, "a shift must cut off an octave");

size_t histogram_bucket(uint64_t value)
{
    if (value < HISTOGRAM_STEPS) {
        return (size_t)value;
    }
    if (value > HISTOGRAM_MAX) {
        value = HISTOGRAM_MAX;
    }
    unsigned octave = HIGHEST_BIT(value) - STEP_BITS; /* 0: the values STEPS .. 2 * STEPS - 1 */

    /* The highest STEP_BITS + 1 bits of the value are STEPS .. 2 * STEPS - 1. */
    return (size_t)octave * HISTOGRAM_STEPS + (size_t)(value >> octave);
}

uint64_t histogram_top(size_t bucket)
{
    if (bucket < HISTOGRAM_STEPS) {
        return bucket;
    }
    unsigned octave = (unsigned)(bucket / HISTOGRAM_STEPS) - 1;
    uint64_t step = HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS;

    return ((step + 1) << octave) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    if (histogram->count == 0 || value < histogram->min) {
        histogram->min = value;
    }
    if (value > histogram->max) {
        histogram->max = value;
    }
    histogram->count++;
    histogram->sum += value;
    histogram->buckets[histogram_bucket(value)]++;
}

void histogram_add_many(struct histogram *histogram, uint64_t value, uint64_t times)
{
    if (times == 0) {
        return;
    }
    histogram_add(histogram, value);
    histogram->count += times - 1;
    histogram->sum += (times - 1) * value;
    histogram->buckets[histogram_bucket(value)] += times - 1;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0) {
        return;
    }
    if (into->count == 0 || from->min < into->min) {
        into->min = from->min;
    }
    if (from->max > into->max) {
        into->max = from->max;
    }
    into->count += from->count;
    into->sum += from->sum;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        into->buckets[i] += from->buckets[i];
    }
}

/* How many values, counted from the smallest, make up the share: 1..count. */
static uint64_t rank_of(const struct histogram *histogram, double share)
{
    /* 0.07 * 100 is a little more than 7 in binary: that must not become the eighth. */
    double rank = ceil(share * (double)histogram->count * (1 - 1e-12));

    if (rank < 1) {
        return 1;
    }
    return rank < (double)histogram->count ? (uint64_t)rank : histogram->count;
}

uint64_t histogram_at(const struct histogram *histogram, double share)
{
    uint64_t seen = 0;

    if (histogram->count == 0) {
        return 0;
    }
    uint64_t rank = rank_of(histogram, share);

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank) {
            uint64_t top = histogram_top(i);

            return top < histogram->max ? top : histogram->max;
        }
    }
    return histogram->max;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count == 0 ? 0 : (double)histogram->sum / (double)histogram->count;
}
