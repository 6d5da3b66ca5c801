/*
 * pattern.h - the bytes that are sent and compared.
 *
 * Pseudo-random, the same in each run, with a prime period: whatever the size of messages, records
 * and buffers, a byte that is lost, doubled, changed or another connection's puts the rest out of
 * step. Sent straight from the table, compared with it.
 */
#ifndef SECHO_PATTERN_H
#define SECHO_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_PERIOD    65521u /* the largest prime below 2^16 */
#define PATTERN_SLICE_MAX 65536u /* so many bytes from any place lie side by side */

struct pattern {
    unsigned char bytes[PATTERN_PERIOD + PATTERN_SLICE_MAX];
};

void pattern_init(struct pattern *pattern);

/* Where connection `number` starts: 0..PATTERN_PERIOD - 1; neighbours are far from each other. */
size_t pattern_place(uint64_t number);

/* The place that comes `len` bytes, 0..PATTERN_SLICE_MAX, after this one. */
static inline size_t pattern_after(size_t place, size_t len)
{
    place += len;
    while (place >= PATTERN_PERIOD) {
        place -= PATTERN_PERIOD;
    }
    return place;
}

/*
 * How many of `len` bytes (0..PATTERN_SLICE_MAX) are those of the pattern from `place` on: `len`
 * when all are, else where the first one differs.
 */
size_t pattern_same(const struct pattern *pattern, size_t place, const void *bytes, size_t len);

#endif
