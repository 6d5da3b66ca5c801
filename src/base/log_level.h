/*
 * log_level.h - what is urgent enough for the log, in memory that several processes share.
 *
 * Each of them looks at it for each event (struct log, `shared`); a configuration sets it, and a
 * person who looks for something may change it at run time. Zeroed memory means errors only.
 */
#ifndef SECHO_LOG_LEVEL_H
#define SECHO_LOG_LEVEL_H

#include <stdatomic.h>

#include <secho/event.h>

/* In a cache line of its own: read all the time, hardly ever written. */
struct log_level {
    _Alignas(64) _Atomic int now; /* an enum secho_level: what is less urgent is not written */
    _Atomic int file;             /* the one in the configuration that serves */
};

/* "error", "warn", "info", "debug"; "debug" for whatever is no level: others may write there, too.
 */
const char *log_level_name(int level);

/* The level with this name; -1 when there is none. */
int log_level_find(const char *name);

/* The first configuration is there. */
void log_level_begin(struct log_level *shared, enum secho_level file);

/*
 * Another configuration serves from now on. Where its level is the one that the last had, what was
 * set at run time stays: a certificate that is renewed at night ends nobody's search. Where it is
 * another one, somebody wants that one now.
 *
 * Returns what was in force before.
 */
int log_level_follow(struct log_level *shared, enum secho_level file);

/* At run time: in force for all processes with their next event. Returns what was before. */
int log_level_set(struct log_level *shared, enum secho_level level);

/* What is in force: error at least, whatever a process that has gone mad has written there. */
static inline int log_level_now(const struct log_level *shared)
{
    int now = atomic_load_explicit(&shared->now, memory_order_relaxed);

    return now < SECHO_LEVEL_ERROR   ? SECHO_LEVEL_ERROR
           : now > SECHO_LEVEL_DEBUG ? SECHO_LEVEL_DEBUG
                                     : now;
}

#endif
