/*
 * scribe.h - the lines of all processes to stderr, written by the supervisor alone.
 *
 * Whoever reads our stderr may stop to read: then lines wait where they are, and the supervisor
 * still hears signals. A line that comes alone is written at once; those that come within
 * SCRIBE_REST_MS of it are written together: it is the waking up that costs, not the line.
 */
#ifndef SECHO_SCRIBE_H
#define SECHO_SCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define SCRIBE_REST_MS 5

struct scribe {
    int reader;            /* end of the relay's channel */
    bool is_full;          /* stderr takes nothing now: poll it for POLLOUT instead of the reader */
    bool is_last;          /* the program ends: a line is worth a moment of waiting */
    uint64_t lost;         /* lines of the supervisor that found no room */
    int64_t rest_until_ms; /* clock_now_ms(): until then nobody polls the reader */
    char lines[2 * LOG_LINE_MAX]; /* read, not written yet: */
    size_t ready;                 /* bytes that one write takes, LOG_LINE_MAX at most */
    size_t more;                  /* bytes of a line behind them */
};

/* A log_sink_fn for the supervisor's own lines; `scribe` is a struct scribe. */
void scribe_sink(void *scribe, const char *line, size_t len);

/*
 * How long it still rests, in ms: then wait no longer than that, and do not poll the reader. 0:
 * poll it. One look at the clock decides both: with two of them a rest could end in between, and
 * the lines would wait for ever.
 */
int64_t scribe_rest_ms(const struct scribe *scribe, int64_t now_ms);

/* Writes up to `most` lines that have come from other processes; rests when there are no more. */
void scribe_write(struct scribe *scribe, int most);

/* Writes all of them, unless nobody reads for a second. */
void scribe_finish(struct scribe *scribe);

#endif
