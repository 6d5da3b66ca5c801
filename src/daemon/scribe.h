/*
 * scribe.h - the lines of all processes to stderr, written by the supervisor alone.
 *
 * Whoever reads our stderr may stop to read: then lines wait where they are, and the supervisor
 * still hears signals.
 */
#ifndef SECHO_SCRIBE_H
#define SECHO_SCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scribe {
    int reader;    /* end of the relay's channel */
    bool is_full;  /* stderr takes nothing now: poll it for POLLOUT instead of the reader */
    bool is_last;  /* the program ends: a line is worth a moment of waiting */
    uint64_t lost; /* lines of the supervisor that found no room */
};

/* A log_sink_fn for the supervisor's own lines; `scribe` is a struct scribe. */
void scribe_sink(void *scribe, const char *line, size_t len);

/* Writes up to `most` lines that have come from other processes. */
void scribe_write(struct scribe *scribe, int most);

/* Writes all of them, unless nobody reads for a second. */
void scribe_finish(struct scribe *scribe);

#endif
