#include "server/pool.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "net/socket.h"

/* ---- one thread ---- */

static void tell(struct pool *pool, _Atomic size_t *count)
{
    const uint64_t one = 1;

    atomic_fetch_add(count, 1);
    (void)!write(pool->changed, &one, sizeof one); /* an eventfd takes it always */
}

static void on_left(void *context)
{
    struct pool *pool = context;

    tell(pool, &pool->left);
}

/*
 * The loop is made in the thread that runs it: libuv (1.45 and later) gives it an io_uring, and the
 * kernel interrupts the thread that made the ring when something happens there. In the program's
 * own thread a read() with a time limit would fail with EINTR, without any signal (tried).
 */
static void *run(void *argument)
{
    struct pool_thread *thread = argument;
    bool made = worker_new(&thread->settings, &thread->worker, &thread->why) == 0;

    (void)sem_post(&thread->born);
    if (made) {
        worker_run(thread->worker);
        tell(thread->pool, &thread->pool->ended);
    }
    return NULL;
}

/* Signals belong to the program, not to the threads of a library. */
static int start_thread(struct pool_thread *thread)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGSYS); /* what a sandbox answers to the thread that has asked */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread->id, NULL, run, thread);

    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static int wait_for_birth(struct pool_thread *thread, struct secho_error *err)
{
    while (sem_wait(&thread->born) != 0) {
        /* a signal of the program's; the thread is coming all the same */
    }
    (void)sem_destroy(&thread->born);
    if (thread->worker != NULL) {
        return 0;
    }
    (void)pthread_join(thread->id, NULL);
    if (err != NULL) {
        *err = thread->why;
    }
    return -1;
}

static int add_thread(struct pool *pool, const struct pool_settings *settings,
                      struct secho_error *err)
{
    struct pool_thread *thread = &pool->threads[pool->count];
    size_t index = settings->first + pool->count;

    *thread = (struct pool_thread){
        .pool = pool,
        .settings = {
            .service = settings->service,
            .log = settings->log,
            .all = settings->all,
            .counters = &settings->all->generations[settings->generation].threads[index],
            .index = index,
            .unwanted = pool->unwanted,
            .left = on_left,
            .context = pool,
        }};
    (void)sem_init(&thread->born, 0, 0);
    int rc = start_thread(thread);

    if (rc != 0) {
        return error_set(err, SECHO_ERR_SYSTEM, "starting a thread: %s", strerror(rc));
    }
    if (wait_for_birth(thread, err) != 0) {
        return -1;
    }
    pool->count++;
    return 0;
}

/* ---- all of them ---- */

int pool_start(struct pool *pool, const struct pool_settings *settings, struct secho_error *err)
{
    *pool = (struct pool){.changed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (pool->changed == -1) {
        return error_errno(err, "eventfd");
    }
    pool->unwanted = calloc(settings->service->listener_count, sizeof *pool->unwanted);
    if (pool->unwanted == NULL) {
        pool_join(pool);
        return error_set(err, SECHO_ERR_MEMORY, "no memory for the workers");
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

void pool_refuse(struct pool *pool, size_t index)
{
    atomic_store(&pool->unwanted[index], true);
}

void pool_retire(struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        worker_retire(pool->threads[i].worker);
    }
}

void pool_drain(struct pool *pool, enum worker_slots slots)
{
    for (size_t i = 0; i < pool->count; i++) {
        worker_drain(pool->threads[i].worker, slots);
    }
}

void pool_hear(struct pool *pool)
{
    uint64_t ignored = 0;

    (void)!read(pool->changed, &ignored, sizeof ignored);
}

void pool_join(struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        (void)pthread_join(pool->threads[i].id, NULL);
        worker_free(pool->threads[i].worker);
    }
    socket_close(pool->changed);
    free(pool->unwanted);
    *pool = (struct pool){.changed = -1};
}
