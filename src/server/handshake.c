/* handshake.c - from the first byte to TLS's "finished". */
#include "base/clock.h"
#include "server/steps.h"
#include "tls/staple.h"
#include "tls/stream.h"

static void count(const struct conn *conn)
{
    bool resumed = SSL_session_reused(conn->tls) == 1;
    int version = SSL_version(conn->tls) == TLS1_3_VERSION ? TALLY_TLS_1_3 : TALLY_TLS_1_2;

    counters_add(&conn->counters->handshakes, 1);
    counters_add(&conn->counters->handshakes_resumed, resumed ? 1 : 0);
    counters_add(&conn->tally->handshakes[version][resumed ? 1 : 0], 1);
    counters_add(&conn->tally->handshake_us, (uint64_t)conn->handshake_us);
    counters_add(&conn->tally->times[tally_bucket(conn->handshake_us)], 1);
}

static enum step finished(struct conn *conn)
{
    conn->handshake_us = clock_now_us() - conn->accepted_us;
    limits_shaken(conn->limits, &conn->place);
    count(conn);
    stream_forget_keys(conn->tls);
    stream_forget_hello(&conn->ending.tls);
    staple_forget(conn->tls);
    return report_begin(conn);
}

enum step handshake_broke(struct conn *conn)
{
    const struct stream_refusal *refusal = conn->ending.tls.refusal;

    conn_note_end(conn, ENDING_TLS);
    if (refusal != NULL) {
        conn->ending.certificate = refusal->subject;
        conn->ending.detail = refusal->why;
        conn->ending.fault = refusal->fault;
    }
    return STEP_FAIL;
}

enum step handshake_needs_more(struct conn *conn)
{
    if (conn->wire.at_end) {
        conn_note_end(conn, ENDING_EOF);
        return STEP_FAIL;
    }
    return STEP_WAIT;
}

enum step handshake_step(struct conn *conn)
{
    size_t before;

    if (conn->tls == NULL) { /* a plain listener, behind its PROXY header */
        return STEP_DONE;
    }
    do {
        before = wire_input(&conn->wire);
        switch (stream_handshake(conn->tls, NULL)) {
        case IO_DONE:
            return finished(conn);
        case IO_WANT_READ:
        case IO_WANT_WRITE: /* never: the wire takes everything */
            break;
        case IO_EOF:
        case IO_FAILED:
            return handshake_broke(conn);
        }
    } while (wire_input(&conn->wire) > 0 && wire_input(&conn->wire) < before);
    return handshake_needs_more(conn);
}
