/*
 * load.h - the whole run: threads, each with its loop and its connections, and the clock above
 * them.
 *
 *   probe    one connection with the client of libsecho: whatever is wrong is told at once, and
 * well open     all connections, over the ramp; each one echoes a message warm-up  load, unmeasured
 *   window   load, measured
 *   finish   what is under way comes back; goodbye
 */
#ifndef SECHO_LOAD_H
#define SECHO_LOAD_H

#include <stdatomic.h>

#include "base/attributes.h"
#include "bench/result.h"

enum load_phase { LOAD_PROBE, LOAD_OPEN, LOAD_WARMUP, LOAD_WINDOW, LOAD_FINISH };

/* What is known while it runs. */
struct load_progress {
    enum load_phase phase;
    double elapsed_s;                             /* of the phase */
    uint64_t open;                                /* connections */
    uint64_t messages, bytes, handshakes, failed; /* since the run began */
};

/* How a signal handler ends a run. All zero before it. */
struct load_stop {
    atomic_int signal;  /* set it, when `heeded`, to non-zero: the run ends early, in order */
    atomic_bool heeded; /* load_run() looks at it from now on; before, there is nothing to tell */
};

/* Called about once a second, in the thread of load_run(). */
typedef void load_progress_fn(void *context, const struct load_progress *progress);

/*
 * load_run - do what the plan says.
 *
 *   stop    for a signal handler
 *   result  filled in any case; result->failure says what went wrong. About 200 KiB: not on a stack
 *
 * 0 when every byte came back and every connection ended as it should; else -1.
 */
MUST_CHECK int load_run(const struct plan *plan, struct load_stop *stop, load_progress_fn *progress,
                        void *context, struct result *result);

#endif
