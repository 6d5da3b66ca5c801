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
    return atomic_load_explicit(at(block, offset), memory_order_acquire);
}

/* ---- the dead ---- */

/*
 * In place, for whoever takes the block over counts on: no value is moved, so no reader can see it
 * twice or not at all, and whoever dies in here leaves nothing that doing it again would not mend.
 */
static uint64_t settle(_Atomic uint64_t *lost, const _Atomic uint64_t *opened,
                       const _Atomic uint64_t *closed)
{
    uint64_t before = atomic_load(lost);
    uint64_t now = atomic_load(opened) - atomic_load(closed);

    atomic_store(lost, now);
    return now - before;
}

uint64_t counters_bury(struct counters_shared *shared, size_t generation, size_t thread)
{
    struct counters *dead = &shared->generations[generation].threads[thread];
    size_t rows = tally_rows(shared);

    for (size_t i = 0; i < rows; i++) {
        struct tally_row *row = &dead->listeners[i];

        (void)settle(&row->lost, &row->opened, &row->closed);
    }
    atomic_store(&dead->handshakes_over, atomic_load(&dead->handshakes_begun));
    addresses_bury(shared, dead);
    return settle(&dead->lost, &dead->opened, &dead->closed);
}

void counters_use(struct counters_shared *shared, size_t generation, size_t threads)
{
    _Atomic uint64_t *used = &shared->generations[generation].threads_used;

    if (threads > atomic_load(used)) {
        atomic_store(used, threads);
    }
}

/* ---- sums ---- */

/* Unused blocks are not touched: reading them would give them memory. */
static uint64_t sum_of(const struct counters_generation *generation, size_t offset)
{
    uint64_t used = atomic_load(&generation->threads_used), sum = 0;

    for (size_t i = 0; i < used && i < COUNTERS_THREADS; i++) {
        sum += value(&generation->threads[i], offset);
    }
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
