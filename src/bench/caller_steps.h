/* caller_steps.h - what caller.c's table consists of: one attempt in each state. */
#ifndef SECHO_CALLER_STEPS_H
#define SECHO_CALLER_STEPS_H

#include "bench/caller.h"

enum step {
    STEP_DONE, /* on to the next state */
    STEP_WAIT, /* for the socket, the clock or the lane */
    STEP_FAIL, /* caller_fail() has said why */
};

enum step connect_step(struct caller *caller);
enum step handshake_step(struct caller *caller);
enum step first_step(struct caller *caller);
enum step hold_step(struct caller *caller);
enum step load_step(struct caller *caller);
enum step goodbye_step(struct caller *caller);

/*
 * Notes how it ended: once for each connection. Bytes that are not those that were sent end the
 * whole run; so does the first failure of all, while nothing has worked yet.
 *
 *   detail  OpenSSL's words, or where the bytes differ; or NULL
 */
void caller_fail(struct caller *caller, enum ending_cause cause, int os_errno, const char *detail);

#endif
