#include "server/counters.h"

#include <sys/mman.h>
#include <unistd.h>

struct counters_shared *counters_new(void)
{
    /* From the system: what is never touched takes no memory. */
    void *memory = mmap(NULL, sizeof(struct counters_shared), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void counters_free(struct counters_shared *shared)
{
    if (shared != NULL) {
        (void)munmap(shared, sizeof *shared);
    }
}

int counters_create(void)
{
    int fd = memfd_create("secho-counters", MFD_CLOEXEC);

    if (fd != -1 && ftruncate(fd, sizeof(struct counters_shared)) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

struct counters_shared *counters_map(int fd)
{
    void *memory =
        mmap(NULL, sizeof(struct counters_shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static const _Atomic uint64_t *at(const struct counters *block, size_t offset)
{
    return (const _Atomic uint64_t *)(const void *)((const char *)block + offset);
}

static uint64_t value(const struct counters *block, size_t offset)
{
    return atomic_load_explicit(at(block, offset), memory_order_relaxed);
}

/* ---- fold ---- */

/* A block begins with sums, and nothing but sums. */
#define SUMS       (offsetof(struct counters, listeners) / sizeof(_Atomic uint64_t))
#define SUMS_A_ROW (sizeof(struct tally_row) / sizeof(_Atomic uint64_t))

/* Word `index` of the block becomes part of the retired one: once, whoever dies at which line. */
static void move(struct counters_generation *of, struct counters *from, size_t index)
{
    _Atomic uint64_t *source = (_Atomic uint64_t *)(void *)from + index;
    _Atomic uint64_t *target = (_Atomic uint64_t *)(void *)&of->retired + index;
    uint64_t count = atomic_load(source);

    if (count > 0) {
        atomic_store(&of->mark.sum, atomic_load(target) + count);
        atomic_store(&of->mark.word, index + 1);
        atomic_store(target, atomic_load(&of->mark.sum));
        atomic_store(source, 0);
        atomic_store(&of->mark.word, 0);
    }
}

/* The word that somebody was about to move. */
static void end_move(struct counters_generation *of, struct counters *from)
{
    uint64_t word = atomic_load(&of->mark.word);

    if (word > 0) {
        atomic_store((_Atomic uint64_t *)(void *)&of->retired + word - 1,
                     atomic_load(&of->mark.sum));
        atomic_store((_Atomic uint64_t *)(void *)from + word - 1, 0);
        atomic_store(&of->mark.word, 0);
    }
}

/* What was open when its process died. */
static void settle(struct counters *dead, size_t rows)
{
    atomic_store(&dead->lost, atomic_load(&dead->opened) - atomic_load(&dead->closed));
    atomic_store(&dead->handshakes_over, atomic_load(&dead->handshakes_begun));
    for (size_t row = 0; row < rows; row++) {
        struct tally_row *listener = &dead->listeners[row];

        atomic_store(&listener->lost,
                     atomic_load(&listener->opened) - atomic_load(&listener->closed));
    }
}

static void fold(struct counters_generation *of, size_t thread, size_t rows)
{
    struct counters *dead = &of->threads[thread];

    if (atomic_load(&of->mark.thread) == thread + 1) {
        end_move(of, dead);
    } else {
        settle(dead, rows);
        atomic_store(&of->mark.thread, thread + 1);
    }
    for (size_t i = 0; i < SUMS + rows * SUMS_A_ROW; i++) {
        move(of, dead, i);
    }
    atomic_store(&of->mark.thread, 0);
}

uint64_t counters_fold(struct counters_shared *shared, size_t generation, size_t thread)
{
    struct counters_generation *of = &shared->generations[generation];
    uint64_t begun = atomic_load(&of->mark.thread), before = atomic_load(&of->retired.lost);

    (void)atomic_fetch_or(&of->folds, 1);
    if (begun > 0 && begun != thread + 1) {
        fold(of, begun - 1, tally_rows(shared));
        before = atomic_load(&of->retired.lost);
    }
    fold(of, thread, tally_rows(shared));
    (void)atomic_fetch_add(&of->folds, 1);
    addresses_bury(shared, &of->threads[thread]);
    return atomic_load(&of->retired.lost) - before;
}

/* ---- sums ---- */

uint64_t counters_begin_sum(const struct counters_generation *generation)
{
    return atomic_load(&generation->folds);
}

bool counters_is_sum(const struct counters_generation *generation, uint64_t folds)
{
    atomic_thread_fence(memory_order_acquire);
    return folds % 2 == 0 && folds == atomic_load(&generation->folds);
}

/* Unused blocks are not touched: reading them would give them memory. */
static uint64_t sum_once(const struct counters_generation *generation, size_t offset)
{
    uint64_t used = atomic_load(&generation->threads_used);
    uint64_t sum = used > 0 ? value(&generation->retired, offset) : 0;

    for (size_t i = 0; i < used && i < COUNTERS_THREADS; i++) {
        sum += value(&generation->threads[i], offset);
    }
    return sum;
}

static uint64_t sum_of(const struct counters_generation *generation, size_t offset)
{
    uint64_t sum = 0, folds;
    int tries = 0;

    do {
        folds = counters_begin_sum(generation);
        sum = sum_once(generation, offset);
    } while (!counters_is_sum(generation, folds) && ++tries < COUNTERS_SUM_TRIES);
    return sum;
}

uint64_t counters_sum(const struct counters_shared *shared, size_t offset)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        sum += sum_of(&shared->generations[i], offset);
    }
    return sum;
}

uint64_t counters_log_lost(const struct counters_shared *shared)
{
    return counters_sum(shared, offsetof(struct counters, log_lost)) +
           atomic_load_explicit(&shared->log_lost, memory_order_relaxed);
}

uint64_t counters_open(const struct counters_shared *shared)
{
    uint64_t ended = counters_sum(shared, offsetof(struct counters, closed)) +
                     counters_sum(shared, offsetof(struct counters, lost));
    uint64_t opened = counters_sum(shared, offsetof(struct counters, opened));

    return opened > ended ? opened - ended : 0;
}

uint64_t counters_denied(const struct counters_shared *shared)
{
    return counters_sum(shared, offsetof(struct counters, syscalls_denied)) +
           atomic_load(&shared->syscalls_denied);
}
