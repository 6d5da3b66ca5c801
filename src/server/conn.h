/*
 * conn.h - the protocol of one client, from its first byte to its last.
 *
 * Knows sockets through the wire only, and nothing of the loop: the worker gives it turns and
 * asks it what to wait for.
 */
#ifndef SECHO_CONN_H
#define SECHO_CONN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "diagnosis/ending.h"
#include "net/address.h"
#include "server/counters.h"
#include "server/deadlines.h"
#include "server/limits.h"
#include "server/proxy.h"
#include "server/service.h"
#include "tls/wire.h"

enum conn_state {
    CONN_PROXY,     /* the header that a load balancer sends first, where one is expected */
    CONN_EARLY,     /* TLS hello, and what came with it (0-RTT), where it is taken */
    CONN_HANDSHAKE, /* TLS hello ... finished */
    CONN_ECHO,      /* what comes in goes out, in order */
    CONN_REPORT,    /* in its place, for who asked by ALPN: we tell what we see of the connection */
    CONN_GOODBYE,   /* everything echoed: our close_notify, then our FIN */
    CONN_LINGER,    /* read and forget until the peer's FIN: closing earlier would be an RST */
    CONN_CLOSED,    /* nothing left but conn_done() */
};

/* Which readiness makes progress possible. Bits, for the event loop. */
enum { WATCH_READ = 1u << 0, WATCH_WRITE = 1u << 1 };

struct conn {
    struct wire wire;
    SSL *tls;                /* owned; NULL on a plain listener */
    struct proxied *proxied; /* owned; NULL unless a PROXY header came */
    struct report *report;   /* owned; NULL unless one was agreed on */
    const struct listener *listener;
    struct counters *counters;   /* the block of its worker */
    struct tally_row *tally;     /* the row of its listener in there */
    const struct limits *limits; /* and its limits */
    struct limits_place place;
    enum conn_state state;
    bool stopped;         /* conn_stop() was called: the next run acts on it */
    bool draining;        /* drain: ends when nothing comes in for a moment */
    bool leaving;         /* drain: ends as soon as all that was received is echoed */
    bool tls_broken;      /* OpenSSL failed: no close_notify any more, SSL_shutdown(3) */
    bool said_goodbye;    /* our close_notify is written */
    unsigned controls;    /* records without data in a row, after the handshake */
    unsigned early;       /* bytes of `in` that came as early data */
    uint64_t number;      /* conn= in the log */
    uint64_t in, out;     /* bytes of the echo */
    int64_t accepted_us;  /* clock_now_us() */
    int64_t handshake_us; /* how long it took; 0 before its end */
    struct address peer;  /* the client; behind a proxy that tells it, the real one */
    unsigned char first[SNIFF_BYTES]; /* what the peer sent first: if it is not TLS, what is it? */
    unsigned first_len;
    struct ending ending; /* the first cause stays */
};

/*
 * Begins the life of an accepted descriptor.
 *
 *   buffers  of the worker
 *   fd       owned by the connection from now on, also when this fails
 *
 * -1: no memory.
 */
MUST_CHECK int conn_init(struct conn *conn, const struct listener *listener,
                         struct wire_buffers *buffers, int fd);

/* Frees the SSL and closes the descriptor. */
void conn_done(struct conn *conn);

/* What the worker does with the connection next. */
enum conn_next {
    CONN_WAIT,  /* watch the socket for conn_watch() */
    CONN_AGAIN, /* its turn is over but it can go on: back of the run queue */
    CONN_OVER,  /* log how it ended, conn_done(), forget it */
};

/* One turn: as far as the input, the output and fairness allow. Call on every readiness. */
enum conn_next conn_turn(struct conn *conn);

/*
 * We end it, for `cause`: with close_notify where TLS still can. The same answers as
 * conn_turn(); on CONN_WAIT there is something left to be sent or a FIN to wait for.
 */
enum conn_next conn_stop(struct conn *conn, enum ending_cause cause, int64_t limit);

/* So many bytes of its echo have come in and gone out. */
static inline void conn_count(const struct conn *conn, uint64_t in, uint64_t out)
{
    counters_add(&conn->counters->bytes_in, in);
    counters_add(&conn->counters->bytes_out, out);
    counters_add(&conn->tally->bytes_in, in);
    counters_add(&conn->tally->bytes_out, out);
}

/* It is to shake hands, but has not sent a single byte (behind its PROXY header). */
static inline bool conn_is_silent(const struct conn *conn)
{
    return conn->state < CONN_ECHO && conn->first_len == 0;
}

/* WATCH_* bits that CONN_WAIT waits for. Computed, never stored. */
unsigned conn_watch(const struct conn *conn);

/* The deadline of its present state, and whether the last turn's progress starts it again. */
enum deadline conn_deadline(const struct conn *conn);
bool conn_deadline_restarts(const struct conn *conn);

#endif
