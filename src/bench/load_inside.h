/*
 * load_inside.h - the inside of load_run(), for the files that it is made of: load.c (what is
 * needed, what came of it), phases.c (the clock).
 */
#ifndef SECHO_LOAD_INSIDE_H
#define SECHO_LOAD_INSIDE_H

#include "bench/lane.h"
#include "bench/load.h"
#include "bench/run.h"
#include "bench/sampler.h"
#include "client/client.h"

#define LOAD_MS 1000000 /* in ns */

/* One call of load_run(). */
struct load {
    const struct plan *plan;
    struct load_stop *stop;
    load_progress_fn *progress;
    void *context;
    struct result *result;

    struct run *run;
    struct secho_client *probe; /* its texts and its address are the run's */
    struct sampler sampler;
    struct sample at_start, at_end;
    struct lane *lanes[PLAN_THREADS_MAX];
    enum load_phase phase;
    int64_t phase_ns; /* when it began */
    int64_t told_ns;  /* when progress was told last */
};

/* All lanes look at the clock. */
void load_tell_all(const struct load *load);

/* From the start of the threads until the last connection is closed. */
void load_run_phases(struct load *load);

#endif
