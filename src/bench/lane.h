/*
 * lane.h - one thread of the load: one event loop and its connections.
 *
 * Lane `index` has every `lanes`th connection. Nothing that it writes is written by another thread;
 * what has become of it is read when it has ended.
 */
#ifndef SECHO_LANE_H
#define SECHO_LANE_H

#include <openssl/ssl.h>

#include "base/attributes.h"
#include "bench/progress.h"
#include "bench/run.h"
#include "bench/tally.h"

struct lane;

/*
 * lane_new - everything that can fail, before the first thread starts.
 *
 *   run      outlives the lane
 *   context  owned by the lane from now on, also when this fails; NULL: no TLS
 *
 * Fails with SECHO_ERR_SYSTEM or SECHO_ERR_MEMORY.
 */
MUST_CHECK int lane_new(struct run *run, int index, SSL_CTX *context, struct lane **out,
                        struct secho_error *err);

/* Starts the thread. All signals are blocked in it. */
MUST_CHECK int lane_start(struct lane *lane, struct secho_error *err);

/* The clock of the run has changed, or has passed one of its moments. Any thread. */
void lane_tell(struct lane *lane);

/* Waits for the end of the thread, if it was started; the clock of the run is final by then. */
void lane_join(struct lane *lane);

/* Any thread, at any time. */
const struct progress *lane_progress(const struct lane *lane);

/* After lane_join(). */
const struct tally *lane_tally(const struct lane *lane);

void lane_free(struct lane *lane);

#endif
