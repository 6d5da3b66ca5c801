/*
 * stop.h - the server is to end: for `timeouts.drain_delay` it serves as ever, though it says that
 * it is not ready; then everybody is told to end. The inside of the supervisor.
 */
#ifndef SECHO_STOP_H
#define SECHO_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/succession.h"

/* The signal with this name came, the first one. */
void stop_begin(struct supervisor *supervisor, const char *signal_name);

/* Is it in the delay? Whoever comes is served, so a leader that dies is replaced as ever. */
bool stop_waits(const struct supervisor *supervisor);

/* Tells everybody when the delay is over, once. In each turn. */
void stop_when_due(struct supervisor *supervisor);

/* When the delay is over, by clock_now_ms(); INT64_MAX: there is none, or it is over. */
int64_t stop_due_ms(const struct supervisor *supervisor);

#endif
