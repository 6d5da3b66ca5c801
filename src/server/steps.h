/* steps.h - what each state of a connection does in its turn. Only conn.c calls these. */
#ifndef SECHO_STEPS_H
#define SECHO_STEPS_H

#include "server/conn.h"

/* How far a step came. */
enum step {
    STEP_DONE,   /* on to the next state */
    STEP_REPORT, /* on to the report: hands are shaken, and ALPN has agreed on one */
    STEP_WAIT,   /* all input is used: wait for the socket */
    STEP_YIELD,  /* there is input left, but others wait too */
    STEP_FAIL,   /* TLS is over; what OpenSSL wrote (an alert) still has to go out */
};

enum step proxy_step(struct conn *conn);
enum step early_step(struct conn *conn);
enum step handshake_step(struct conn *conn);
enum step echo_step(struct conn *conn);
enum step report_step(struct conn *conn);
enum step goodbye_step(struct conn *conn);
enum step linger_step(struct conn *conn);

/* ---- what the echo and the report share ---- */

/*
 * Decrypts what came, of several records, into wire.buffers->plain. Stops when the input or the
 * room is used up.
 *
 *   room   up to WIRE_PLAIN_BYTES
 *   len    grows by the bytes that are there
 *   reads  counts down: how many SSL_read calls are left in this turn
 */
enum io echo_gather(struct conn *conn, size_t room, size_t *len, int *reads);

/* What the answer of echo_gather() means: STEP_DONE or STEP_FAIL, and why is noted, or STEP_WAIT
 * when it goes on.
 */
enum step echo_ended(struct conn *conn, enum io io);

/* All input is used: has the peer ended, or is it time to leave? */
enum step echo_at_end_of_input(struct conn *conn);

/* ---- the report ---- */

/* After the handshake: STEP_REPORT when one was agreed on; else forgets what only it needs. */
enum step report_begin(struct conn *conn);

/* Notes why the connection ends; the first cause stays. */
void conn_note_end(struct conn *conn, enum ending_cause cause);

/* How a step before the end of the handshake ends: OpenSSL has given up; or all input is used. */
enum step handshake_broke(struct conn *conn);
enum step handshake_needs_more(struct conn *conn);

/* What is unread now comes first: what was before it does not explain anything any more. */
void conn_begin_anew(struct conn *conn);

#endif
