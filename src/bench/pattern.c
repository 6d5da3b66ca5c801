#include "bench/pattern.h"

#include <string.h>

/* A linear congruential generator (Knuth's constants): its high bits are as random as is needed. */
static unsigned char next_byte(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned char)(*state >> 56);
}

void pattern_init(struct pattern *pattern)
{
    uint64_t state = 0;

    for (size_t i = 0; i < PATTERN_PERIOD; i++) {
        pattern->bytes[i] = next_byte(&state);
    }
    for (size_t i = 0; i < PATTERN_SLICE_MAX; i++) {
        pattern->bytes[PATTERN_PERIOD + i] = pattern->bytes[i % PATTERN_PERIOD];
    }
}

size_t pattern_place(uint64_t number)
{
    return (size_t)(number * 40503u % PATTERN_PERIOD); /* 0.618 of the period: the golden ratio */
}

size_t pattern_same(const struct pattern *pattern, size_t place, const void *bytes, size_t len)
{
    const unsigned char *ours = pattern->bytes + place, *theirs = bytes;
    size_t i = 0;

    if (memcmp(ours, theirs, len) == 0) {
        return len;
    }
    while (ours[i] == theirs[i]) {
        i++;
    }
    return i;
}
