/*
 * ping_signals.h - Ctrl-C ends ping with its summary, Ctrl-\ asks for a line in between.
 *
 * One ping at a time in a process; the main thread's.
 */
#ifndef SECHO_PING_SIGNALS_H
#define SECHO_PING_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#define PING_SIGNALS 3

struct ping_signals {
    sigset_t before; /* the mask to wait with: ppoll(2) */
    struct sigaction actions[PING_SIGNALS];
};

/* SIGINT, SIGTERM and SIGQUIT are blocked but while ppoll(2) waits, and noted. */
void ping_signals_take(struct ping_signals *signals);
void ping_signals_return(const struct ping_signals *signals);

bool ping_signals_stop(void); /* did SIGINT or SIGTERM come? */
bool ping_signals_ask(void);  /* did SIGQUIT come since this was asked last? */

#endif
