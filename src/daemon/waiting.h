/* waiting.h - ppoll(2) for those who must never spin nor go deaf: supervisor and leader. */
#ifndef SECHO_WAITING_H
#define SECHO_WAITING_H

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

/*
 * As ppoll(2). Where the system refuses that for another reason than a signal, such as more entries
 * than RLIMIT_NOFILE allows, signals are let in for a moment, then each entry is asked by itself.
 */
int waiting_poll(struct pollfd *at, size_t count, const struct timespec *limit,
                 const sigset_t *while_waiting);

#endif
