/*
 * sampler.h - what the processes of a server use: CPU time and memory, their descendants included.
 *
 * CPU time of a process is that of its clock, in nanoseconds, which counts threads that have ended,
 * too: a server may have one for each connection. Of children that have ended, whom a forking
 * server has one of for each connection, the kernel tells in clock ticks (10 ms). Memory is PSS:
 * pages that several processes share are counted once. Linux only.
 */
#ifndef SECHO_SAMPLER_H
#define SECHO_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "bench/plan.h"

struct sampler {
    int pids[PLAN_PIDS_MAX];
    size_t pid_count;
};

struct sample {
    uint64_t
        cpu_ns;    /* since each one was born; of those that ended, what their parent waited for */
    uint64_t pss;  /* bytes, of those that are there */
    int processes; /* that are there */
};

/*
 * Checks that all of the plan's processes are there and may be looked at. Fails with
 * SECHO_ERR_FILE.
 */
MUST_CHECK int sampler_init(struct sampler *sampler, const struct plan *plan,
                            struct secho_error *err);

/* Looks at all of them now: some 100 us for each process. */
void sampler_look(const struct sampler *sampler, struct sample *out);

#endif
