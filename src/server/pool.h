/* pool.h - the worker threads of one process. */
#ifndef SECHO_POOL_H
#define SECHO_POOL_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>

#include "server/worker.h"

#define POOL_THREADS_MAX 64

struct pool_thread {
    struct worker_settings settings;
    struct worker *worker; /* made in the thread; NULL, and why, when that failed */
    struct secho_error why;
    sem_t born; /* posted when one or the other is there */
    pthread_t id;
    struct pool *pool;
};

struct pool {
    struct pool_thread threads[POOL_THREADS_MAX];
    size_t count;
    _Atomic bool *unwanted; /* for each listener; owned */
    _Atomic size_t ended;   /* threads that have returned from worker_run() */
    _Atomic size_t left;    /* threads that accept nobody any more, after pool_retire() */
    int changed;            /* readable when one of these has grown: pool_hear(), then look */
};

struct pool_settings {
    const struct service *service;
    const struct log *log;
    struct counters_shared *all;
    size_t generation; /* whose blocks of counters */
    size_t first;      /* index of the first thread among all of its generation */
    size_t threads;    /* 1..POOL_THREADS_MAX */
};

/* Starts the threads; they watch nothing yet. On failure nothing is left running. */
MUST_CHECK int pool_start(struct pool *pool, const struct pool_settings *settings,
                          struct secho_error *err);

/* Which thread watches slot k is the pool's business. */
void pool_watch(struct pool *pool, size_t slot, bool watch);

/* Nobody will accept at listener `index` any more: for worker_retire(). */
void pool_refuse(struct pool *pool, size_t index);

/* worker_retire() for all. */
void pool_retire(struct pool *pool);

/* worker_drain() for all. */
void pool_drain(struct pool *pool, enum worker_slots slots);

/* Makes `changed` unreadable until the next change. */
void pool_hear(struct pool *pool);

/* Waits for the end of all threads and frees them. Call pool_drain() first. */
void pool_join(struct pool *pool);

#endif
