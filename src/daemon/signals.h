/* signals.h - signals that interrupt a ppoll(2), and nothing else. */
#ifndef SECHO_SIGNALS_H
#define SECHO_SIGNALS_H

#include <signal.h>
#include <stddef.h>

void signals_ignore(const int *numbers, size_t count);

/*
 * Calls `handler` for these, and only while ppoll(2) waits with the mask `while_waiting`, which is
 * set; all other signals stay unblocked.
 */
void signals_while_waiting(const int *numbers, size_t count, void (*handler)(int),
                           sigset_t *while_waiting);

#endif
