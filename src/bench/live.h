/* live.h - one line that tells how a run is going, for a person at a terminal. */
#ifndef SECHO_BENCH_LIVE_H
#define SECHO_BENCH_LIVE_H

#include <stdbool.h>

#include "bench/load.h"

struct live {
    const struct plan *plan;
    bool watched;                /* somebody looks: else nothing is written */
    bool shown;                  /* a line is on the screen */
    struct load_progress before; /* to tell what happened since */
};

/* Can the line be rewritten on stderr? Not in a pipe or a file, nor where TERM is "dumb" or absent.
 */
bool live_is_possible(void);

/* Rewrites the line on stderr. A load_progress_fn: the context is a struct live, {0} but its first
 * two.
 */
void live_tell(void *context, const struct load_progress *progress);

/* Takes the line away. */
void live_clear(struct live *live);

#endif
