/*
 * worker.h - one loop in one thread: its slots, its connections, its deadlines.
 *
 * The only place that frees a connection that has been served. Made before the thread that runs it;
 * told what to do by any other thread.
 */
#ifndef SECHO_WORKER_H
#define SECHO_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "server/counters.h"
#include "server/service.h"

struct worker;

struct worker_settings {
    const struct service *service;
    const struct log *log;       /* may be used by several workers at once */
    struct counters_shared *all; /* the sums that limits look at */
    struct counters *counters;   /* its own block */
    size_t index;                /* 0..slot_count-1: its place among all workers */
    void (*left)(void *context); /* called when worker_retire() has been obeyed; or NULL */
    void *context;
    const _Atomic bool *unwanted; /* for each listener: nobody will accept there; or NULL */
};

/* Everything must outlive the worker. -1: no memory or no descriptor. */
MUST_CHECK int worker_new(const struct worker_settings *settings, struct worker **out,
                          struct secho_error *err);

/* Serves until it is told to drain and all connections have ended. Thread: its own. */
void worker_run(struct worker *worker);

/* After worker_run() has returned, or without it. NULL is fine. */
void worker_free(struct worker *worker);

/* ---- from any thread, also before worker_run() ---- */

/* Accepts on slot k of every listener from now on, or no longer. The sockets stay open. */
void worker_watch(struct worker *worker, size_t slot, bool watch);

/*
 * Somebody else accepts from now on: leaves its slots, serves those who are here as before, and
 * returns from worker_run() when the last one has ended. What is queued at listeners that are in
 * settings.unwanted (told before) is accepted first, then they refuse.
 */
void worker_retire(struct worker *worker);

/* What becomes of the sockets of the slots that it watches. */
enum worker_slots {
    WORKER_LEAVES_SLOTS,  /* somebody else takes them over, with all that is queued */
    WORKER_REFUSES_SLOTS, /* nobody does: what is queued is accepted, then they refuse */
};

/*
 * Stops accepting, echoes what was received, says close_notify and returns from worker_run(), at
 * the latest after timeouts.drain.
 */
void worker_drain(struct worker *worker, enum worker_slots slots);

#endif
