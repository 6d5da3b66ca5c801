/* echo.c - what secho is for: every byte goes back, once, in order, unchanged. */
#include <assert.h>

#include "server/steps.h"
#include "tls/stream.h"

/*
 * A turn ends after this many SSL_read calls even if there is more input: 256 KiB of tiny records
 * would keep all other connections waiting for tens of milliseconds.
 */
#define READS_PER_TURN 512

/* More records in a row that carry no data (KeyUpdate, for example) than anybody needs. */
#define CONTROLS_MAX 32

/* ---- SSL_read: records to bytes ---- */

/* Counts the record without data that OpenSSL has just read; half a record is not one. */
static bool is_flood(struct conn *conn)
{
    conn->controls += stream_is_between_records(conn->tls) ? 1 : 0;
    return conn->controls > CONTROLS_MAX;
}

/* Never asks OpenSSL with an empty slice, just to hear that it wants more. */
enum io echo_gather(struct conn *conn, size_t room, size_t *len, int *reads)
{
    enum io io = IO_WANT_READ;
    unsigned char *plain = conn->wire.buffers->plain;

    while (wire_input(&conn->wire) > 0 && *len < room && *len <= WIRE_PLAIN_BYTES / 2 &&
           *reads > 0) {
        size_t got = 0;

        *reads -= 1;
        io = stream_read(conn->tls, plain + *len, room - *len, &got, NULL);
        if (io == IO_DONE) {
            *len += got;
            conn->controls = 0;
        } else if (io != IO_WANT_READ || is_flood(conn)) {
            break;
        }
    }
    return io;
}

/* ---- SSL_write: the same bytes back ---- */

static int give_back(struct conn *conn, size_t len)
{
    size_t put = 0;

    if (len == 0) {
        return 0;
    }
    conn->in += len;
    if (stream_write(conn->tls, conn->wire.buffers->plain, len, &put, NULL) != IO_DONE) {
        conn_note_end(conn, ENDING_TLS);
        return -1;
    }
    assert(put == len); /* the wire takes everything at once */
    conn->out += len;
    return 0;
}

/* ---- limits.bytes_per_connection ---- */

static uint64_t most_bytes(const struct conn *conn)
{
    return (uint64_t)conn->limits->config->limits.bytes_per_connection;
}

/* Of the next `len` bytes, how many may still be echoed? */
static size_t room_for(const struct conn *conn, size_t len)
{
    uint64_t left = most_bytes(conn) - conn->in;

    return most_bytes(conn) == 0 || left > len ? len : (size_t)left;
}

static bool is_used_up(const struct conn *conn)
{
    return most_bytes(conn) > 0 && conn->in >= most_bytes(conn);
}

/* ---- the end of the input, and what it means ---- */

enum step echo_at_end_of_input(struct conn *conn)
{
    if (is_used_up(conn)) {
        conn->ending.limit = (int64_t)most_bytes(conn);
        conn_note_end(conn, ENDING_LIMIT_BYTES);
        return STEP_DONE;
    }
    if (conn->wire.at_end) { /* FIN; without TLS this is how a direction ends */
        conn_note_end(conn, conn->tls != NULL ? ENDING_EOF : ENDING_CLEAN);
        return STEP_DONE;
    }
    if (conn->leaving && conn->wire.drained) {
        conn_note_end(conn, ENDING_DRAIN);
        return STEP_DONE;
    }
    return STEP_WAIT;
}

enum step echo_ended(struct conn *conn, enum io io)
{
    if (io == IO_EOF) { /* close_notify: the peer's direction ends, ours does after the echo */
        conn_note_end(conn, ENDING_CLEAN);
        return STEP_DONE;
    }
    if (io == IO_FAILED) {
        conn_note_end(conn, ENDING_TLS);
        return STEP_FAIL;
    }
    if (conn->controls > CONTROLS_MAX) {
        conn_note_end(conn, ENDING_CONTROL);
        return STEP_DONE;
    }
    return STEP_WAIT;
}

static enum step echo_tls(struct conn *conn)
{
    int reads = READS_PER_TURN;

    while (wire_input(&conn->wire) > 0 && !is_used_up(conn)) {
        size_t len = 0;
        enum io io = echo_gather(conn, room_for(conn, WIRE_PLAIN_BYTES), &len, &reads);

        if (give_back(conn, len) != 0) {
            return STEP_FAIL;
        }
        enum step ended = echo_ended(conn, io);

        if (ended != STEP_WAIT) {
            return ended;
        }
        if (reads == 0 && wire_input(&conn->wire) > 0) {
            return STEP_YIELD;
        }
    }
    return echo_at_end_of_input(conn);
}

/* ---- without TLS: the same promise, for comparison ---- */

static enum step echo_plain(struct conn *conn)
{
    size_t len;
    const unsigned char *bytes = wire_take(&conn->wire, &len);

    len = room_for(conn, len);
    if (len > 0) {
        conn->in += len;
        if (wire_put(&conn->wire, bytes, len) != 0) {
            return STEP_WAIT; /* the wire has noted why */
        }
        conn->out += len;
    }
    return echo_at_end_of_input(conn);
}

enum step echo_step(struct conn *conn)
{
    uint64_t in = conn->in, out = conn->out;
    enum step step = conn->tls != NULL ? echo_tls(conn) : echo_plain(conn);

    conn_count(conn, conn->in - in, conn->out - out);
    return step;
}
