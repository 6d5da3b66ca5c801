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

/* A block is nothing but sums, and room up to the end of its page. */
#define SUMS (offsetof(struct counters, ends) + sizeof((struct counters *)NULL)->ends)

static void move(struct counters *from, struct counters *to)
{
    for (size_t offset = 0; offset < SUMS; offset += sizeof(_Atomic uint64_t)) {
        _Atomic uint64_t *source = (_Atomic uint64_t *)(void *)((char *)from + offset);
        _Atomic uint64_t *target = (_Atomic uint64_t *)(void *)((char *)to + offset);

        counters_add(target, value(from, offset));
        atomic_store_explicit(source, 0, memory_order_relaxed);
    }
}

uint64_t counters_fold(struct counters_shared *shared, size_t generation, size_t thread)
{
    struct counters_generation *of = &shared->generations[generation];
    struct counters *dead = &of->threads[thread];
    uint64_t opened = atomic_load(&dead->opened), closed = atomic_load(&dead->closed);

    atomic_fetch_add(&of->folds, 1);
    atomic_store(&dead->lost, opened - closed);
    atomic_store(&dead->handshakes_over, atomic_load(&dead->handshakes_begun));
    move(dead, &of->retired);
    atomic_fetch_add(&of->folds, 1);
    addresses_bury(shared, dead);
    return opened - closed;
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

#define SUM_TRIES 1000 /* whoever folds may have died in the middle of it */

static uint64_t sum_of(const struct counters_generation *generation, size_t offset)
{
    uint64_t sum = 0;

    for (int i = 0; i < SUM_TRIES; i++) {
        uint64_t before = atomic_load(&generation->folds);

        sum = sum_once(generation, offset);
        atomic_thread_fence(memory_order_acquire);
        if (before % 2 == 0 && before == atomic_load(&generation->folds)) {
            break;
        }
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
