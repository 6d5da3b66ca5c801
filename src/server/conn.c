/*
 * conn.c - the life of one connection.
 *
 *      accept()
 *         |
 *       PROXY ------ missing, invalid, too slow --+    (only where a PROXY header is expected)
 *         |                                       |
 *       EARLY ------ as in the handshake ---------+    (only where early data is taken)
 *         |                                       |
 *     HANDSHAKE ---- refused, broken, too slow ---+    (a plain listener has nothing to do here)
 *         |                                       |
 *   ECHO, REPORT --- broken ----------------------+    (REPORT where ALPN has agreed on one)
 *         |  peer ended its direction, idle,      |  without close_notify:
 *         |  truncated, drain; reported           |  TLS has failed
 *      GOODBYE <----------------------------------+
 *         |  all is sent, FIN too
 *       LINGER
 *         |  the peer's FIN, or the deadline
 *       CLOSED <---- from everywhere: the socket failed
 *
 * A step tries and says how far it came. Only conn_run() changes the state: the picture is the
 * whole truth.
 */
#include "server/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/socket.h"
#include "server/steps.h"
#include "tls/context.h"

/* The protocol, as a table: what to try, where to go when it is done, what bounds it. */
static const struct {
    enum step (*run)(struct conn *conn);
    enum conn_state next;
    enum ending_stage stage;
    enum deadline deadline;
} protocol[] = {
    [CONN_PROXY] = {proxy_step, CONN_EARLY, ENDING_STAGE_PROXY, DEADLINE_HANDSHAKE},
    [CONN_EARLY] = {early_step, CONN_HANDSHAKE, ENDING_STAGE_HANDSHAKE, DEADLINE_HANDSHAKE},
    [CONN_HANDSHAKE] = {handshake_step, CONN_ECHO, ENDING_STAGE_HANDSHAKE, DEADLINE_HANDSHAKE},
    [CONN_ECHO] = {echo_step, CONN_GOODBYE, ENDING_STAGE_ECHO, DEADLINE_IDLE},
    [CONN_REPORT] = {report_step, CONN_GOODBYE, ENDING_STAGE_ECHO, DEADLINE_IDLE},
    [CONN_GOODBYE] = {goodbye_step, CONN_LINGER, ENDING_STAGE_GOODBYE, DEADLINE_GOODBYE},
    [CONN_LINGER] = {linger_step, CONN_CLOSED, ENDING_STAGE_GOODBYE, DEADLINE_GOODBYE},
    [CONN_CLOSED] = {NULL, CONN_CLOSED, ENDING_STAGE_GOODBYE, DEADLINE_NONE},
};

/* ---- birth ---- */

static int start_tls(struct conn *conn)
{
    BIO *bio = wire_bio(&conn->wire);

    if (bio == NULL) {
        return -1;
    }
    conn->tls = context_accept(conn->listener->context, bio);
    if (conn->tls == NULL) {
        return -1;
    }
    stream_watch(conn->tls, &conn->ending.tls);
    return 0;
}

static enum conn_state first_state(const struct listener *listener)
{
    return listener->config->proxy_protocol             ? CONN_PROXY
           : listener->context == NULL                  ? CONN_ECHO
           : listener->config->tls.early_data_bytes > 0 ? CONN_EARLY
                                                        : CONN_HANDSHAKE;
}

int conn_init(struct conn *conn, const struct listener *listener, struct wire_buffers *buffers,
              int fd)
{
    *conn = (struct conn){
        .listener = listener,
        .state = first_state(listener),
        .accepted_us = clock_now_us(),
        .ending = {.side = ENDING_SERVER, .where = listener->config->pointer},
    };
    wire_init(&conn->wire, buffers, fd);
    if (listener->context != NULL && start_tls(conn) != 0) {
        conn_done(conn);
        return -1;
    }
    return 0;
}

/* ---- turns ---- */

void conn_note_end(struct conn *conn, enum ending_cause cause)
{
    if (conn->ending.cause == ENDING_NONE) {
        conn->ending.cause = cause;
        conn->ending.plain_hello =
            conn->tls == NULL && sniff_is_client_hello(conn->first, conn->first_len);
        conn->ending.stage = conn->ending.first == SNIFFED_NOTHING && conn->handshake_us == 0
                                 ? ENDING_STAGE_ACCEPTED
                                 : protocol[conn->state].stage;
        conn->ending.silent = conn->handshake_us > 0 && conn->in == 0;
    }
}

/* It did not end in order after all when some of the echo has not been taken by the kernel yet. */
static void forget_end_if_undelivered(struct conn *conn)
{
    if (conn->ending.cause == ENDING_CLEAN && wire_has_backlog(&conn->wire)) {
        conn->ending.cause = ENDING_NONE;
    }
}

