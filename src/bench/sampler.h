/*
 * sampler.h - what the processes of a server use: CPU time and memory, their descendants included.
 *
 * CPU time comes from the scheduler in nanoseconds (/proc/PID/task/TID/schedstat), memory is PSS:
 * pages that several processes share are counted once. Linux only.
 */
#ifndef SECHO_SAMPLER_H
#define SECHO_SAMPLER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "bench/plan.h"

#define SAMPLER_THREADS_MAX 4096 /* of all processes; more are not seen */

/* A thread that was seen, dead or alive. */
struct sampler_thread {
    pid_t process, thread;
    uint64_t cpu_ns; /* the last value that was seen */
};

struct sampler {
    int pids[PLAN_PIDS_MAX];
    size_t pid_count;
    struct sampler_thread *threads; /* SAMPLER_THREADS_MAX */
    size_t thread_count;
    uint64_t past_ns; /* of dead threads whose number another one has now */
};

struct sample {
    uint64_t cpu_ns; /* of everybody that was ever seen: never falls */
    uint64_t pss;    /* bytes, of those that are there */
    int processes;   /* that are there */
};

/*
 * Checks that all of the plan's processes are there and may be looked at. Fails with
 * SECHO_ERR_FILE or SECHO_ERR_MEMORY.
 */
MUST_CHECK int sampler_init(struct sampler *sampler, const struct plan *plan,
                            struct secho_error *err);

void sampler_done(struct sampler *sampler); /* {0} is fine */

/* Looks at all of them now: some 100 us for each process. */
void sampler_look(struct sampler *sampler, struct sample *out);

#endif
