/*
 * replay.h - which ClientHellos with early data were taken already: nobody's is taken twice.
 *
 * Whoever records a first flight can send it again, early data and all (RFC 8446 8). OpenSSL takes
 * early data only while the age of the ticket is what the client says, give or take some seconds;
 * for longer than that each one that was taken is remembered here.
 *
 * One table for all processes that serve, in memory that they share. It is written with single
 * atomic exchanges only: a process that is killed, or halted, in the middle of one blocks nobody.
 * Where there is doubt (no room, a race, the first moments) the answer is no, which costs a client
 * one round trip and nothing else.
 */
#ifndef SECHO_REPLAY_H
#define SECHO_REPLAY_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/*
 * A hello is remembered for one period at least, for two at most. A record of it is fresh to
 * OpenSSL for 11 s (the ticket's age may be off by 10 s, and is counted in whole seconds).
 */
#define REPLAY_PERIOD_MS INT64_C(15000)

#define REPLAY_CELLS  (1u << 20) /* 8 MiB, of which only what is written to needs memory */
#define REPLAY_PROBES 32u        /* places in a row that are looked at for one hello */

/*
 * A cell: in the lower 20 bits the number of the period in which it was written, above it what is
 * left of the tag when 20 bits of it have said where to look. 0: never written. Cells are not
 * cleared: one that is older than the period before this one is free.
 */
struct replay {
    _Atomic int64_t opens_ms; /* nothing is taken before; 0: replay_begin() was not called */
    _Atomic int64_t drift_ms; /* wall clock minus the other one, when we looked last */
    _Atomic uint64_t cells[REPLAY_CELLS];
};

/* The two clocks, in ms: CLOCK_MONOTONIC, which runs evenly, and CLOCK_REALTIME. */
struct replay_clocks {
    int64_t even_ms, wall_ms;
};

/*
 * Begins: `window` is zeroed memory, nobody else uses it yet. For one period nothing is taken, for
 * what was taken before (by a server with the same ticket keys, an earlier life of this one) is
 * not known (RFC 8446 8.2).
 */
void replay_begin(struct replay *window, struct replay_clocks now);

/*
 * Is this the first time? Then it is remembered. Any thread of any process.
 *
 * False, too: in the first period, for a period after the wall clock was set (OpenSSL reckons the
 * ages with it), when there is no room for it, and when others tried the same at the same time and
 * it is not certain who was first: never is one tag the first twice within a period.
 */
MUST_CHECK bool replay_is_first(struct replay *window, uint64_t tag, struct replay_clocks now);

/* Both clocks, now. */
struct replay_clocks replay_clocks(void);

/*
 * What stands for a ClientHello: its random, which whoever sends it again cannot change, because
 * the binder of the ticket covers it (RFC 8446 4.2.11.2).
 */
uint64_t replay_tag(const SSL *tls);

#endif
