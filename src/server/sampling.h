/*
 * sampling.h - which of very many `closed` lines are written, so that a log is of use, and cheap,
 * when thousands of connections end in a second. Never in silence: an event `sampling` tells when
 * it begins and ends, and a line that stands for others says for how many.
 *
 * Sums stay exact: of each kind, the `sampled` of all lines (1 where it is missing) and the `rest`
 * of the events add up to the connections that ended.
 *
 * One for each worker; its thread only.
 */
#ifndef SECHO_SAMPLING_H
#define SECHO_SAMPLING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/log.h"

/* Each kind has limits of its own: those who echo in peace hide nobody who fails. */
enum sampling_kind { SAMPLING_OK, SAMPLING_HEALTH_CHECK, SAMPLING_FAILURE };

#define SAMPLING_KINDS 3

/* More than `all` in a second: from then on `some` in a second, until a second had no more than
 * `all`. */
#define SAMPLING_ALL           1000
#define SAMPLING_SOME          100
#define SAMPLING_FAILURES_ALL  5000
#define SAMPLING_FAILURES_SOME 500

/* Zeroed: nobody has ended yet. */
struct sampling {
    struct sampling_of {
        int64_t second_ns;  /* when the second began in which is counted; clock_now_ns() */
        uint64_t in_second; /* how many have ended in it */
        bool on;
        struct bucket lines;
        uint64_t skipped;  /* since the last line */
        uint64_t left_out; /* since it is on */
    } of[SAMPLING_KINDS];
};

/*
 * One has ended. Returns for how many the line stands that is to be written about it, itself among
 * them; 0: there is none.
 *
 *   log  gets the event `sampling`
 */
uint64_t sampling_take(struct sampling *sampling, enum sampling_kind kind, int64_t now_ns,
                       const struct log *log);

/* Now and then, also when nobody ends any more: tells what is over. `last`: nobody will. */
void sampling_look(struct sampling *sampling, int64_t now_ns, const struct log *log, bool last);

#endif
