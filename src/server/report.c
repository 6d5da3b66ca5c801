/*
 * report.c - in place of the echo, for who asked for it by ALPN: a question, our view of the
 * connection as JSON, and goodbye. What is said is in diagnosis/report.h.
 */
#include "server/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/steps.h"
#include "tls/stream.h"
#include "tls/witness.h"

#define READS_PER_TURN 64 /* SSL_read calls; a question is one record */

static enum step no_memory(struct conn *conn)
{
    conn->wire.os_errno = ENOMEM; /* the end of the turn finds it */
    return STEP_WAIT;
}

/* ---- agreed or not ---- */

enum step report_begin(struct conn *conn)
{
    if (witness_of(conn->tls) == NULL) {
        proxied_forget_header(conn->proxied);
        return STEP_DONE;
    }
    conn->report = calloc(1, sizeof *conn->report);
    return conn->report != NULL ? STEP_REPORT : no_memory(conn);
}

/* ---- the question ---- */

/* Adds what came to the question. -1: it is none. */
static int take_question(struct conn *conn, size_t len)
{
    struct report *report = conn->report;
    size_t room = sizeof report->question - report->len;

    conn->in += len;
    if (len > room) {
        return -1;
    }
    memcpy(report->question + report->len, conn->wire.buffers->plain, len);
    report->len += len;
    return report_is_request(report->question, report->len) ? 0 : -1;
}

/* ---- the answer ---- */

static int send_bytes(struct conn *conn, const void *bytes, size_t len)
{
    size_t put = 0;

    if (stream_write(conn->tls, bytes, len, &put, NULL) != IO_DONE) {
        return -1;
    }
    conn->out += put;
    return 0;
}

static enum step answer(struct conn *conn)
{
    unsigned char head[REPORT_HEAD_BYTES];
    char *json = report_of(conn);
    enum step step = STEP_DONE;

    if (json == NULL) {
        return no_memory(conn);
    }
    report_head(strlen(json), head);
    if (send_bytes(conn, head, sizeof head) != 0 || send_bytes(conn, json, strlen(json)) != 0) {
        conn_note_end(conn, ENDING_TLS);
        step = STEP_FAIL;
    } else {
        conn_note_end(conn, ENDING_CLEAN);
    }
    free(json);
    return step;
}

enum step report_step(struct conn *conn)
{
    int reads = READS_PER_TURN;

    while (wire_input(&conn->wire) > 0) {
        size_t len = 0;
        enum io io = echo_gather(conn, WIRE_PLAIN_BYTES, &len, &reads);

        if (take_question(conn, len) != 0) {
            conn_note_end(conn, ENDING_REPORT_INVALID);
            return STEP_DONE;
        }
        if (conn->report->len == REPORT_REQUEST_BYTES) {
            return answer(conn);
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
