/*
 * wire.h - ciphertext between a socket and OpenSSL: one recv and one send for each turn.
 *
 * A worker has one pair of large buffers that all of its connections share; an idle connection
 * owns none. A turn goes like this:
 *
 *     wire_begin   one recv (or what the last turn left over) becomes the input slice
 *                  OpenSSL reads the slice and writes records, through the wire's BIO
 *     wire_end     one send; what the kernel did not take is the connection's backlog
 *
 * Only the connection whose turn it is may touch the buffers: that guard keeps the bytes of one
 * connection from another, and a violation ends the process.
 */
#ifndef SECHO_WIRE_H
#define SECHO_WIRE_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

#define WIRE_INPUT_BYTES 262144u /* one recv: 16 full records */

#define WIRE_PLAIN_BYTES 32768u /* records of one turn that go back together */

/*
 * What one connection may own between turns: leftover input (one recv) and backlog (what a turn
 * writes for it: records grow by at most 22 bytes, but small ones are put together).
 */
#define WIRE_HELD_BYTES_MAX (2u * WIRE_INPUT_BYTES + 131072u)

struct wire;

/* The buffers of one worker. Thread: the worker's. */
struct wire_buffers {
    const struct wire *owner;   /* whose turn it is, or NULL */
    unsigned char *input;       /* WIRE_INPUT_BYTES */
    const unsigned char *slice; /* what is unread of this turn's input */
    size_t slice_len;
    bool slice_is_leftover; /* it is read from the connection's own memory */
    unsigned char *output;  /* what this turn has to send */
    size_t output_len, output_size;
    unsigned char *plain; /* WIRE_PLAIN_BYTES: where decrypted bytes are put together */
    size_t held_bytes;    /* leftovers and backlogs of all connections */
    BIO_METHOD *method;
};

/* Bytes that a connection owns between turns. */
struct wire_held {
    unsigned char *bytes; /* from malloc, NULL when empty */
    size_t at, len;       /* `len` bytes from bytes + at */
};

/* One connection's end of it. Part of struct conn. */
struct wire {
    struct wire_buffers *buffers;
    int fd;
    int os_errno;              /* why the socket failed, or 0 */
    bool at_end;               /* the peer sent FIN */
    bool drained;              /* this turn's recv has emptied the socket */
    bool moved;                /* bytes were received or sent since somebody cleared this */
    bool duplex;               /* a client's: receives also while a backlog waits */
    struct wire_held leftover; /* input that was not read in its turn */
    struct wire_held backlog;  /* output that the kernel did not take */
};

MUST_CHECK int wire_buffers_init(struct wire_buffers *buffers); /* -1: no memory */
void wire_buffers_done(struct wire_buffers *buffers);

void wire_init(struct wire *wire, struct wire_buffers *buffers, int fd);
void wire_done(struct wire *wire); /* frees what is held; the descriptor stays open */

/* A BIO for SSL_set_bio(); lives no longer than the wire. NULL without memory. */
BIO *wire_bio(struct wire *wire);

/*
 * Begins a turn. Afterwards wire_input() says how much came; at_end and os_errno may have
 * become set. Nothing comes in while a backlog waits: that is the back-pressure. (A client sets
 * `duplex`: it has to take what comes back, or both ends would wait for each other.)
 */
void wire_begin(struct wire *wire);

/* Sends now what the turn has written so far; what the kernel does not take is the backlog. */
void wire_send(struct wire *wire);

/*
 * The last thing that is sent: what the turn has written so far, and FIN, in one segment. False
 * when the kernel did not take it all: call it again when the backlog is gone.
 */
MUST_CHECK bool wire_finish(struct wire *wire);

/* Ends the turn: wire_send(), and what is unread becomes the connection's leftover. */
void wire_end(struct wire *wire);

/* Sends of the backlog what the kernel takes now. Outside of a turn. */
void wire_flush(struct wire *wire);

static inline size_t wire_input(const struct wire *wire)
{
    return wire->buffers->slice_len;
}

static inline bool wire_has_leftover(const struct wire *wire)
{
    return wire->leftover.len > 0;
}

static inline bool wire_has_backlog(const struct wire *wire)
{
    return wire->backlog.len > 0;
}

/* ---- within a turn ---- */

/* All that came, without TLS between: the slice is read afterwards. */
const unsigned char *wire_take(struct wire *wire, size_t *len);

/* Looks at the first bytes of the slice; they stay unread. */
const unsigned char *wire_peek(const struct wire *wire, size_t *len);

/* Has read the first `len` bytes of the slice, after a look at them. */
void wire_skip(struct wire *wire, size_t len);

/* Adds to what the turn sends. -1: no memory (os_errno is ENOMEM). */
MUST_CHECK int wire_put(struct wire *wire, const void *data, size_t len);

#endif
