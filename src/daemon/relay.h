/*
 * relay.h - log lines on their way from a worker process to the supervisor, who writes them.
 *
 * A line goes out at once when the supervisor keeps up; else it waits in a bounded buffer that
 * the process's main thread empties; else it is lost, and counted. An echo never waits for a log.
 */
#ifndef SECHO_RELAY_H
#define SECHO_RELAY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define RELAY_BYTES_MAX   (1024u * 1024) /* what may wait in one process */
#define RELAY_PATIENCE_MS 50

/* The supervisor's end and the writers' end. -1 and errno. */
MUST_CHECK int relay_channel(int *reader, int *writer);

struct relay {
    int writer;
    pthread_mutex_t lock;
    char *waiting; /* lines, each behind its length */
    size_t waiting_at, waiting_len;
    _Atomic bool busy;      /* something waits: keep the order */
    _Atomic uint64_t *lost; /* shared counter; lines that found no room */
    int wake;               /* becomes readable when something starts to wait */
};

MUST_CHECK int relay_init(struct relay *relay, int writer, _Atomic uint64_t *lost);
void relay_done(struct relay *relay);

/* A log_sink_fn; `relay` is a struct relay. Any thread. */
void relay_sink(void *relay, const char *line, size_t len);

/* Lines of a process that has nobody who would flush: set the first two. */
struct relay_sender {
    int writer;
    _Atomic uint64_t *lost; /* shared counter */
    int64_t waited_ms;      /* since a line went out at once */
};

/*
 * Waits for room, then the line is lost and counted. All lines together wait for RELAY_PATIENCE_MS
 * at most, until one goes out at once again: who has much to say while nobody reads is not held up
 * by each line.
 */
void relay_send(struct relay_sender *sender, const char *line, size_t len);

/* The main thread: poll `wake`, then `writer` for POLLOUT, and call this. True: more waits. */
bool relay_flush(struct relay *relay);

#endif