/* The socket is dead. After our goodbye that is how many peers leave, and no news. */
static void note_socket_failure(struct conn *conn)
{
    forget_end_if_undelivered(conn);
    conn->ending.os_errno = conn->wire.os_errno;
    conn_note_end(conn, conn->wire.os_errno == ENOMEM ? ENDING_MEMORY : ENDING_SOCKET);
}

/* Somebody else ended it: a deadline, the drain. There is no close_notify inside a handshake. */
static enum conn_state state_when_stopped(const struct conn *conn)
{
    return conn->state < CONN_GOODBYE ? CONN_GOODBYE : CONN_CLOSED;
}

static enum conn_next conn_run(struct conn *conn)
{
    if (conn->stopped) {
        conn->stopped = false;
        conn->tls_broken = conn->tls_broken || conn->state < CONN_ECHO;
        conn->state = state_when_stopped(conn);
    }
    while (conn->state != CONN_CLOSED) {
        if (conn->wire.os_errno != 0) {
            note_socket_failure(conn);
            conn->state = CONN_CLOSED;
            break;
        }
        switch (protocol[conn->state].run(conn)) {
        case STEP_DONE:
            conn->state = protocol[conn->state].next;
            break;
        case STEP_REPORT:
            conn->state = CONN_REPORT;
            break;
        case STEP_WAIT:
            return CONN_WAIT;
        case STEP_YIELD:
            return CONN_AGAIN;
        case STEP_FAIL:
            conn->tls_broken = true;
            conn->state = CONN_GOODBYE;
            break;
        }
    }
    return CONN_OVER;
}

/*
 * What came first explains a handshake that fails: a browser, an SSH client, a scanner. It may
 * come in pieces, and the rest of it after OpenSSL has given up.
 */
static void look_at_first_bytes(struct conn *conn)
{
    size_t len;
    const unsigned char *bytes = wire_peek(&conn->wire, &len);
    size_t room = sizeof conn->first - conn->first_len;

    if (len > 0 && room > 0) {
        size_t more = len < room ? len : room;

        memcpy(conn->first + conn->first_len, bytes, more);
        conn->first_len += (unsigned)more;
        conn->ending.first = sniff(conn->first, conn->first_len);
    }
}

void conn_begin_anew(struct conn *conn)
{
    conn->first_len = 0;
    conn->ending.first = SNIFFED_NOTHING;
    look_at_first_bytes(conn);
}

enum conn_next conn_turn(struct conn *conn)
{
    conn->wire.moved = false;
    wire_flush(&conn->wire);
    wire_begin(&conn->wire);
    look_at_first_bytes(conn);
    enum conn_next next = conn_run(conn);

    wire_end(&conn->wire);
    if (conn->wire.os_errno != 0) { /* found by the end of the turn; maybe nobody else tells */
        return conn_run(conn);
    }
    /* Back-pressure: while a backlog waits, what is left over waits too. */
    return next == CONN_AGAIN && wire_has_backlog(&conn->wire) ? CONN_WAIT : next;
}

enum conn_next conn_stop(struct conn *conn, enum ending_cause cause, int64_t limit)
{
    forget_end_if_undelivered(conn);
    if (conn->ending.cause == ENDING_NONE) {
        conn->ending.limit = limit;
    }
    conn_note_end(conn, cause);
    conn->stopped = true;
    return conn_turn(conn);
}

unsigned conn_watch(const struct conn *conn)
{
    return wire_has_backlog(&conn->wire) ? WATCH_WRITE : WATCH_READ;
}

/* Hands are shaken, and nobody has said goodbye. */
static bool is_open(const struct conn *conn)
{
    return conn->state == CONN_ECHO || conn->state == CONN_REPORT;
}

enum deadline conn_deadline(const struct conn *conn)
{
    if (is_open(conn) && wire_has_backlog(&conn->wire)) {
        return DEADLINE_WRITE;
    }
    if (conn->draining && (is_open(conn) || conn_is_silent(conn))) {
        return DEADLINE_QUIET;
    }
    return protocol[conn->state].deadline;
}

bool conn_deadline_restarts(const struct conn *conn)
{
    return is_open(conn) && conn->wire.moved;
}

/* ---- death ---- */

void conn_done(struct conn *conn)
{
    SSL_free(conn->tls);
    stream_facts_done(&conn->ending.tls);
    proxied_free(conn->proxied);
    free(conn->report);
    wire_done(&conn->wire);
    socket_close(conn->wire.fd);
}
