#include "server/tally.h"

#include <stdio.h>
#include <string.h>

#include "server/counters.h"

const uint64_t tally_tops_us[TALLY_TIMES - 1] = {250,    500,     1000,    2500,    5000,
                                                 10000,  25000,   50000,   100000,  250000,
                                                 500000, 1000000, 2500000, 5000000, 10000000};

size_t tally_bucket(int64_t us)
{
    size_t bucket = 0;

    while (bucket < TALLY_TIMES - 1 && us > (int64_t)tally_tops_us[bucket]) {
        bucket++;
    }
    return bucket;
}

/* ---- names ---- */

size_t tally_rows(const struct counters_shared *shared)
{
    return atomic_load_explicit(&shared->names.count, memory_order_acquire);
}

const char *tally_name(const struct counters_shared *shared, size_t row)
{
    return shared->names.names[row];
}

size_t tally_find(const struct counters_shared *shared, const char *name)
{
    size_t count = tally_rows(shared), row = 0;

    while (row < count && strcmp(tally_name(shared, row), name) != 0) {
        row++;
    }
    return row;
}

size_t tally_claim(struct counters_shared *shared, const char *name)
{
    struct tally_names *names = &shared->names;
    size_t count = tally_rows(shared), row = tally_find(shared, name);

    if (row < count || count == TALLY_ROWS) {
        return row < count ? row : TALLY_ROWS - 1;
    }
    (void)snprintf(names->names[count], TALLY_NAME_SIZE, "%s",
                   count < TALLY_ROWS - 1 ? name : "(others)");
    atomic_store_explicit(&names->count, count + 1, memory_order_release);
    return count;
}

/* ---- sums ---- */

#define WORDS (sizeof(struct tally) / sizeof(uint64_t))

_Static_assert(sizeof(struct tally) == sizeof(struct tally_row), "both are the same words");

static void add_row(const struct tally_row *row, uint64_t sum[static WORDS])
{
    const _Atomic uint64_t *words = (const _Atomic uint64_t *)(const void *)row;

    for (size_t i = 0; i < WORDS; i++) {
        sum[i] += atomic_load_explicit(&words[i], memory_order_relaxed);
    }
}

/* What nobody uses is not touched: reading it would give it memory. */
static void add_once(const struct counters_generation *generation, size_t row,
                     uint64_t sum[static WORDS])
{
    uint64_t used = atomic_load(&generation->threads_used);

    if (used > 0) {
        add_row(&generation->retired.listeners[row], sum);
    }
    for (size_t i = 0; i < used && i < COUNTERS_THREADS; i++) {
        add_row(&generation->threads[i].listeners[row], sum);
    }
}

void tally_read(const struct counters_shared *shared, size_t row, struct tally *out)
{
    uint64_t sum[WORDS] = {0}, before[WORDS];

    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        const struct counters_generation *generation = &shared->generations[i];
        int tries = 0;
        uint64_t folds;

        memcpy(before, sum, sizeof before);
        do {
            memcpy(sum, before, sizeof sum);
            folds = counters_begin_sum(generation);
            add_once(generation, row, sum);
        } while (!counters_is_sum(generation, folds) && ++tries < COUNTERS_SUM_TRIES);
    }
    memcpy(out, sum, sizeof *out);
}

uint64_t tally_open(const struct tally *tally)
{
    uint64_t ended = tally->closed + tally->lost;

    return tally->opened > ended ? tally->opened - ended : 0;
}
