/* steps.h - what each state of a connection does in its turn. Only conn.c calls these. */
#ifndef SECHO_STEPS_H
#define SECHO_STEPS_H

#include "server/conn.h"

/* How far a step came. */
enum step {
    STEP_DONE,  /* on to the next state */
    STEP_WAIT,  /* all input is used: wait for the socket */
    STEP_YIELD, /* there is input left, but others wait too */
    STEP_FAIL,  /* TLS is over; what OpenSSL wrote (an alert) still has to go out */
};

enum step proxy_step(struct conn *conn);
enum step handshake_step(struct conn *conn);
enum step echo_step(struct conn *conn);
enum step goodbye_step(struct conn *conn);
enum step linger_step(struct conn *conn);

/* Notes why the connection ends; the first cause stays. */
void conn_note_end(struct conn *conn, enum ending_cause cause);

/* What is unread now comes first: what was before it does not explain anything any more. */
void conn_begin_anew(struct conn *conn);

#endif
