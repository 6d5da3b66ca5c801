/* bars.h - a histogram in a few bars that are equally wide on a logarithmic axis. */
#ifndef SECHO_BARS_H
#define SECHO_BARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/histogram.h"

struct bar {
    double from, to; /* values above `from`, up to `to` */
    double count;    /* a bucket that lies in two bars is divided between them */
};

/*
 * bars_of - the values from the smallest to the one at `share` (0..1), in bars without a gap.
 *
 *   max  at most so many bars, 2 or more; what is above `share` is one more, the last of these
 *
 * Returns how many there are: 0 for an empty histogram. No bar is narrower than a bucket.
 */
size_t bars_of(const struct histogram *histogram, double share, struct bar *bars, size_t max);

/* Prints times (nanoseconds) as at most 12 lines. */
void bars_print(const struct histogram *histogram, bool blocks, FILE *out);

#endif
