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
    size_t count = atomic_load_explicit(&shared->names.count, memory_order_acquire);

    return count < TALLY_ROWS ? count : TALLY_ROWS;
}

void tally_name(const struct counters_shared *shared, size_t row, char name[static TALLY_NAME_SIZE])
{
    memcpy(name, shared->names.names[row], TALLY_NAME_SIZE);
    name[TALLY_NAME_SIZE - 1] = '\0';
}

size_t tally_find(const struct counters_shared *shared, const char *name)
{
    size_t count = tally_rows(shared), row = 0;

    while (row < count && strncmp(shared->names.names[row], name, TALLY_NAME_SIZE) != 0) {
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

/* From the last word to the first: what has ended is read before what has begun. */
static void add_row(const struct tally_row *row, uint64_t sum[static WORDS])
{
    const _Atomic uint64_t *words = (const _Atomic uint64_t *)(const void *)row;

    for (size_t i = WORDS; i > 0; i--) {
        sum[i - 1] += atomic_load_explicit(&words[i - 1], memory_order_acquire);
    }
}

/* What nobody uses is not touched: reading it would give it memory. */
void tally_read(const struct counters_shared *shared, size_t row, struct tally *out)
{
    uint64_t sum[WORDS] = {0};

    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        const struct counters_generation *generation = &shared->generations[i];
        uint64_t used = atomic_load(&generation->threads_used);

        for (size_t k = 0; k < used && k < COUNTERS_THREADS; k++) {
            add_row(&generation->threads[k].listeners[row], sum);
        }
    }
    memcpy(out, sum, sizeof *out);
}

uint64_t tally_open(const struct tally *tally)
{
    uint64_t ended = tally->closed + tally->lost;

    return tally->opened > ended ? tally->opened - ended : 0;
}
