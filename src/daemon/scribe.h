/*
 * scribe.h - the lines of all processes to stderr, written by a thread of the supervisor.
 *
 * A write may last: a pipe that nobody reads, a terminal that somebody has stopped, a disk that is
 * slow. Then lines wait where they are, or are lost and counted, and nobody else waits: not the
 * supervisor, who has signals to hear, and not an echo. A line that comes alone is written at once;
 * those that come within SCRIBE_REST_MS of it are written together: it is the waking up that costs,
 * not the line.
 *
 * What was lost is told as soon as stderr takes something again, once in SCRIBE_TELL_MS at most:
 * the event log_lost.
 */
#ifndef SECHO_SCRIBE_H
#define SECHO_SCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/log.h"
#include "server/counters.h"

#define SCRIBE_REST_MS 5
#define SCRIBE_TELL_MS 1000
#define SCRIBE_LOOK_MS 1000 /* at the end: how often to see whether stderr takes anything */

struct scribe;

struct scribe_settings {
    int reader, writer; /* of the relay's channel */
    int out;            /* STDERR_FILENO; never made non-blocking: it may be somebody's terminal */
    struct counters_shared *counters; /* where losses are counted, and the level is */
};

/*
 * Starts the thread, without any signal; after that, fork() only to execve(2). 0, or -1 and errno.
 * Everything in the settings must outlive it.
 */
MUST_CHECK int scribe_start(const struct scribe_settings *settings, struct scribe **out);

/*
 * All of it for a program whose log is its stderr: reads the relay's channel, of which the second
 * end is for other processes, starts the thread, and lets `log` write through it. NULL and errno.
 */
MUST_CHECK struct scribe *scribe_open(struct counters_shared *counters, const int channel[2],
                                      struct log *log);

/* A log_sink_fn for the supervisor's own lines; `scribe` is a struct scribe. Never waits. */
void scribe_sink(void *scribe, const char *line, size_t len);

/* How the lines look that the scribe says itself. */
void scribe_use(struct scribe *scribe, enum log_format format);

/*
 * Waits until all is written that was sent before, and what was lost is told. False when stderr
 * has no room and has taken nothing for 2 SCRIBE_LOOK_MS, or has taken nothing for 10 of them.
 */
bool scribe_finish(struct scribe *scribe);

/* After a scribe_finish() that was true. Else leave it: the thread ends with the process. */
void scribe_free(struct scribe *scribe);

#endif
