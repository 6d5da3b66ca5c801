/*
 * early.c - what a client that was here before sends along with its hello (0-RTT): its echo leaves
 * in the same turn, before the client has finished the handshake.
 */
#include "server/steps.h"
#include "tls/stream.h"

/* As in echo.c: small records must not keep the others waiting. */
#define READS_PER_TURN 512

/* How far one round came. */
struct gathered {
    size_t len; /* bytes at the beginning of the worker's plain buffer */
    enum io io;
    bool over; /* there is no more early data */
};

/* Puts bytes of several records together, until the input or the room is used up. */
static struct gathered gather(struct conn *conn, int *reads)
{
    struct gathered round = {0};
    unsigned char *plain = conn->wire.buffers->plain;
    size_t before;

    do {
        size_t got = 0;

        before = wire_input(&conn->wire);
        *reads -= 1;
        round.io = stream_read_early(conn->tls, plain + round.len, WIRE_PLAIN_BYTES - round.len,
                                     &got, NULL);
        round.len += got;
        round.over = round.io == IO_DONE && got == 0;
    } while ((round.io == IO_DONE || round.io == IO_WANT_READ) && !round.over && *reads > 0 &&
             round.len <= WIRE_PLAIN_BYTES / 2 && wire_input(&conn->wire) > 0 &&
             wire_input(&conn->wire) < before);
    return round;
}

static enum io give_back(struct conn *conn, size_t len)
{
    size_t put = 0;
    enum io io = IO_DONE;

    if (len > 0) {
        conn->in += len;
        conn->early += (unsigned)len;
        io = stream_write_early(conn->tls, conn->wire.buffers->plain, len, &put, NULL);
        conn->out += put;
        conn_count(conn, len, put);
    }
    return io;
}

enum step early_step(struct conn *conn)
{
    int reads = READS_PER_TURN;
    size_t before;

    if (conn->tls == NULL || conn->listener->config->tls.early_data_bytes == 0) {
        return STEP_DONE; /* behind a PROXY header everybody comes by here */
    }
    do {
        before = wire_input(&conn->wire);
        struct gathered round = gather(conn, &reads);

        if (give_back(conn, round.len) != IO_DONE || round.io == IO_FAILED || round.io == IO_EOF) {
            return handshake_broke(conn);
        }
        if (round.over) {
            return STEP_DONE;
        }
        if (reads == 0 && wire_input(&conn->wire) > 0) {
            return STEP_YIELD;
        }
    } while (wire_input(&conn->wire) > 0 && wire_input(&conn->wire) < before);
    return handshake_needs_more(conn);
}
