/* bars.h - a histogram in a few bars of about equal width on a logarithmic axis. */
#ifndef SECHO_BARS_H
#define SECHO_BARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/histogram.h"

struct bar {
    uint64_t from, to; /* values above `from`, up to `to` */
    uint64_t count;
};

/*
 * bars_of - group the buckets from the smallest value to the one at `share` (0..1).
 *
 *   max  at most so many bars; what is above `share` is one more, the last of these
 *
 * Returns how many there are: 0 for an empty histogram. They leave no gap between them.
 */
size_t bars_of(const struct histogram *histogram, double share, struct bar *bars, size_t max);

/* Prints times (nanoseconds) as at most 12 lines. */
void bars_print(const struct histogram *histogram, bool blocks, FILE *out);

#endif
