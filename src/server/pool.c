#include "server/pool.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "net/socket.h"

/* ---- one thread ---- */

static void *run(void *argument)
{
    struct pool_thread *thread = argument;
    const uint64_t one = 1;

    worker_run(thread->worker);
    (void)!write(thread->ended, &one, sizeof one); /* an eventfd takes it always */
    return NULL;
}

/* Signals belong to the program, not to the threads of a library. */
static int start_thread(struct pool_thread *thread)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread->id, NULL, run, thread);

    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static int add_thread(struct pool *pool, const struct pool_settings *settings,
                      struct secho_error *err)
{
    struct pool_thread *thread = &pool->threads[pool->count];
    size_t index = settings->first + pool->count;
    const struct worker_settings worker = {
        .service = settings->service,
        .log = settings->log,
        .all = settings->all,
        .counters = &settings->all->generations[settings->generation].threads[index],
        .index = index,
    };

    thread->ended = pool->ended;
    if (worker_new(&worker, &thread->worker, err) != 0) {
        return -1;
    }
    int rc = start_thread(thread);

    if (rc != 0) {
        worker_free(thread->worker);
        return error_set(err, SECHO_ERR_SYSTEM, "starting a thread: %s", strerror(rc));
    }
    pool->count++;
    return 0;
}

/* ---- all of them ---- */

int pool_start(struct pool *pool, const struct pool_settings *settings, struct secho_error *err)
{
    *pool = (struct pool){.ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (pool->ended == -1) {
        return error_errno(err, "eventfd");
    }
    while (pool->count < settings->threads) {
        if (add_thread(pool, settings, err) != 0) {
            pool_drain(pool, WORKER_LEAVES_SLOTS);
            pool_join(pool);
            return -1;
        }
    }
    return 0;
}

void pool_watch(struct pool *pool, size_t slot, bool watch)
{
    worker_watch(pool->threads[slot % pool->count].worker, slot, watch);
}

void pool_drain(struct pool *pool, enum worker_slots slots)
{
    for (size_t i = 0; i < pool->count; i++) {
        worker_drain(pool->threads[i].worker, slots);
    }
}

size_t pool_ended(struct pool *pool)
{
    uint64_t more = 0;

    if (read(pool->ended, &more, sizeof more) == sizeof more) {
        pool->ended_count += (size_t)more;
    }
    return pool->ended_count;
}

void pool_join(struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        (void)pthread_join(pool->threads[i].id, NULL);
        worker_free(pool->threads[i].worker);
    }
    socket_close(pool->ended);
    *pool = (struct pool){.ended = -1};
}
